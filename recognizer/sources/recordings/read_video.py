"""Reads a recording, from a file, a pipe or an address: every frame of it, by its own clock."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from recognizer.core.frame import Frame
from recognizer.errors import SourceError
from recognizer.sources.recordings.decode import Damage, Readable, declared, open_video, pictures, video_stream
from recognizer.sources.settings import SETTINGS

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

log = logging.getLogger("recognizer")


def read_video(
    place: str | Readable, name: str, form: str | None = None, patience: float | None = None,
    start: float = 0.0,
) -> Iterator[Frame]:
    """Every frame of a recording; one that has but one frame is a picture, which stands alone.

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
    frames = _standing(_every_frame(place, name, form, patience, start))
    first = next(frames, None)
    if first is None:
        return
    try:
        second = next(frames, None)
    except SourceError:
        yield first
        raise
    yield first if second or start else replace(first, still=True)
    if second:
        yield second
        yield from frames


def _standing(frames: Iterator[Frame]) -> Iterator[Frame]:
    """Frames that tell for how long they stand; the last one as long as the one before, for few recordings tell it."""
    before, stands = None, 0.0
    try:
        for frame in frames:
            if before:
                stands = max(0.0, frame.time - before.time)
                yield replace(before, stands=stands)
            before = frame
    except SourceError:
        if before:
            yield replace(before, stands=stands)
        raise
    if before:
        yield replace(before, stands=stands)


def _every_frame(
    place: str | Readable, name: str, form: str | None, patience: float | None, start: float
) -> Iterator[Frame]:
    import av

    damage = Damage(midway=bool(start))
    with open_video(place, name, form, patience) as container:
        stream = video_stream(container, name)
        total, fps = declared(container, stream)
        clock, index, moment, begins, lit = _Clock(stream, fps), 0, 0.0, 0.0, False
        begun = time.perf_counter()
        try:
            _seek(container, stream, start)
            for decoded, picture in pictures(container, stream, name, damage):
                moment, took = clock.of(decoded, index), 1000 * (time.perf_counter() - begun)
                begins = begins if index else moment
                frame = Frame(picture, index, moment, name, still=False, fps=fps, decoding=took, total=total)
                lit = lit or bool(frame.tones[::4, ::4].any())
                yield frame
                index, begun = index + 1, time.perf_counter()
        except av.FFmpegError as error:
            log.debug("%s: %s", name, error)  # it ends early, which is told below where much is missing
            if not total:
                told = f"ends early, after {index} frames ({error.strerror})"
                raise SourceError(f"{name}: {told}; damaged or cut") from error
    if not start:
        check_whole(name, total, index, moment, fps)
    damage.check(name, index)
    if not start:
        _check_start(name, begins, moment)
    if not start and not lit:
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


def _check_start(name: str, begins: float, last: float) -> None:
    """Tell where the beginning of a recording is lost, given the times of its first frame and its last one.

    Raises:
        SourceError: much is.
    """
    if begins < SETTINGS.late:
        return
    told = f"{name}: damaged: of its first {begins:.1f} s nothing can be decoded"
    if begins > SETTINGS.most_missing * last:
        raise SourceError(f"{told}; what follows was read")
    log.warning("%s", told)


def _seek(container: InputContainer, stream: VideoStream, start: float) -> None:
    """Go to the key frame before `start`, in seconds, where that can be."""
    import av

    if start and stream.time_base:
        with suppress(av.FFmpegError):
            container.seek(round(start / stream.time_base) + (stream.start_time or 0), stream=stream)


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
