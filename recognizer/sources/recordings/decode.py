"""From a recording's or a stream's bytes to pictures as they are seen.

By PyAV, which tells what OpenCV doesn't: interlacing, flips, pixels that aren't square, a stream's known length.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import cv2
import numpy as np

from recognizer.core.frame import Image, InGrey
from recognizer.errors import SourceError
from recognizer.sources.images.pixels import orientation_of, square_size, upright
from recognizer.sources.recordings.deinterlace import deinterlaced
from recognizer.sources.settings import SETTINGS

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

EXPECTED = "expected MP4, AVI, MKV, MOV or WebM, whole"
# What FFmpeg takes for a video that is none: single pictures, of which it may read but a part, and texts.
NO_VIDEOS = ("image2", "tty", "lrc", "data", "bin")

# Formats whose first plane is the picture in grey.
LIGHT_FIRST = {"yuv420p", "yuv422p", "yuv444p", "nv12", "nv21", "yuvj420p", "yuvj422p", "yuvj444p"}
BLACK, WHITE = 16, 235  # in most of them

log = logging.getLogger("recognizer")


class Readable(Protocol):
    """What is used of a file; one without `seek` and `tell` is read in order, as pipes are."""

    def read(self, count: int, /) -> bytes: ...


@dataclass
class Damage:
    """How many frames of a recording couldn't be decoded.

    Attributes:
        midway: it is read from its midst on, where what comes before the first whole frame doesn't count.
        frames: that couldn't be.
    """

    midway: bool = False
    frames: int = 0

    def check(self, name: str, decoded: int) -> None:
        """Tell them, beside those that were decoded.

        Raises:
            SourceError: they are many.
        """
        told = f"{name}: damaged: {self.frames} of its {decoded + self.frames} frames can't be decoded"
        if self.frames > max(3, SETTINGS.most_missing * (decoded + self.frames)):
            raise SourceError(f"{told}; the others were read")
        if self.frames:
            log.warning("%s, and were passed over", told)


def open_video(
    place: str | Readable, name: str, form: str | None = None, patience: float | None = None
) -> InputContainer:
    """Open a recording or a stream; nothing of it is decoded yet but what tells its kind.

    Raises:
        SourceError: not a video.
    """
    import av

    try:
        container = av.open(place, "r", format=form, timeout=patience, metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError) as error:
        raise SourceError(f"{name}: not a video that can be decoded; {EXPECTED}") from error
    if container.format.name in NO_VIDEOS or container.format.name.endswith("_pipe"):
        found = container.format.name.removesuffix("_pipe")
        container.close()
        raise SourceError(f"{name}: not a video that can be decoded (FFmpeg takes it for {found}); {EXPECTED}")
    return container


def video_stream(container: InputContainer, name: str) -> VideoStream:
    """The stream of pictures in a container, of several the one with most pixels; a sound file's cover is none.

    Raises:
        SourceError: there is none, or its pictures are too large.
    """
    from av.stream import Disposition

    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        raise SourceError(f"{name}: expected a video, found no moving picture in it, such as in sound alone")
    stream = max(streams, key=_pixels)
    if stream.codec_context is None:
        raise SourceError(f"{name}: not a video that can be decoded, of a kind that isn't known; {EXPECTED}")
    _check_size(stream.codec_context.width, stream.codec_context.height, name)
    stream.thread_type = "AUTO"
    # One thread of those that OpenCV may use is left to reading; with all of them decoding, both are slower.
    stream.codec_context.thread_count = max(1, cv2.getNumThreads() - 1)
    return stream


def _pixels(stream: VideoStream) -> int:
    context = stream.codec_context  # of an unknown kind there is none
    return context.width * context.height if context is not None else 0


def pictures(
    container: InputContainer, stream: VideoStream, name: str, damage: Damage
) -> Iterator[tuple[VideoFrame, Image | InGrey]]:
    """Frames as they are decoded, and as they are seen, upright and of square pixels.

    What can't be decoded is passed over, and counted in `damage`.

    Raises:
        SourceError: one is too large.
        av.FFmpegError: no more can be read.
    """
    orientation, shape, colours = _Orientation(), _PixelShape(stream), _Colours()
    for decoded in deinterlaced(_decoded(container, stream, damage)):
        _check_size(decoded.width, decoded.height, name)
        # Colours may be asked for when the stream is closed, which must not be touched then.
        size, turn = square_size(decoded.width, decoded.height, shape.of(decoded)), orientation.of(decoded)
        in_colour = partial(colours.of, decoded, size, turn)
        light = decoded.format.name in LIGHT_FIRST and decoded.planes[0].line_size > 0  # else it lies upside down
        if light and size == (decoded.width, decoded.height):
            yield decoded, InGrey(upright(_grey(decoded), turn), in_colour)
        else:
            yield decoded, in_colour()


def length_of(container: InputContainer) -> float:
    """Seconds that a recording declares to last; 0 for what goes on without end."""
    return (container.duration or 0) / 1_000_000


def _check_size(width: int, height: int, name: str) -> None:
    if width * height > SETTINGS.most_pixels:
        raise SourceError(f"{name}: expected a video of at most 8192×4320 pixels, found {width}×{height}; "
                          "make it smaller, or the file is damaged")


def declared(container: InputContainer, stream: VideoStream) -> tuple[int, float]:
    """How many frames there should be, and how many a second; 0 where that isn't known."""
    rate = float(stream.average_rate or stream.guessed_rate or 0)
    fps = rate if 0 < rate <= 1000 else 0.0
    own = stream.duration * stream.time_base if stream.duration and stream.time_base else 0
    seconds = float(own) or length_of(container)
    return max(0, stream.frames or round(seconds * fps)), fps


def _decoded(container: InputContainer, stream: VideoStream, damage: Damage) -> Iterator[VideoFrame]:
    """All frames that can be decoded whole."""
    import av

    counts = not damage.midway
    for packet in container.demux(stream):
        try:
            frames = [frame for frame in packet.decode() if isinstance(frame, av.VideoFrame)]
        except (av.InvalidDataError, ValueError):
            damage.frames += counts
            continue
        for frame in frames:
            if frame.is_corrupt:
                damage.frames += counts
                continue
            counts = True
            yield frame


def _grey(frame: VideoFrame) -> Image:
    """A frame of LIGHT_FIRST in grey, (H, W) uint8, not yet upright."""
    from av.video.reformatter import ColorRange

    light = _rows(frame.planes[0], frame.width, frame.height)
    full = frame.format.name.startswith("yuvj") or frame.color_range == ColorRange.JPEG
    if full:
        return np.array(light)
    above = cv2.subtract(light, BLACK)  # type: ignore[call-overload]
    return np.asarray(cv2.convertScaleAbs(above, alpha=255 / (WHITE - BLACK)), np.uint8)


def _rows(plane: Any, width: int, height: int) -> Image:
    """So many bytes of so many rows of a plane."""
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:height, :width]


class _Colours:
    """Makes frames colourful, by one reformatter for all of a stream; many threads may ask at once."""

    def __init__(self) -> None:
        from av.video.reformatter import VideoReformatter

        self._reformatter, self._lock = VideoReformatter(), Lock()

    def of(self, frame: VideoFrame, size: tuple[int, int], orientation: int) -> Image:
        """(H, W, 3) uint8, BGR, of this width and height, which its pixels have once they are square, then upright."""
        width, height = size
        with self._lock:
            made = self._reformatter.reformat(frame, width, height, "bgr24")
        return upright(_rows(made.planes[0], 3 * width, height).reshape(height, width, 3), orientation)


class _PixelShape:
    """How many times as wide as high the pixels of a stream's frames are: as it declares, until its decoder tells else.

    A decoder is ahead of the frames that it gives by some; key frames alone begin with another shape.
    """

    def __init__(self, stream: VideoStream) -> None:
        self._decoder = stream.codec_context
        self._ratio, self._told, self._begun = float(stream.sample_aspect_ratio or 1), Fraction(0), False

    def of(self, frame: VideoFrame) -> float:
        if frame.key_frame or not self._begun:
            told = self._decoder.sample_aspect_ratio or Fraction(0)
            if self._begun and told != self._told:
                self._ratio = float(told) or 1.0
            self._told, self._begun = told, True
        return self._ratio


class _Orientation:
    """How the frames of a recording are to be turned and flipped."""

    # Of a row of key frames the first is asked: PyAV ties one that is asked to itself, until Python's collector comes.
    def __init__(self) -> None:
        self._orientation, self._known = 1, False

    def of(self, frame: VideoFrame) -> int:
        """By the display matrix that came with a frame, or with the last key frame before it: an EXIF orientation."""
        if frame.key_frame and not self._known:
            matrix: Any = frame.side_data.get("DISPLAYMATRIX")
            self._orientation = 1 if matrix is None else orientation_of(bytes(matrix))
        self._known = frame.key_frame
        return self._orientation
