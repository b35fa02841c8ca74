"""The score on labelled photographs: what the whole program makes of real pictures with a model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recognizer.core.digits import Digit
from recognizer.core.frame import resized
from recognizer.core.geometry import Box, best_pairs
from recognizer.errors import SourceError
from recognizer.reader import Recognizer
from recognizer.sources.images.picture import read_picture

LEAST_OVERLAP = 0.5  # intersection over union from which on a digit was found
SCALES = (1.0, 0.5, 0.3)  # of the photographs: what is read well at one size should be at another


@dataclass(frozen=True)
class Score:
    """Counted over all photographs.

    Attributes:
        pictures: how many there are.
        digits: how many were to be found in them.
        found: how many digits were reported, false alarms among them.
        placed: how many of those stand on a labelled digit.
        right: how many of those have its label.
    """

    pictures: int
    digits: int
    found: int
    placed: int
    right: int

    @property
    def recall(self) -> float:
        return self.right / max(1, self.digits)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.found)

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, self.found + self.digits)

    @property
    def label_accuracy(self) -> float:
        """Of the digits that were found, the share that was read right."""
        return self.right / max(1, self.placed)


def score(model: Path, labels: Path, scale: float = 1.0) -> Score:
    """Read labelled photographs with a model.

    Args:
        model: a .tflite file with its manifest.
        labels: JSON, a list of `{"file": …, "digits": [{"label": …, "box": [x, y, w, h]}, …]}`; the pictures lie
            beside it or in a folder `images` there. Records without `digits` are passed over.
        scale: how large the photographs are made first, 1 at most.

    Raises:
        ModelError: no such bundle.
        SourceError: the labels or one of their pictures can't be read.
    """
    recognizer = Recognizer(model)
    pictures = digits = found = placed = right = 0
    for name, wanted in records(labels):
        read = recognizer.read(resized(read_picture(name), scale)).digits
        pairs = match(read, [Box(*(round(scale * side) for side in box)) for _, box in wanted])
        pictures, digits, found, placed = pictures + 1, digits + len(wanted), found + len(read), placed + len(pairs)
        right += sum(str(read[i].label) == wanted[j][0] for i, j in pairs)
    return Score(pictures, digits, found, placed, right)


def match(found: tuple[Digit, ...], wanted: list[Box]) -> list[tuple[int, int]]:
    """Pairs of indices of digits and of the places that they stand on, the best overlap first."""
    overlaps = np.array([overlap(digit.box, box) for digit in found for box in wanted]).reshape(len(found), len(wanted))
    return best_pairs(-overlaps, overlaps >= LEAST_OVERLAP)


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, both boxes widened to 0.4 of their height so that a thin 1 counts like the rest."""
    (ax, ay, aw, ah), (bx, by, bw, bh) = _widened(one), _widened(other)
    w, h = min(ax + aw, bx + bw) - max(ax, bx), min(ay + ah, by + bh) - max(ay, by)
    both = max(w, 0) * max(h, 0)
    return both / (aw * ah + bw * bh - both)


def _widened(box: Box) -> tuple[float, float, float, float]:
    extra = max(0.0, 0.4 * box.h - box.w)
    return box.x - extra / 2, box.y, box.w + extra, box.h


def records(labels: Path) -> list[tuple[Path, list[tuple[str, Box]]]]:
    """The pictures of a list of labels, each with its digits' labels and boxes; SourceError where it is none."""
    try:
        records: Any = json.loads(labels.read_text(encoding="utf-8"))
        if not isinstance(records, list):
            raise TypeError(type(records).__name__)
        folder = labels.parent / "images" if (labels.parent / "images").is_dir() else labels.parent
        return [
            (folder / r["file"], [(str(d["label"]), Box(*map(round, d["box"]))) for d in r["digits"]])
            for r in records if "digits" in r
        ]
    except OSError as error:
        raise SourceError(f"{labels}: can't be read ({error.strerror})") from error
    except (ValueError, TypeError, KeyError) as error:
        raise SourceError(f'{labels}: expected a list of {{"file", "digits": [{{"label", "box"}}]}}, found another '
                          f"form ({error})") from error
