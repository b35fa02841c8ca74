"""Digits of other hands than MNIST's: as pen strokes of several writers, and photographed from sheets.

Each has three parts: what is learnt from, what chooses and calibrates (`validation`), and what is only measured on
(`held_back`). Pen strokes are parted by writer, photographed digits by their place in the file.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train.data.mnist import Digits, Labels, Pictures, load_arrays

Paths = list[NDArray[np.float32]]  # a digit's strokes, each (N, 2) points x, y, y down, its longer side about 1
WRITERS_HELD_BACK = 6  # the last of the file
WRITERS_TO_CHOOSE_BY = 3  # those before them
HELD_BACK = 0.2  # share of each photographed digit, its end
TO_CHOOSE_BY = 0.1  # share before it


@dataclass(frozen=True)
class PenDigits:
    """N digits as strokes: `paths` of each, `labels` (N,) from 0 to 9, `writers` (N,), numbers."""

    paths: tuple[Paths, ...]
    labels: Labels
    writers: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def of(self, writers: NDArray[np.int64]) -> PenDigits:
        """Those of some writers."""
        chosen = np.flatnonzero(np.isin(self.writers, writers))
        return PenDigits(tuple(self.paths[i] for i in chosen), self.labels[chosen], self.writers[chosen])


NO_STROKES = PenDigits((), np.zeros(0, np.int64), np.zeros(0, np.int64))
NO_DIGITS = Digits(np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.int64))


@dataclass(frozen=True)
class PenStrokes:
    """All digits of a file of pen strokes, and its SHA-256."""

    digits: PenDigits = NO_STROKES
    sha256: str | None = None

    @staticmethod
    def load(file: Path) -> PenStrokes:
        """Read an .npz with `points` (P, 2), y upwards, `starts` (S + 1) of strokes, `digit` (S), which digit each
        stroke belongs to, `labels` (N) and `writers` (N); SourceError where it isn't one."""
        arrays = load_arrays(file, ("points", "starts", "digit", "labels", "writers"))
        points = arrays["points"].astype(np.float32) * np.array([1, -1], np.float32)
        strokes = [points[a:b] for a, b in pairwise(arrays["starts"])]
        firsts = np.searchsorted(arrays["digit"], np.arange(len(arrays["labels"]) + 1))
        paths = tuple(_unit(strokes[a:b]) for a, b in pairwise(firsts))
        digits = PenDigits(paths, arrays["labels"].astype(np.int64), arrays["writers"].astype(np.int64))
        return PenStrokes(digits, hashlib.sha256(file.read_bytes()).hexdigest())

    @property
    def train(self) -> PenDigits:
        return self.digits.of(self._writers[: -WRITERS_HELD_BACK - WRITERS_TO_CHOOSE_BY])

    @property
    def validation(self) -> PenDigits:
        return self.digits.of(self._writers[-WRITERS_HELD_BACK - WRITERS_TO_CHOOSE_BY : -WRITERS_HELD_BACK])

    @property
    def held_back(self) -> PenDigits:
        return self.digits.of(self._writers[-WRITERS_HELD_BACK:])

    @cached_property
    def _writers(self) -> NDArray[np.int64]:
        return np.unique(self.digits.writers)


@dataclass(frozen=True)
class MoreDigits:
    """Photographed digits in three parts, and the SHA-256 of their file."""

    train: Digits = NO_DIGITS
    validation: Digits = NO_DIGITS
    held_back: Digits = NO_DIGITS
    sha256: str | None = None

    @staticmethod
    def load(file: Path) -> MoreDigits:
        """Read an .npz with `pictures` (N, 28, 28) uint8, bright ink on black, and `labels` (N); SourceError where it
        isn't one."""
        arrays = load_arrays(file, ("pictures", "labels"))
        pictures, labels = arrays["pictures"], arrays["labels"].astype(np.int64)
        places = [np.flatnonzero(labels == label) for label in range(10)]
        last, middle = 1 - HELD_BACK, 1 - HELD_BACK - TO_CHOOSE_BY
        train, validation, held_back = (
            _part(pictures, labels, places, *ends) for ends in ((0, middle), (middle, last), (last, 1)))
        return MoreDigits(train, validation, held_back, hashlib.sha256(file.read_bytes()).hexdigest())


def _part(
    pictures: Pictures, labels: Labels, places: list[NDArray[np.intp]], first: float, last: float
) -> Digits:
    chosen = np.concatenate([some[round(first * len(some)) : round(last * len(some))] for some in places])
    return Digits(pictures[chosen], labels[chosen])


def _unit(paths: Paths) -> Paths:
    points = np.vstack(paths)
    low = points.min(0)
    size = max(1.0, float((points.max(0) - low).max()))
    return [(path - low) / size for path in paths]
