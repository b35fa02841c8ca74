"""Writes labelled pictures and videos: a sink."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2

from recognizer.errors import OutputError, UsageError
from recognizer.names import as_path
from recognizer.reading import Reading
from recognizer.sinks.settings import SETTINGS
from recognizer.sinks.video_writer import CONTAINERS, VideoWriter
from recognizer.sources.images.kinds import PICTURES


class LabelledSink:
    """Writes labelled pictures and videos.

    Args:
        target: a video (.mp4, .mkv, .avi, .mov) takes every frame; a picture (.jpg, .png …) takes one
            photograph; a folder takes a file for each source, of the same name, with a number where two have it.

    Attributes:
        target: as given.
        frames: how many were written.

    Raises:
        OutputError: it can't be written, or it is the very file that is read.
        UsageError: a name that is none of these.
    """

    def __init__(self, target: str) -> None:
        self.target, self._target = target, Path(target)
        suffix = self._target.suffix.lower()
        self._folder = os.path.isdir(target) or target.endswith(("/", os.sep)) or not suffix
        if not self._folder and suffix not in PICTURES and suffix not in CONTAINERS:
            raise UsageError(f"--save {target}: expected a folder or a name that ends in "
                             f"{', '.join(sorted(CONTAINERS))} or a picture's ending such as .png")
        try:
            if self._folder:
                self._target.mkdir(parents=True, exist_ok=True)
            elif not os.path.isdir(self._target.parent) or not os.access(self._target.parent, os.W_OK):
                raise OutputError(f"--save {target}: {self._target.parent} is no folder that can be written to")
        except OSError as error:
            raise OutputError(f"--save {target}: {error.strerror}") from error
        self._video: VideoWriter | None = None
        self._source: str | None = None
        self._taken: dict[str, str] = {}  # names in the folder, and the sources that have them
        self._offset = self._end = 0.0  # seconds in a video: where the present source begins, where the next one may
        self.frames = 0

    def write(self, reading: Reading) -> None:
        path = self._path(reading)
        if path.suffix.lower() in PICTURES:
            self._write_picture(path, reading)
            self.frames += 1
            return
        picture = reading.draw()
        if self._video is None or (self._folder and reading.frame.source != self._source):
            self._close()
            _spare(path, reading.frame.source)
            self._video = VideoWriter(path, picture.shape[1::-1], reading.frame.fps or SETTINGS.usual_fps)
        if reading.frame.source != self._source:
            self._source, self._offset = reading.frame.source, self._end
        moment = self._offset + reading.frame.time
        self._end = moment + 1 / (reading.frame.fps or SETTINGS.usual_fps)
        self._video.write(picture, moment)
        self.frames += 1

    def _path(self, reading: Reading) -> Path:
        if not self._folder:
            return self._target
        name = as_path(reading.frame.source)
        kinds, usual = (PICTURES, ".png") if reading.frame.still else (CONTAINERS.keys(), ".mp4")
        stem, suffix = name.stem or "camera", name.suffix if name.suffix.lower() in kinds else usual
        names = (f"{stem}{'' if count == 1 else f'-{count}'}{suffix}" for count in itertools.count(1))
        source = reading.frame.source
        return self._target / next(name for name in names if self._taken.setdefault(name, source) == source)

    def _write_picture(self, path: Path, reading: Reading) -> None:
        if self.frames and not self._folder:
            raise UsageError(f"--save {self._target}: more than one frame for one picture; give a video or a folder")
        _spare(path, reading.frame.source)
        good, content = cv2.imencode(path.suffix, reading.draw())
        try:
            if not good:
                raise OutputError(f"--save {path}: this kind of picture can't be written; try .png or .jpg")
            path.write_bytes(content.tobytes())
        except OSError as error:
            raise OutputError(f"--save {path}: {error.strerror}") from error

    def _close(self) -> None:
        video, self._video = self._video, None
        if video is not None:
            video.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()


def _spare(path: Path, source: str) -> None:
    """Refuse to write over the file that is read."""
    read = as_path(source)
    if os.path.exists(path) and os.path.exists(read) and os.path.samefile(path, read):
        raise OutputError(f"--save {path}: that is the source itself, which would be lost; give another name")
