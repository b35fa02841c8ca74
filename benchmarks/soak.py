"""python -m benchmarks.soak: runs for many frames, and tells what grew.

A clip's frames come round and round, from memory, to the whole program: events and a video are written too.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.measure import add_finder
from benchmarks.stages import CLIPS
from recognizer import Frame, Recognizer
from recognizer.sinks.background import BackgroundSink
from recognizer.sinks.labelled import LabelledSink
from recognizer.sinks.text import CsvSink, EventsSink
from recognizer.sources.base import open_source

CLIP, KEPT = CLIPS / "dim.avi", 30
WARM = 0.1  # share of the frames after which counting begins: by then every cache is filled
MOST = 100  # bytes a frame of growth


class Round:
    """A source whose frames come round and round."""

    def __init__(self, frames: list[Frame], count: int) -> None:
        self._frames, self._count = frames, count

    def __iter__(self) -> Iterator[Frame]:
        for index, frame in enumerate(islice(cycle(self._frames), self._count)):
            yield replace(frame, index=index, time=index / (frame.fps or 30))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


@dataclass(frozen=True)
class State:
    """Of this process: bytes of resident memory, threads, open files, and seconds of processor time so far."""

    memory: int
    threads: int
    files: int
    processor: float

    @staticmethod
    def now() -> State:
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return State(resident, threading.active_count(), len(os.listdir("/proc/self/fd")), time.process_time())


def soak(count: int, recognizer: Recognizer) -> list[State]:
    """Read so many frames; the state at the start and after each tenth of them."""
    with open_source(CLIP) as source:
        frames = list(islice(source, KEPT))
    states: list[State] = []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        out = Path(folder)
        sinks = [stack.enter_context(sink) for sink in (
            EventsSink(os.devnull), CsvSink(os.devnull), BackgroundSink(LabelledSink(str(out / "soak.mp4"))))]
        states.append(State.now())
        for index, reading in enumerate(recognizer.watch(Round(frames, count)), 1):
            for sink in sinks:
                sink.write(reading)
            if index % (count // 10) == 0:
                states.append(State.now())
    return states


def growth(states: list[State], count: int) -> float:
    """Bytes a frame by which memory grew after the first tenth."""
    return (states[-1].memory - states[1].memory) / (count * (1 - WARM))


def slowing(states: list[State]) -> float:
    """Processor time of the last tenth, over that of the first."""
    return (states[-1].processor - states[-2].processor) / (states[1].processor - states[0].processor)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=100_000, metavar="N", help="how many, 10 at least (%(default)s)")
    add_finder(parser)
    args = parser.parse_args()
    tenth = max(1, args.frames // 10)
    count = 10 * tenth
    if not Path("/proc/self/statm").exists():
        sys.exit("soak: needs Linux's /proc to see memory and files")
    states = soak(count, Recognizer(finder=args.finder))
    _, first, *_, last = states
    print("| what | measured | bar |\n| --- | --- | --- |")
    print(f"| growth of memory over {count} frames, bytes a frame | {growth(states, count):.0f} | ≤ {MOST} |")
    print(f"| threads after the first tenth, at the end | {first.threads}, {last.threads} | equal |")
    print(f"| open files likewise | {first.files}, {last.files} | equal |")
    print(f"| processor time of the last {tenth} frames over that of the first | {slowing(states):.3f} | ≤ 1.05 |")


if __name__ == "__main__":
    main()
