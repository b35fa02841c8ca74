"""Times the stages of a frame, and the whole way of it, on a clip."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import patch

import cv2

from recognizer import Recognizer, pipeline
from recognizer.classify import Classifier
from recognizer.sources import open_source

CLIPS = Path("fixtures/clips")
STAGES: dict[str, tuple[Any, str]] = {  # where the pipeline looks each one up
    "find": (pipeline, "find"),
    "classify": (Classifier, "__call__"),
    "select": (pipeline, "select"),
}


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
    """The first frames of a clip, decoded and nothing else."""
    with open_source(clip) as source:
        return _time_each(islice(source, frames))[0]


def time_whole(recognizer: Recognizer, clip: Path, frames: int) -> Took:
    """The same frames decoded, read and tracked: all that `Recognizer.watch` does."""
    with closing(recognizer.watch(clip)) as readings:
        return _time_each(islice(readings, frames))[0]


def time_stages(recognizer: Recognizer, clip: Path, frames: int) -> dict[str, float]:
    """Milliseconds a frame of each of STAGES, timed where the pipeline calls them, so not a copy of it."""
    spent = dict.fromkeys(STAGES, 0.0)
    with ExitStack() as stack:
        for stage, (owner, name) in STAGES.items():
            stack.enter_context(patch.object(owner, name, _timed(getattr(owner, name), stage, spent)))
        readings = stack.enter_context(closing(recognizer.watch(clip)))
        _, count = _time_each(islice(readings, frames), spent.clear)
    return {stage: spent.get(stage, 0.0) / count for stage in STAGES}


def _timed(function: Callable[..., Any], stage: str, spent: dict[str, float]) -> Callable[..., Any]:
    """The function, with the milliseconds of each call added to `spent`."""

    def timed(*args: Any) -> Any:
        start = time.perf_counter()
        result = function(*args)
        spent[stage] = spent.get(stage, 0.0) + 1000 * (time.perf_counter() - start)
        return result

    return timed


def _time_each(frames: Iterator[object], begin: Callable[[], None] = lambda: None) -> tuple[Took, int]:
    """The mean from the second frame on, and how many these are; the first opens the file and sets things up."""
    next(frames)
    begin()
    wall, processor = time.perf_counter(), time.process_time()
    count = sum(1 for _ in frames)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return Took(1000 * wall / count, 1000 * processor / count), count
