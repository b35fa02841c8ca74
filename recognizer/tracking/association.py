"""Which digits of a frame are those of the frame before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recognizer.core.digits import Digit

REACH = 0.9  # how far a digit may stray from where it is expected, in its heights
ODD = 0.3  # what it counts as, likewise, when a digit doesn't move along with most, or when its label is another
FAR = 2.5  # how far a whole sheet may move between two frames, likewise
CELL = 0.4  # movements that differ by less count as one, likewise
MOST_GROWTH = 1.6  # of its height between two frames

_KEYS = np.array([1.0, 1e6])  # makes one number of two
_Floats = NDArray[np.float64]


def associate(old: list[Digit], new: list[Digit]) -> dict[int, int]:
    """Which of the new digits each old one is: index of the old -> index of the new, the nearest pairs first.

    A sheet takes all its digits along, often by more than their distance in one frame. So each old digit is
    expected where it was or, if that is nearer, where the movement that most digits share takes it.
    """
    if not old or not new:
        return {}
    (was, height, label), (now, other, read) = _places(old), _places(new)
    tall, low = np.maximum(height[:, None], other), np.minimum(height[:, None], other)
    moved = (now - was[:, None]) / tall[..., None]
    alike = tall <= MOST_GROWTH * low
    same = label[:, None] == read
    shared = _shared_movement(moved[alike & same])
    alone, along = (np.hypot(m[..., 0], m[..., 1]) for m in (moved, moved - shared))
    cost = np.minimum(along, alone + ODD) + ODD * ~same
    rows, columns = np.nonzero(alike & (cost <= REACH))
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    order = np.argsort(cost[rows, columns], kind="stable")
    for i, j in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return pairs


def _places(digits: list[Digit]) -> tuple[_Floats, _Floats, NDArray[np.intp]]:
    """Of N digits: (N, 2) centres, (N,) heights and (N,) labels."""
    boxes = np.array([digit.box for digit in digits], np.float64)
    return boxes[:, :2] + boxes[:, 2:] / 2, boxes[:, 3], np.array([digit.label for digit in digits])


def _shared_movement(moved: _Floats) -> _Floats:
    """The movement, of (N, 2) possible ones in heights, that most of them agree on, the least of several."""
    length = np.hypot(*moved.T)
    moved = moved[np.argsort(length)][: np.count_nonzero(length <= FAR)]
    if not len(moved):
        return np.zeros(2)
    cells = np.rint(moved / CELL)
    _, first, votes = np.unique(cells @ _KEYS, return_index=True, return_counts=True)
    chosen = first[votes == votes.max()].min()  # the least comes first
    near = moved[np.abs(moved - CELL * cells[chosen]).max(axis=1) <= CELL]
    return np.asarray(np.sort(near, axis=0)[len(near) // 2])
