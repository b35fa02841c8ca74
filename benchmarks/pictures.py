"""Measures how well each finder finds digits in photographs, and what it takes for digits where there are none.

    python -m benchmarks.pictures LABELS… --scenes DIR --finder FILE

LABELS are lists as `python -m train evaluate --pictures` takes them; a record without digits counts false alarms. DIR
holds photographs without digits as `python -m train finder --scenes` takes them, of which those count that it holds
back.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from benchmarks.measure import print_table
from recognizer import Recognizer
from recognizer.core.frame import Image, resized
from recognizer.core.geometry import Box
from recognizer.reading import Reading
from recognizer.sources.images.picture import read_content, read_frames, read_picture
from train.evaluation.photographs import LEAST_OVERLAP, match, overlap, records
from train.finder.material import held_back

SCORES = ("pictures", "number", "digits", "F1 with negatives", "recall", "label right", "false a negative",
          "with a candidate", "time, median", "9 of 10 under")
KINDS = "room", "text", "handwriting", "surface", "other"
ALARMS = ("finder", *KINDS, "all")
OWN = "shipped"
QUALITY = 92  # of a JPEG, as phones have it
IGNORED = 0.3  # share of a digit in a place that isn't known from which on it is no false alarm


class Reads(Protocol):
    """What reads a picture, (H, W, 3) uint8, BGR."""

    def read(self, image: Image) -> Reading: ...


@dataclass
class Counts:
    """Over all pictures of a set."""

    pictures: int = 0
    negatives: int = 0
    digits: int = 0
    found: int = 0
    false: int = 0  # of those found, in pictures without digits
    placed: int = 0
    right: int = 0
    candidates: int = 0  # of the digits, how many have a candidate at their place
    times: list[float] = field(default_factory=list)  # decoding and reading over decoding alone

    def add(self, reading: Reading, wanted: list[tuple[str, Box]]) -> None:
        """Count a picture with its true labels and boxes."""
        self.pictures += 1
        self.found += len(reading.digits)
        if not wanted:
            self.negatives += 1
            self.false += len(reading.digits)
        pairs = match(reading.digits, [box for _, box in wanted])
        self.digits, self.placed = self.digits + len(wanted), self.placed + len(pairs)
        self.right += sum(str(reading.digits[i].label) == wanted[j][0] for i, j in pairs)
        self.candidates += sum(
            any(overlap(one.candidate.box, box) >= LEAST_OVERLAP for one in reading.judged) for _, box in wanted)

    def row(self, name: str) -> tuple[str, ...]:
        share = max(1, self.digits)
        return (name, str(self.pictures), str(self.digits), f"{2 * self.right / max(1, self.found + self.digits):.4f}",
                f"{self.right / share:.3f}", f"{self.right / max(1, self.placed):.3f}",
                f"{self.false / max(1, self.negatives):.2f}", f"{self.candidates / share:.3f}",
                f"{statistics.median(self.times):.2f}", f"{statistics.quantiles(self.times, n=10)[-1]:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", nargs="*", type=Path, metavar="LABELS")
    parser.add_argument("--scenes", type=Path, metavar="DIR", help="photographs without digits")
    parser.add_argument("--finder", action="append", metavar="FILE",
                        help="a finder's .tflite file; may be given several times (default: the shipped one)")
    parser.add_argument("--megapixels", type=float, metavar="N",
                        help="the labelled ones are made larger or smaller to so many, and encoded as JPEG, first")
    args = parser.parse_args()
    rows, alarms = [], []
    for finder in args.finder or [None]:
        recognizer = Recognizer(finder=finder)
        rows += [count(recognizer, labels, args.megapixels).row(f"{labels.parent.name}, {finder or OWN}")
                 for labels in args.labels]
        if args.scenes:
            alarms.append((finder or OWN, *false_alarms(recognizer, args.scenes)))
    if rows:
        print_table(rows, "Time: that of decoding and reading over decoding in colour alone, by OpenCV "
                          f"{cv2.__version__}.", SCORES)
    if alarms:
        print_table(alarms, "False alarms a photograph without digits, and of how many, of held-back sources.", ALARMS)


def count(recognizer: Recognizer, labels: Path, megapixels: float | None = None) -> Counts:
    """Read labelled photographs, as they are or at another size."""
    counts = Counts()
    for path, wanted in records(labels):
        content = read_content(path)
        if megapixels:
            content, wanted = _at_size(content, str(path), wanted, 1e6 * megapixels)
        start = time.perf_counter()
        cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        decoded = time.perf_counter()
        counts.add(recognizer.read(next(read_frames(content, str(path))).tones), wanted)
        counts.times.append((time.perf_counter() - decoded) / (decoded - start))
    return counts


def _at_size(
    content: bytes, name: str, wanted: list[tuple[str, Box]], pixels: float
) -> tuple[bytes, list[tuple[str, Box]]]:
    """A photograph of so many pixels, as a JPEG file, and the boxes in it."""
    image = next(read_frames(content, name)).image
    scale = (pixels / (image.shape[0] * image.shape[1])) ** 0.5
    jpeg = cv2.imencode(".jpg", resized(image, scale), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
    return jpeg, [(label, Box(*(round(scale * side) for side in box))) for label, box in wanted]


def false_alarms(recognizer: Reads, folder: Path) -> Iterator[str]:
    """False alarms a picture, by kind and over all."""
    by_kind: dict[str, list[int]] = defaultdict(list)
    for entry in json.loads((folder / "index.json").read_text(encoding="utf-8")):
        if held_back(entry["source_repo"]):
            by_kind[entry["kind"]].append(_alarms(recognizer, read_picture(folder / entry["file"]), entry["ignore"]))
    for kind in KINDS:
        yield f"{statistics.mean(by_kind[kind]):.2f} ({len(by_kind[kind])})"
    everything = [number for numbers in by_kind.values() for number in numbers]
    yield f"{statistics.mean(everything):.3f} ({len(everything)})"


def _alarms(recognizer: Reads, image: Image, ignored: list[list[int]]) -> int:
    boxes = [Box(*box) for box in ignored]
    return sum(all(digit.box.intersection(box) < IGNORED * digit.box.area for box in boxes)
               for digit in recognizer.read(image).digits)


if __name__ == "__main__":
    main()
