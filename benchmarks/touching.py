"""python -m benchmarks.touching: how many rows of digits that touch are read right, and where the others are lost.

The rows are rendered. Each digit is moved to the left until its strokes overlap those of the last one, so that the ink
of a row is one piece. Of the digits are counted those with a peak of the finder's network to themselves, with a
candidate at their place, with one that the classifier reads right, and those that are right in the end: the first
column that falls tells whether finding, cutting, reading or choosing failed.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as File

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import add_finder, print_table
from fixtures.paper import SURFACES
from fixtures.paths import Path, ink
from fixtures.pen import Pen, stroke
from fixtures.render import BLUE_BALL, CHALK, MARKER, PENCIL
from fixtures.strokes import STYLES, draw_paths
from recognizer import Reading, Recognizer
from recognizer.classification.classifier import Classifier
from recognizer.core.assets import shipped
from recognizer.core.clock import Clock
from recognizer.core.frame import Image
from recognizer.core.geometry import Box, best_pairs
from recognizer.detection.finder import Finder
from recognizer.detection.proposals import propose
from recognizer.detection.state import FinderSettings
from train.evaluation.photographs import LEAST_OVERLAP, match, overlap

ROWS = {2: 60, 3: 40}  # of so many digits, how many rows
BARS = {2: 55, 3: 32}  # how many of them should be read right
SEED = 1
WIDE, HIGH = 90.0, 60.0  # mm of the sheet
TALL = 10.0  # mm of a digit
SCALES = 4.0, 9.0  # pixels a millimetre, least and most
OVERLAPS = 0.3, 0.9  # of two digits' strokes, as a share of the pen's width, likewise
PAPERS = (("plain", replace(MARKER, thickness=1.0)), ("plain", BLUE_BALL), ("lined", BLUE_BALL),
          ("plain", PENCIL), ("lined", replace(MARKER, thickness=0.8)), ("dark", replace(CHALK, thickness=0.9)))
SLATE = 0.235, 0.29, 0.2
HEADER = ("digits in a row", "rows read right", "bar", "digits", "with a peak", "with a candidate", "read right there",
          "right in the end")


@dataclass(frozen=True)
class Row:
    """A picture of digits that touch.

    Attributes:
        image: (H, W, 3) uint8, BGR.
        labels: of the digits, from left to right.
        boxes: of their ink.
    """

    image: Image
    labels: tuple[int, ...]
    boxes: tuple[Box, ...]

    @property
    def text(self) -> str:
        return "".join(map(str, self.labels))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.touching", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help="other rows (default: %(default)s)")
    add_finder(parser)
    args = parser.parse_args()
    file = File(args.finder) if args.finder else shipped("models/finder.tflite")
    finder = Finder.load(file, Classifier.load(shipped("models/digits.tflite")))
    recognizer = Recognizer(finder=file)
    table = []
    for digits, number in ROWS.items():
        counts: Counter[str] = Counter()
        for row in draw_rows(digits, number, args.seed):
            counts += counts_of(row, peaks(finder, row.image), recognizer.read(row.image))
        table.append((str(digits), f"{counts['rows']} of {number}", str(BARS[digits]), str(digits * number),
                      *(str(counts[name]) for name in ("peak", "candidate", "read", "right"))))
    print_table(table, f"Seed {args.seed}.", HEADER)


def draw_rows(digits: int, number: int, seed: int) -> Iterator[Row]:
    """So many rows of so many digits that touch, by one pen after the other."""
    rng = np.random.default_rng(seed)
    for place in range(number):
        surface, pen = PAPERS[place % len(PAPERS)]
        yield _draw(rng.integers(0, 10, digits).tolist(), surface, pen, rng)


def _draw(labels: Sequence[int], surface: str, pen: Pen, rng: np.random.Generator) -> Row:
    scale = rng.uniform(*SCALES)
    height, width = scale * TALL, scale * pen.thickness
    slant, narrow = rng.uniform(-0.1, 0.25), rng.uniform(0.85, 1.1)
    placed: list[list[Path]] = []
    for label in labels:
        style = str(rng.choice(list(STYLES[label])))
        tall = height * rng.uniform(0.92, 1.08)
        lower = rng.normal(0, 0.04) * height
        own = [_leaning(path, slant, narrow) * np.float32(tall) + np.float32((0, lower))
               for path in draw_paths(label, style, rng)]
        if placed:
            gap = _gap(placed[-1], own, width)
            own = [path - np.float32((gap + rng.uniform(*OVERLAPS) * width, 0)) for path in own]
        placed.append(own)
    sheet = (SURFACES["plain"]((WIDE, HIGH), scale, rng, SLATE) if surface == "dark"
             else SURFACES[surface]((WIDE, HIGH), scale, rng))
    points = np.vstack([path for own in placed for path in own])
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    shift = np.float32((WIDE, HIGH)) * np.float32(scale / 2) - middle
    hulls = [stroke(sheet, [path + shift for path in own], pen, scale, rng) for own in placed]
    noisy = 255 * sheet + rng.normal(0, 3, sheet.shape)
    return Row(noisy.clip(0, 255).astype(np.uint8), tuple(labels), tuple(map(_box, hulls)))


def _leaning(path: Path, slant: float, narrow: float) -> Path:
    return np.stack([path[:, 0] * narrow - slant * (path[:, 1] - 1), path[:, 1]], axis=1).astype(np.float32)


def _gap(left: list[Path], right: list[Path], width: float) -> float:
    """Pixels by which the strokes of one digit can move to the left until they meet those of another."""
    points = np.vstack([*left, *right])
    corner = points.min(axis=0) - 2 * width
    size = tuple(np.ceil(points.max(axis=0) - corner + 2 * width).astype(int)[::-1].tolist())
    one, other = (ink([path - corner for path in paths], size, width, np.random.default_rng(0), 0) > 0.5
                  for paths in (left, right))
    both = one.any(axis=1) & other.any(axis=1)
    ends = size[1] - np.argmax(one[both, ::-1], axis=1)
    return float((np.argmax(other[both], axis=1) - ends).min())


def _box(hull: NDArray[np.float32]) -> Box:
    left, top = np.floor(hull.min(axis=0)).astype(int).tolist()
    right, bottom = np.ceil(hull.max(axis=0)).astype(int).tolist()
    return Box(left, top, right - left + 1, bottom - top + 1)


def peaks(finder: Finder, image: Image) -> list[Box]:
    """The boxes that the network proposes."""
    memory = finder.memory(moving=False)
    finder.candidates(image, memory, Clock())
    return [Box(*box) for box in propose(memory.maps, FinderSettings().least).boxes.round().astype(int).tolist()]


def counts_of(row: Row, proposed: Sequence[Box], reading: Reading) -> Counter[str]:
    """One row, and its digits."""
    overlaps = np.array([[overlap(one, box) for box in row.boxes] for one in proposed]).reshape(-1, len(row.boxes))
    right = [j for i, j in match(reading.digits, list(row.boxes)) if reading.digits[i].label == row.labels[j]]
    there = [[one for one in reading.judged if overlap(one.candidate.box, box) >= LEAST_OVERLAP] for box in row.boxes]
    read = [any(one.probabilities[:10].argmax() == label for one in ones)
            for ones, label in zip(there, row.labels, strict=True)]
    return Counter(rows=[number.text for number in reading.numbers] == [row.text], right=len(right), read=sum(read),
                   candidate=sum(map(bool, there)), peak=len(best_pairs(-overlaps, overlaps >= LEAST_OVERLAP)))


if __name__ == "__main__":
    main()
