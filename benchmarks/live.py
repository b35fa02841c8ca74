"""python -m benchmarks.live: the figures of the loop in one table, as ratios within this run.

RapidOCR is measured where `--rapidocr` names a Python that has it (python -m venv ocr && ocr/bin/pip install
rapidocr-onnxruntime), the tutorials' way where TensorFlow is installed; else their rows say that they were skipped.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median, quantiles

import cv2

from benchmarks import clips, soak
from benchmarks.frame import CLIP, FRAMES, LARGE, write_large
from benchmarks.frames import decode
from benchmarks.measure import ROOT, add_finder, alternate, last_line, print_table
from benchmarks.pages import write_page
from benchmarks.stages import (
    CLIPS,
    Took,
    time_decoding,
    time_encoding,
    time_frames,
    time_reading,
    time_saving,
    time_whole,
)
from recognizer import Recognizer
from recognizer.sources.base import Live

HEADER = ("what", "measured", "bar")
MOVING = CLIPS / "moving.mp4"
OTHERS_FRAMES = 4  # that the slow ones read
SOURCE_RATE, SLOW_RATE = 30, 10  # frames a second of the live source, and of recognition slowed down


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--rounds", type=int, default=3, metavar="N", help="how often each is measured, in turn")
    flags.add_argument("--seconds", type=float, default=10, metavar="S", help="of the live source (a full run: 60)")
    flags.add_argument("--frames", type=int, default=2000, metavar="N", help="of the soak (a full run: 100000)")
    flags.add_argument("--rapidocr", metavar="PYTHON", help="a Python that has rapidocr_onnxruntime")
    add_finder(flags)
    args = flags.parse_args()
    recognizer = Recognizer(finder=args.finder)
    with tempfile.TemporaryDirectory() as folder:
        rows = [*_speed(recognizer, Path(folder), args.rounds), *_others(recognizer, args.rapidocr),
                _age(recognizer, args.seconds), *_soak(recognizer, args.frames)]
        print_table(rows, f"Medians of {args.rounds} rounds in turn, {FRAMES} frames each, OpenCV {cv2.__version__}.",
                    HEADER)
    print()
    clips.main(["--finder", args.finder])


def _speed(recognizer: Recognizer, folder: Path, rounds: int) -> Iterator[tuple[str, ...]]:
    large, saved = write_large(folder / "large.mp4"), folder / "saved.mp4"
    for size, clip in (("1280×720", CLIP), ("×".join(map(str, LARGE)), large)):
        whole, alone = alternate(rounds, partial(time_whole, recognizer, clip, FRAMES),
                                 partial(time_decoding, clip, FRAMES))
        yield f"{size}: wall time a frame, against decoding alone", _ratio(whole, alone, _wall), "≤ 1.6"
        yield f"{size}: processor time, likewise", _ratio(whole, alone, _processor), "≤ 2.5"
    yield from _moving(recognizer, rounds)
    both, encoded = alternate(rounds, partial(time_saving, recognizer, CLIP, FRAMES, saved),
                              partial(time_encoding, CLIP, FRAMES, saved))
    yield "with a video saved: wall time, against decoding and encoding alone", _ratio(both, encoded, _wall), "≤ 1.2"
    few, many = (write_page(folder / f"{count}.mp4", count, (1280, 720), FRAMES) for count in (8, 64))
    full, sparse = alternate(rounds, partial(time_whole, recognizer, many, FRAMES),
                             partial(time_whole, recognizer, few, FRAMES))
    yield "64 digits against 8, wall time", _ratio(full, sparse, _wall), "≤ 2"


def _moving(recognizer: Recognizer, rounds: int) -> Iterator[tuple[str, ...]]:
    """All of the clip in which everything moves, frame by frame, over a frame's decoding in the median."""

    def whole() -> list[Took]:
        with closing(recognizer.watch(MOVING)) as readings:
            return time_frames(readings)

    ours, alone = alternate(rounds, whole, lambda: time_frames(decode(MOVING)))
    for what, figure in (("wall time a frame, against decoding alone", _wall),
                         ("processor time, likewise", _processor)):
        typical, most = [], []
        for took, decoded in zip(ours, alone, strict=True):
            one = median(map(figure, decoded))
            typical.append(median(map(figure, took)) / one)
            most.append(quantiles(map(figure, took), n=20)[-1] / one)
        yield f"1280×720, everything moves: {what}: median, 95%", f"{median(typical):.2f}, {median(most):.2f}", "–"


def _others(recognizer: Recognizer, rapidocr: str | None) -> Iterator[tuple[str, ...]]:
    ours = time_reading(recognizer, CLIP, FRAMES).wall  # the others' time is without decoding, too
    keras = sys.executable if importlib.util.find_spec("tensorflow") else None
    for name, kind, python, bar in (("the tutorials' way, Keras once a digit", "keras", keras, 50),
                                    ("RapidOCR", "rapidocr", rapidocr, 100)):
        if python is None:
            yield f"times faster than {name}", "skipped: not installed here", f"≥ {bar}"
            continue
        done = subprocess.run([python, "-m", "benchmarks.others", kind, str(CLIP), str(OTHERS_FRAMES)], cwd=ROOT,
                              capture_output=True, text=True, check=False)
        measured = (f"{float(done.stdout.split()[-1]) / ours:.0f}" if done.returncode == 0
                    else f"skipped: {last_line(done.stderr.splitlines())}")
        yield f"times faster than {name}", measured, f"≥ {bar}"


class Clockwork:
    """A capture that gives a clip's frames at a steady rate, round and round, as a camera would."""

    def __init__(self, clip: Path, rate: float) -> None:
        self._frames = list(islice(decode(clip), SOURCE_RATE))
        self._rate, self._count, self._start = rate, 0, time.monotonic()

    def read(self) -> tuple[bool, object]:
        self._count += 1
        time.sleep(max(0.0, self._start + self._count / self._rate - time.monotonic()))
        return True, self._frames[self._count % len(self._frames)]

    def get(self, what: int) -> float:
        return self._rate if what == cv2.CAP_PROP_FPS else 0.0

    def release(self) -> None:
        self._frames.clear()


def _age(recognizer: Recognizer, seconds: float) -> tuple[str, ...]:
    """The oldest frame that is shown, when reading one takes a tenth of a second."""
    ages, begun = [], time.monotonic()
    end = begun + seconds
    for reading in recognizer.watch(Live(partial(Clockwork, CLIP, SOURCE_RATE), "clockwork")):
        time.sleep(max(0.0, begun + 1 / SLOW_RATE - time.monotonic()))  # what is left of the slow one's time
        begun = time.monotonic()
        reading.draw()
        ages.append(reading.frame.age)
        if time.monotonic() > end:
            break
    what = f"a source at {SOURCE_RATE} a second read at {SLOW_RATE} for {seconds:g} s: oldest frame shown, s"
    return what, f"{max(ages[1:]):.3f}", "< 0.25"


def _soak(recognizer: Recognizer, frames: int) -> Iterator[tuple[str, ...]]:
    states = soak.soak(frames, recognizer)
    grown = f"{soak.growth(states, frames):.0f}"
    yield f"memory over {frames} frames: growth in bytes a frame", grown, f"< {soak.MOST}"
    yield (f"processor time of the last {frames // 10} frames over that of the first", f"{soak.slowing(states):.3f}",
           "≤ 1.05")
    _, first, *_, last = states
    yield ("threads and open files after the first tenth, at the end",
           f"{first.threads} and {first.files}, {last.threads} and {last.files}", "equal")


def _wall(took: Took) -> float:
    return took.wall


def _processor(took: Took) -> float:
    return took.processor


def _ratio(ours: list[Took], other: list[Took], figure: Callable[[Took], float]) -> str:
    """The ratio within each round, then the median."""
    return f"{median(figure(a) / figure(b) for a, b in zip(ours, other, strict=True)):.2f}"


if __name__ == "__main__":
    main()
