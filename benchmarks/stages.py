"""Times the stages of a frame, and the whole way of it, on a clip."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path
from typing import Self

import cv2

from benchmarks.frames import decode
from recognizer import Recognizer
from recognizer.core.channel import prefetch
from recognizer.core.frame import Frame
from recognizer.reading import Milliseconds
from recognizer.sinks.background import BackgroundSink
from recognizer.sinks.labelled import LabelledSink
from recognizer.sinks.video_writer import VideoWriter

CLIPS = Path("fixtures/clips")
STAGES = tuple(field.name for field in fields(Milliseconds) if field.name != "decode")


@dataclass(frozen=True)
class Took:
    """Milliseconds a frame: by the clock, and of processor time in all threads."""

    wall: float
    processor: float


def use_threads(count: int | None) -> None:
    """Let OpenCV use so many threads, its decoder included; None is what it does by itself."""
    cv2.setNumThreads(-1 if count is None else count)
    # The decoder doesn't heed the number above; it reads this whenever a video is opened.
    if count is None:
        os.environ.pop("OPENCV_FFMPEG_THREADS", None)
    else:
        os.environ["OPENCV_FFMPEG_THREADS"] = str(count)


def time_decoding(clip: Path, frames: int) -> Took:
    """The first frames of a clip, decoded by OpenCV and nothing else."""
    return _time_each(islice(decode(clip), frames))


def time_whole(recognizer: Recognizer, clip: Path, frames: int) -> Took:
    """The same frames decoded, read and tracked: all that `Recognizer.watch` does."""
    with closing(recognizer.watch(clip)) as readings:
        return _time_each(islice(readings, frames))


class _Film:
    """A video's first frames, decoded before."""

    def __init__(self, clip: Path, frames: int) -> None:
        self._frames = [Frame(image, index, index / 30, str(clip), still=False)
                        for index, image in enumerate(islice(decode(clip), frames))]

    def __iter__(self) -> Iterator[Frame]:
        return iter(self._frames)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._frames.clear()


def time_reading(recognizer: Recognizer, clip: Path, frames: int) -> Took:
    """The same frames read and tracked, after all of them were decoded."""
    with closing(recognizer.watch(_Film(clip, frames))) as readings:
        return _time_each(readings)


def time_saving(recognizer: Recognizer, clip: Path, frames: int, saved: Path) -> Took:
    """The same, and a labelled video written too."""

    def written() -> Iterator[None]:
        with closing(recognizer.watch(clip)) as readings, BackgroundSink(LabelledSink(str(saved))) as sink:
            for reading in islice(readings, frames):
                sink.write(reading)
                yield

    return _time_each(written())


def time_encoding(clip: Path, frames: int, saved: Path) -> Took:
    """The same frames decoded and encoded as the program does it, with nothing read or drawn, in two threads."""

    def written() -> Iterator[None]:
        video: VideoWriter | None = None
        for index, image in enumerate(prefetch(decode(clip))):
            if index == frames:
                break
            video = video or VideoWriter(saved, (image.shape[1], image.shape[0]), 30)
            video.write(image, index / 30)
            yield
        if video:
            video.close()

    return _time_each(written())


def time_stages(recognizer: Recognizer, clip: Path, frames: int) -> dict[str, float]:
    """Milliseconds a frame of each of STAGES, as the readings tell them."""
    with closing(recognizer.watch(clip)) as readings:
        took = [reading.milliseconds for reading in islice(readings, frames)][1:]
    return {stage: sum(getattr(m, stage) for m in took) / len(took) for stage in STAGES}


def time_detection(recognizer: Recognizer, clip: Path, frames: int) -> float:
    """Milliseconds that finding and judging take in those of the frames that are looked through as a whole."""
    with closing(recognizer.watch(clip)) as readings:
        took = [reading.milliseconds for reading in islice(readings, frames) if reading.searched][1:]
    return sum(m.find + m.classify + m.select for m in took) / len(took)


def time_frames(frames: Iterator[object]) -> list[Took]:
    """Each frame from the second on; the first opens the file and sets things up."""
    next(frames)
    took, before = [], (time.perf_counter(), time.process_time())
    for _ in frames:
        now = time.perf_counter(), time.process_time()
        took.append(Took(1000 * (now[0] - before[0]), 1000 * (now[1] - before[1])))
        before = now
    return took


def _time_each(frames: Iterator[object]) -> Took:
    """The mean of them."""
    took = time_frames(frames)
    return Took(sum(t.wall for t in took) / len(took), sum(t.processor for t in took) / len(took))
