"""Writes labelled pictures and videos: a sink."""

from __future__ import annotations

import itertools
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2

from recognizer.core.writing import open_alone
from recognizer.errors import OutputError, UsageError
from recognizer.names import as_path, called
from recognizer.reading import Reading
from recognizer.sinks.settings import SETTINGS
from recognizer.sinks.video_writer import CONTAINERS, VideoWriter
from recognizer.sources.images.kinds import PICTURES

GREY = {".pgm", ".pbm"}  # kinds of pictures without colours


class LabelledSink:
    """Writes labelled pictures and videos.

    Args:
        target: a video (.mp4, .mkv, .avi, .mov) takes every frame; a picture (.jpg, .png …) takes one
            photograph; a folder takes a file for each video and photograph, also for each page of one, of the source's
            name, with a number where several have it, and as .png or .mp4 where that kind can't be written.
        spared: device and inode of files that are read, and never written over.
        flag: the one that asked for it, or a word for what did, for errors.

    Attributes:
        target: as given.
        frames: how many were written.
        failed: a file couldn't be written, or not to its end.

    Raises:
        OutputError: it can't be written, or it is a file that is read.
        UsageError: a name that is none of these, or a kind of picture that can't be written.
    """

    def __init__(self, target: str, spared: Collection[tuple[int, int]] = (), flag: str = "") -> None:
        self.target, self._target, self._spared = target, Path(target), spared
        self._called = partial(called, flag)
        name = self._called(target)
        suffix = self._target.suffix.lower()
        self._folder = os.path.isdir(target) or target.endswith(("/", os.sep)) or not suffix
        if not self._folder and suffix not in PICTURES and suffix not in CONTAINERS:
            raise UsageError(f"{name}: expected a folder or a name that ends in "
                             f"{', '.join(sorted(CONTAINERS))} or a picture's ending such as .png")
        if not self._folder and suffix in PICTURES and not _can_be_written(suffix):
            raise UsageError(f"{name}: pictures of this kind can't be written; try .png or .jpg")
        try:
            if self._folder:
                self._target.mkdir(parents=True, exist_ok=True)
            elif not os.path.isdir(self._target.parent) or not os.access(self._target.parent, os.W_OK):
                raise OutputError(f"{name}: {self._target.parent} is no folder that can be written to")
            elif suffix in CONTAINERS and self._target.is_file():
                os.close(open_alone(target, name, append=True))  # or another program is writing it
        except OSError as error:
            raise OutputError(f"{name}: {error.strerror}") from error
        self._video: VideoWriter | None = None
        self._source: str | None = None
        self._taken: dict[str, tuple[str, int]] = {}  # names in the folder, and the sources and pages that have them
        self._offset = self._end = 0.0  # seconds in a video: where the present source begins, where the next one may
        self.frames = 0
        self.failed = False

    def write(self, reading: Reading) -> None:
        with self._noting():
            self._write(reading)

    def _write(self, reading: Reading) -> None:
        path = self._path(reading)
        if path.suffix.lower() in PICTURES:
            self._write_picture(path, reading)
            self.frames += 1
            return
        picture = reading.draw()
        if self._video is None or (self._folder and reading.frame.source != self._source):
            self._close()
            self._spare(path, reading.frame.source)
            fps = reading.frame.fps or SETTINGS.usual_fps
            self._video = VideoWriter(path, picture.shape[1::-1], fps, self._called(path))
        if reading.frame.source != self._source:
            self._source, self._offset = reading.frame.source, self._end
        moment = self._offset + reading.frame.time
        self._end = moment + 1 / (reading.frame.fps or SETTINGS.usual_fps)
        self._video.write(picture, moment)
        self.frames += 1

    def _path(self, reading: Reading) -> Path:
        if not self._folder:
            return self._target
        frame = reading.frame
        name, suffix = as_path(frame.source), as_path(frame.source).suffix
        if frame.still:
            suffix = suffix if _can_be_written(suffix.lower()) else ".png"
        elif suffix.lower() not in CONTAINERS:
            suffix = ".mp4"
        names = (f"{name.stem or 'camera'}{'' if count == 1 else f'-{count}'}{suffix}" for count in itertools.count(1))
        # A picture that is looked at again and again, and a video, is one file; pages are one each.
        page = frame.source, frame.index if frame.still and not frame.live else 0
        return self._target / next(name for name in names if self._taken.setdefault(name, page) == page)

    def _write_picture(self, path: Path, reading: Reading) -> None:
        if self.frames and not self._folder:
            raise UsageError(f"{self._called(path)}: more than one frame for one picture; give a video or a folder")
        self._spare(path, reading.frame.source)
        picture, name = reading.draw(), self._called(path)
        try:
            good, content = cv2.imencode(path.suffix, picture)
            if not good:
                raise OutputError(f"{name}: this picture can't be written as {path.suffix}; try .png or .jpg")
            path.write_bytes(content.tobytes())
        except cv2.error as error:
            raise OutputError(f"{name}: this picture can't be written ({error.err}); try .png") from error
        except OSError as error:
            raise OutputError(f"{name}: {error.strerror}") from error

    def _spare(self, path: Path, source: str) -> None:
        """Refuse to write over a file that is read."""
        try:
            there = os.stat(path)
        except OSError:  # nothing is there, or what is wrong with it is told when it is written
            return
        read = as_path(source)
        if (there.st_dev, there.st_ino) in self._spared or (os.path.exists(read) and os.path.samefile(path, read)):
            lost = "that is the source itself, which would be lost; give another name"
            raise OutputError(f"{self._called(path)}: {lost}")

    def _close(self) -> None:
        video, self._video = self._video, None
        if video is not None:
            with self._noting():
                video.close()

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except OutputError:
            self.failed = True
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()


def _can_be_written(suffix: str) -> bool:
    """Whether OpenCV writes coloured pictures whose names end so, in small letters."""
    return suffix in PICTURES - GREY and cv2.haveImageWriter(suffix)
