"""Which digits of a frame are those of the frame before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recognizer.core.digits import Digit
from recognizer.core.geometry import best_pairs
from recognizer.tracking.settings import SETTINGS

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
    alike = tall <= SETTINGS.most_growth * low
    same = label[:, None] == read
    shared = _shared_movement(moved[alike & same])
    alone, along = (np.hypot(m[..., 0], m[..., 1]) for m in (moved, moved - shared))
    cost = np.minimum(along, alone + SETTINGS.odd) + SETTINGS.odd * ~same
    return dict(best_pairs(cost, alike & (cost <= SETTINGS.reach)))


def _places(digits: list[Digit]) -> tuple[_Floats, _Floats, NDArray[np.intp]]:
    """Of N digits: (N, 2) centres, (N,) heights and (N,) labels."""
    boxes = np.array([digit.box for digit in digits], np.float64)
    return boxes[:, :2] + boxes[:, 2:] / 2, boxes[:, 3], np.array([digit.label for digit in digits])


def _shared_movement(moved: _Floats) -> _Floats:
    """The movement, of (N, 2) possible ones in heights, that most of them agree on, the least of several."""
    length = np.hypot(*moved.T)
    moved = moved[np.argsort(length)][: np.count_nonzero(length <= SETTINGS.farthest)]
    if not len(moved):
        return np.zeros(2)
    cells = np.rint(moved / SETTINGS.alike)
    _, first, votes = np.unique(cells @ _KEYS, return_index=True, return_counts=True)
    chosen = first[votes == votes.max()].min()  # the least comes first
    near = moved[np.abs(moved - SETTINGS.alike * cells[chosen]).max(axis=1) <= SETTINGS.alike]
    return np.asarray(np.sort(near, axis=0)[len(near) // 2])
