"""Writes labelled pictures and videos: a sink."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import cv2
import numpy as np

from recognizer.errors import OutputError, UsageError
from recognizer.pictures import PICTURES
from recognizer.types import Image, Reading

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.stream import VideoStream

MOVIES = {".mp4", ".mkv", ".avi", ".mov"}
LIVE_FPS = 30  # a camera's video is written at this rate, by the frames' own times


class Save:
    """Writes labelled pictures and videos.

    Args:
        target: a video (.mp4, .mkv, .avi, .mov) takes every frame; a picture (.jpg, .png …) takes one
            photograph; a folder takes a file for each source, of the same name.

    Attributes:
        frames: how many were written.

    Raises:
        OutputError: it can't be written, or it is the very file that is read.
        UsageError: a name that is none of these.
    """

    def __init__(self, target: str) -> None:
        self._target = Path(target)
        suffix = self._target.suffix.lower()
        self._folder = os.path.isdir(target) or target.endswith(("/", os.sep)) or not suffix
        if not self._folder and suffix not in MOVIES | PICTURES:
            raise UsageError(f"--save {target}: expected a folder or a name that ends in "
                             f"{', '.join(sorted(MOVIES))} or a picture's ending such as .png")
        try:
            if self._folder:
                self._target.mkdir(parents=True, exist_ok=True)
            elif not os.path.isdir(self._target.parent) or not os.access(self._target.parent, os.W_OK):
                raise OutputError(f"--save {target}: {self._target.parent} is no folder that can be written to")
        except OSError as error:
            raise OutputError(f"--save {target}: {error.strerror}") from error
        self._movie: _Movie | None = None
        self._source: str | None = None
        self.frames = 0

    def write(self, reading: Reading) -> None:
        path = self._path(reading)
        if path.suffix.lower() in PICTURES:
            self._write_picture(path, reading)
            self.frames += 1
            return
        if self._movie is None or (self._folder and reading.frame.source != self._source):
            self._close()
            _spare(path, reading.frame.source)
            self._movie = _Movie(path, reading.picture, reading.frame.fps or LIVE_FPS)
        self._source = reading.frame.source
        self._movie.write(reading)
        self.frames += 1

    def _path(self, reading: Reading) -> Path:
        if not self._folder:
            return self._target
        name = Path(reading.frame.source)
        suffix = name.suffix if reading.frame.still or name.suffix.lower() in MOVIES else ".mp4"
        return self._target / f"{name.stem or 'camera'}{suffix}"

    def _write_picture(self, path: Path, reading: Reading) -> None:
        if self.frames and not self._folder:
            raise UsageError(f"--save {self._target}: more than one frame for one picture; give a video or a folder")
        _spare(path, reading.frame.source)
        good, content = cv2.imencode(path.suffix, reading.picture)
        try:
            if not good:
                raise OutputError(f"--save {path}: this kind of picture can't be written; try .png or .jpg")
            path.write_bytes(content.tobytes())
        except OSError as error:
            raise OutputError(f"--save {path}: {error.strerror}") from error

    def _close(self) -> None:
        movie, self._movie = self._movie, None
        if movie is not None:
            movie.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()


def _spare(path: Path, source: str) -> None:
    """Refuse to write over the file that is read."""
    if os.path.exists(path) and os.path.exists(source) and os.path.samefile(path, source):
        raise OutputError(f"--save {path}: that is the source itself, which would be lost; give another name")


class _Movie:
    """An H.264 video, written by PyAV: in MP4 as fragments, so that it plays in browsers and survives a kill."""

    def __init__(self, path: Path, first: Image, fps: float) -> None:
        import av

        height, width = first.shape[:2]
        self._size = max(2, width // 2 * 2), max(2, height // 2 * 2)  # H.264 wants even sides
        self._path = path
        options = {"flush_packets": "1"}
        if path.suffix in (".mp4", ".mov"):
            options["movflags"] = "frag_keyframe+empty_moov+default_base_moof"
        rate = Fraction(fps).limit_denominator(1001)
        try:
            self._container: OutputContainer = av.open(str(path), "w", options=options)
            self._stream: VideoStream = self._container.add_stream("libx264", rate=rate)
        except (av.FFmpegError, OSError, ValueError) as error:
            raise OutputError(f"--save {path}: can't be written ({error})") from error
        self._stream.width, self._stream.height = self._size
        self._stream.pix_fmt = "yuv420p"
        # Frames that wait in the encoder would be lost in a kill, so none do.
        self._stream.options = {"preset": "veryfast", "crf": "21", "tune": "zerolatency"}
        self._stream.gop_size = max(1, round(fps / 2))
        self._rate, self._last = rate, -1
        self._failures: tuple[type[BaseException], ...] = (av.FFmpegError, OSError)

    def write(self, reading: Reading) -> None:
        import av

        picture = reading.picture
        if picture.shape[1::-1] != self._size:
            picture = np.asarray(cv2.resize(picture, self._size, interpolation=cv2.INTER_AREA), np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
        place = self._last + 1 if reading.frame.still else round(reading.frame.time * self._rate)
        frame.pts = self._last = max(place, self._last + 1)
        frame.time_base = 1 / self._rate
        with self._telling():
            packets = self._stream.encode(frame)
            self._container.mux(packets)
            if packets and not self._path.exists():  # as long as it is open, a removed file takes all that is written
                raise OutputError(f"--save {self._path}: the file was removed")

    def close(self) -> None:
        """Write what the encoder still holds, and end the file."""
        with self._telling():
            try:
                self._container.mux(self._stream.encode(None))
            finally:
                self._container.close()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except self._failures as error:
            raise OutputError(f"--save {self._path}: {error}; what was written stays readable") from error
