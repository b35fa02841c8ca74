"""Where frames come from: a camera, a stream, videos, photographs, folders and globs of them.

Cameras and streams are live: they give the newest frame and drop what came between. Files give every frame.
"""

from __future__ import annotations

import glob
import logging
import sys
import threading
import time
from collections.abc import Generator, Iterator
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import cv2
import numpy as np

from recognizer.ahead import ahead
from recognizer.errors import SourceError
from recognizer.pictures import PICTURES, read_picture
from recognizer.types import Frame, Image

VIDEOS = {".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".ts", ".wmv", ".3gp", ".mjpg", ".mjpeg"}
PATIENCE = 5.0  # seconds that a camera or stream may take to open or to give a frame
MOST_MISSING = 0.05  # share of a video's declared frames that may be missing before it counts as damaged

log = logging.getLogger("recognizer")


class Source(Protocol):
    """Frames in order, once; a context manager that lets go of what it holds."""

    def __iter__(self) -> Iterator[Frame]: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_source(name: str | int | Path, size: tuple[int, int] | None = None, fps: float | None = None) -> Source:
    """Open a source by its name.

    Args:
        name: a camera's index, a picture, a video, a folder, a glob, or a stream's URL.
        size: width and height to ask a camera for; others have their own.
        fps: frames a second, likewise.

    Raises:
        SourceError: nothing there that can be read.
    """
    if isinstance(name, int):
        return Live(_open_camera(name, size, fps), str(name))
    name = str(name)
    if "://" in name:
        return _open_stream(name)
    try:
        return Files(_paths(name))
    except OSError as error:
        raise SourceError(f"{name}: can't be read ({error.strerror})") from error


class Files:
    """Pictures and videos one after the other, every frame of them.

    A file that can't be read is told in the log and passed over; when all others are done, the
    iteration ends with a SourceError that names how many failed. A thread decodes ahead.
    """

    def __init__(self, paths: list[Path]) -> None:
        self._paths = paths
        self._frames: Generator[Frame, None, None] | None = None

    def __len__(self) -> int:
        """How many files there are."""
        return len(self._paths)

    def __iter__(self) -> Iterator[Frame]:
        self._frames = ahead(self._read())
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


class Live:
    """The newest frame of a camera or stream; a thread of its own reads, so that none gets old.

    Args:
        capture: open; it is released at the end.
        name: what the frames call their source.
    """

    def __init__(self, capture: cv2.VideoCapture, name: str) -> None:
        self._capture, self._name = capture, name
        self._fps = _fps(capture)
        self._changed = threading.Condition()
        self._newest: tuple[int, float, Image] | None = None  # its index, when it came, and itself
        self._ended = False
        self._thread = threading.Thread(target=self._read, name=f"capture {name}", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        index = 0
        while not self._ended:
            good, image = self._capture.read()
            with self._changed:
                if not good:
                    self._ended = True
                else:
                    self._newest = index, time.monotonic(), np.asarray(image, np.uint8)
                    index += 1
                self._changed.notify()

    def _is_after(self, index: int) -> bool:
        """Whether there is a newer frame than this one, or none will come."""
        return self._ended or (self._newest is not None and self._newest[0] > index)

    def __iter__(self) -> Iterator[Frame]:
        last, given, start = -1, 0, time.monotonic()
        while True:
            with self._changed:
                fresh = self._changed.wait_for(partial(self._is_after, last), PATIENCE)
                newest = self._newest
            if newest is None or newest[0] == last:
                what = "the stream ended" if fresh else f"no frame for {PATIENCE:.0f} s"
                raise SourceError(f"{self._name}: {what}; check the cable, the network or the program that sends it")
            last, captured, image = newest
            yield Frame(image, last, max(0.0, captured - start), self._name, still=False, live=True, fps=self._fps,
                        captured=captured, dropped=last - given)
            given += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended = True
        self._thread.join(PATIENCE)
        if not self._thread.is_alive():
            self._capture.release()


def _open_camera(index: int, size: tuple[int, int] | None, fps: float | None) -> cv2.VideoCapture:
    device = Path(f"/dev/video{index}")
    if sys.platform.startswith("linux") and not device.exists():
        raise SourceError(f"camera {index}: {device} is not there; plug one in, or give another --camera or --source")
    capture = cv2.VideoCapture(index)
    _ask_for(capture, index, size, fps)
    if not capture.isOpened() or not capture.read()[0]:
        capture.release()
        raise SourceError(f"camera {index}: no picture from it; it is missing, in use or not permitted")
    return capture


def _ask_for(capture: cv2.VideoCapture, index: int, size: tuple[int, int] | None, fps: float | None) -> None:
    """Ask a camera for a size and a rate; what it doesn't grant is told in the log."""
    wanted: dict[int, float] = {}
    if size:
        # Most cameras send their larger pictures fast enough only as JPEG.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        wanted |= {cv2.CAP_PROP_FRAME_WIDTH: size[0], cv2.CAP_PROP_FRAME_HEIGHT: size[1]}
    if fps:
        wanted[cv2.CAP_PROP_FPS] = fps
    for what, value in wanted.items():
        capture.set(what, value)
    found = {what: capture.get(what) for what in wanted}
    if capture.isOpened() and any(abs(found[what] - value) > 0.5 for what, value in wanted.items()):
        given = [capture.get(p) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FPS)]
        log.warning("camera %d: gives %.0fx%.0f at %.0f frames a second instead; --list-cameras shows its sizes",
                    index, *given)


def _open_stream(url: str) -> Source:
    timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, int(PATIENCE * 1000), cv2.CAP_PROP_READ_TIMEOUT_MSEC,
                int(PATIENCE * 1000)]
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, timeouts)
    if not capture.isOpened():
        raise SourceError(f"{url}: no video stream there; check the address and that its sender runs")
    return Live(capture, url)


def _paths(name: str) -> list[Path]:
    """The files that a name stands for: itself, a folder's pictures and videos, or what a glob finds."""
    path = Path(name)
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.suffix.lower() in PICTURES | VIDEOS and p.is_file())
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


def _read_file(path: Path) -> Iterator[Frame]:
    if path.suffix.lower() in PICTURES:
        yield Frame(read_picture(path), source=str(path))
    else:
        yield from _read_video(path)


def _read_video(path: Path) -> Iterator[Frame]:
    try:
        empty = path.stat().st_size == 0
    except OSError as error:
        raise SourceError(f"{path}: can't be read ({error.strerror})") from error
    capture = None if empty else cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    if capture is None or not capture.isOpened():
        raise SourceError(f"{path}: {'the file is empty' if empty else 'not a video that can be decoded'}; "
                          "expected MP4, AVI, MKV, MOV or WebM, whole")
    try:
        declared, fps = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)), _fps(capture)
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
    late = fps and moment + 1 / fps >= (1 - MOST_MISSING) * declared / fps
    if not index or (declared - index > max(3, MOST_MISSING * declared) and not late):
        raise SourceError(f"{path}: ends early: {declared} frames declared, {index} decoded; damaged or cut")


def _fps(capture: cv2.VideoCapture) -> float:
    fps = float(capture.get(cv2.CAP_PROP_FPS))
    return fps if 0 < fps <= 1000 else 0.0
