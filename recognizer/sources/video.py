"""Reads a recording, from a file, a pipe or an address: every frame of it, by its own clock.

By PyAV, which tells what OpenCV doesn't: interlacing, flips, pixels that aren't square, a stream's known length.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import cv2
import numpy as np

from recognizer.core.frame import Frame, Image
from recognizer.errors import SourceError
from recognizer.sources.images.pixels import orientation_of, upright
from recognizer.sources.recordings.deinterlace import deinterlaced
from recognizer.sources.settings import SETTINGS

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

EXPECTED = "expected MP4, AVI, MKV, MOV or WebM, whole"
# What FFmpeg takes for a video that is none: single pictures, of which it may read but a part, and texts.
NO_VIDEOS = ("image2", "tty", "lrc", "data", "bin")

log = logging.getLogger("recognizer")


class Readable(Protocol):
    """What is used of a file; one without `seek` and `tell` is read in order, as pipes are."""

    def read(self, count: int, /) -> bytes: ...


def read_video(
    place: str | Readable | BinaryIO, name: str, form: str | None = None, patience: float | None = None,
    start: float = 0.0,
) -> Iterator[Frame]:
    """Every frame of a recording.

    Args:
        place: a path, an address, or an open file.
        name: what the frames call their source.
        form: FFmpeg's name of its format, where its content doesn't tell.
        patience: seconds that the next part of it may take; it can't be limited where a file is read.
        start: seconds into it from which on frames are wanted: it begins at a key frame before, its index counts from
            there, and whether frames are missing isn't looked at. Where nothing can be sought, at the very start.

    Raises:
        SourceError: not a video, too large, damaged, or cut.
    """
    import av

    with open_video(place, name, form, patience) as container:
        stream = video_stream(container, name)
        total, fps = declared(container, stream)
        clock, index, moment, lit = _Clock(stream, fps), 0, 0.0, False
        begun = time.perf_counter()
        try:
            _seek(container, stream, start)
            for decoded, image in pictures(container, stream, name):
                lit = lit or bool(image[::4, ::4].any())
                moment, took = clock.of(decoded, index), 1000 * (time.perf_counter() - begun)
                yield Frame(image, index, moment, name, still=False, fps=fps, decoding=took, total=total)
                index, begun = index + 1, time.perf_counter()
        except av.FFmpegError as error:
            log.debug("%s: %s", name, error)  # it ends early, which is told below where much is missing
            if not total:
                told = f"ends early, after {index} frames ({error.strerror})"
                raise SourceError(f"{name}: {told}; damaged or cut") from error
    if start:
        return
    check_whole(name, total, index, moment, fps)
    if not lit:
        log.warning("%s: every frame is black all over, so nothing was to be read; check that it plays elsewhere", name)


def check_whole(name: str, declared: int, decoded: int, last: float, fps: float) -> None:
    """Refuse a recording in which many of its declared frames are missing; `last` is its last frame's time.

    Raises:
        SourceError: it is damaged or cut.
    """
    # Where the rate varies the declared count is but a guess by the length, so the length must lack something too.
    late = fps and last + 1 / fps >= (1 - SETTINGS.most_missing) * declared / fps
    if not decoded or (declared - decoded > max(3, SETTINGS.most_missing * declared) and not late):
        raise SourceError(f"{name}: ends early: {declared} frames declared, {decoded} decoded; damaged or cut")


def _seek(container: InputContainer, stream: VideoStream, start: float) -> None:
    """Go to the key frame before `start`, in seconds, where that can be."""
    import av

    if start and stream.time_base:
        with suppress(av.FFmpegError):
            container.seek(round(start / stream.time_base) + (stream.start_time or 0), stream=stream)


def open_video(
    place: str | Readable | BinaryIO, name: str, form: str | None = None, patience: float | None = None
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
    """The stream of pictures in a container, which isn't a sound file's cover.

    Raises:
        SourceError: there is none, or its pictures are too large.
    """
    from av.stream import Disposition

    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        raise SourceError(f"{name}: expected a video, found no moving picture in it, such as in sound alone")
    stream = streams[0]
    if stream.codec_context is None:
        raise SourceError(f"{name}: not a video that can be decoded, of a kind that isn't known; {EXPECTED}")
    _check_size(stream.codec_context.width, stream.codec_context.height, name)
    stream.thread_type = "AUTO"
    # One thread of those that OpenCV may use is left to reading; with all of them decoding, both are slower.
    stream.codec_context.thread_count = max(1, cv2.getNumThreads() - 1)
    return stream


def pictures(container: InputContainer, stream: VideoStream, name: str) -> Iterator[tuple[VideoFrame, Image]]:
    """Frames as they are decoded, and as they are seen: (H, W, 3) uint8, BGR, upright, of square pixels.

    Raises:
        SourceError: one is too large.
        av.FFmpegError: no more can be read.
    """
    from av.video.reformatter import VideoReformatter

    orientation, reformatter = _Orientation(), VideoReformatter()
    for decoded in deinterlaced(_decoded(container, stream)):
        _check_size(decoded.width, decoded.height, name)
        yield decoded, upright(_picture(decoded, stream, reformatter), orientation.of(decoded))


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


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """All frames that can be decoded; damaged packets are passed over."""
    import av

    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except (av.InvalidDataError, ValueError):
            continue
        yield from (frame for frame in frames if isinstance(frame, av.VideoFrame))


def _picture(frame: VideoFrame, stream: VideoStream, reformatter: Any) -> Image:
    """A decoded frame as (H, W, 3) uint8, BGR, of square pixels, not yet upright; by one reformatter for all."""
    width, height = frame.width, frame.height
    ratio = float(stream.sample_aspect_ratio or 0) or 1.0
    if SETTINGS.least_stretch <= max(ratio, 1 / ratio) <= SETTINGS.most_stretch:
        width, height = (round(width * ratio), height) if ratio > 1 else (width, round(height / ratio))
    plane = reformatter.reformat(frame, width, height, "bgr24").planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:height, : 3 * width]
    return rows.reshape(height, width, 3)


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


@dataclass
class _Clock:
    """Tells when a frame is seen, in seconds from the start of its recording."""

    stream: VideoStream
    fps: float

    def of(self, frame: VideoFrame, index: int) -> float:
        base = frame.time_base or self.stream.time_base
        if frame.pts is None or base is None:
            return index / self.fps if self.fps else 0.0
        start = float((self.stream.start_time or 0) * (self.stream.time_base or 0))
        moment = float(frame.pts * base) - start
        return index / self.fps if index and moment <= 0 and self.fps else max(0.0, moment)
