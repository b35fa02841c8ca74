"""Pictures and videos as a source: every frame of them, one file after the other."""

from __future__ import annotations

import glob
import itertools
import logging
import os
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from recognizer.core.channel import prefetch
from recognizer.core.frame import Frame
from recognizer.errors import SourceError
from recognizer.sources.capture_thread import frames_a_second
from recognizer.sources.image_file import PICTURES, read_picture
from recognizer.sources.image_header import is_picture
from recognizer.sources.settings import SETTINGS

VIDEOS = {".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".ts", ".wmv", ".3gp", ".mjpg", ".mjpeg"}
JPEGS = {".mjpg", ".mjpeg"}  # videos that begin as a picture does

log = logging.getLogger("recognizer")


class Files:
    """Pictures and videos one after the other, every frame of them.

    A file that can't be read is reported in the log and passed over; when all others are done, the
    iteration ends with a SourceError that names how many failed. A thread decodes ahead.
    """

    def __init__(self, paths: list[Path]) -> None:
        self._paths = paths
        self._frames: Generator[Frame, None, None] | None = None

    def __len__(self) -> int:
        """How many files there are."""
        return len(self._paths)

    @classmethod
    def named(cls, name: str) -> Self:
        """The files that a name stands for: itself, a folder's pictures and videos, or what a glob finds.

        Raises:
            SourceError: there are none, or the folder can't be read.
        """
        try:
            return cls(_paths(name))
        except OSError as error:
            raise SourceError(f"{name}: can't be read ({error.strerror})") from error

    def __iter__(self) -> Iterator[Frame]:
        self._frames = prefetch(self._read(), SETTINGS.ahead, lambda frame: frame.image.nbytes)
        return self._frames

    def _read(self) -> Generator[Frame, None, None]:
        failed = 0
        for path in self._paths:
            try:
                yield from _read_file(path)
            except SourceError as error:
                if len(self._paths) == 1:
                    raise
                log.warning("%s", error)
                failed += 1
        if failed:
            raise SourceError(f"{failed} of {len(self._paths)} files could not be read (named above)")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._frames is not None:
            self._frames.close()


def _paths(name: str) -> list[Path]:
    path = Path(name)
    if path.is_dir():
        found = sorted(p for p in _listed(path) if p.suffix and p.is_file())
        if not found:
            raise SourceError(f"{name}: no picture or video in this folder; looked for .jpg, .png, .mp4, .avi …")
        return found
    if path.exists():
        return [path]
    if glob.has_magic(name):
        found = sorted(Path(p) for p in glob.glob(name, recursive=True) if Path(p).is_file())
        if not found:
            raise SourceError(f"{name}: nothing found; expected pictures or videos whose names fit")
        return found
    raise SourceError(f"{name}: no such file or folder; expected a picture, video, folder, glob or URL")


def _listed(folder: Path) -> Iterator[Path]:
    """The pictures and videos of a folder, by their names; those of folders in it come last and are left out."""
    from imutils import paths

    if not os.access(folder, os.R_OK | os.X_OK):
        raise SourceError(f"{folder}: can't be read (Permission denied)")
    files = map(Path, paths.list_files(str(folder), validExts=tuple(PICTURES | VIDEOS)))
    return itertools.takewhile(lambda path: path.parent == folder, files)


def _is_picture(path: Path) -> bool:
    """By its name, or by what it begins with where its name says something else."""
    suffix = path.suffix.lower()
    if suffix in PICTURES or suffix in JPEGS:
        return suffix in PICTURES
    with suppress(OSError), path.open("rb") as file:  # what can't be read is reported by who opens it
        return is_picture(file.read(16))
    return False


def _read_file(path: Path) -> Iterator[Frame]:
    if _is_picture(path):
        yield Frame(read_picture(path), source=str(path))
    else:
        yield from _read_video(path)


def _read_video(path: Path) -> Iterator[Frame]:
    capture = _open_video(path)
    try:
        declared, fps = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)), frames_a_second(capture)
        index, moment = 0, 0.0
        while True:
            start = time.perf_counter()
            good, image = capture.read()
            if not good:
                break
            took = 1000 * (time.perf_counter() - start)
            moment = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            if index and not moment and fps:
                moment = index / fps
            yield Frame(np.asarray(image, np.uint8), index, max(0.0, moment), str(path), still=False, fps=fps,
                        decoding=took, total=max(0, declared))
            index += 1
    finally:
        capture.release()
    # Where the rate varies the declared count is but a guess by the length, so the length must lack something too.
    late = fps and moment + 1 / fps >= (1 - SETTINGS.most_missing) * declared / fps
    if not index or (declared - index > max(3, SETTINGS.most_missing * declared) and not late):
        raise SourceError(f"{path}: ends early: {max(0, declared)} frames declared, {index} decoded; damaged or cut")


def _open_video(path: Path) -> cv2.VideoCapture:
    """Open a video whose frames are not too large; nothing of it is decoded yet."""
    try:
        empty = path.stat().st_size == 0
        name = str(path).encode().decode()
    except OSError as error:
        raise SourceError(f"{path}: can't be read ({error.strerror})") from error
    except UnicodeError as error:
        raise SourceError(f"{path!r}: expected a name in UTF-8, found other bytes; rename the file") from error
    # One processor is left to reading; with all of them decoding, both are slower.
    threads = max(1, (os.cpu_count() or 2) - 1)
    capture = None if empty else cv2.VideoCapture(name, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, threads])
    if capture is None or not capture.isOpened():
        raise SourceError(f"{path}: {'the file is empty' if empty else 'not a video that can be decoded'}; "
                          "expected MP4, AVI, MKV, MOV or WebM, whole")
    width, height = (int(capture.get(side)) for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    if width * height > SETTINGS.most_pixels:
        capture.release()
        raise SourceError(f"{path}: expected a video of at most 8192×4320 pixels, found {width}×{height}; "
                          "make it smaller, or the file is damaged")
    return capture
