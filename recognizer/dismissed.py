"""Ink that was cut out in a video's last search and is no digit: the next one passes over it while it stays the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recognizer.candidates import Candidate
from recognizer.shape import Spot

SEARCHES = 5  # after so many everything is cut out again: what was just blurred or shaded gets another chance
MOVED = 16  # ink that stays may move by its height divided by this, and by a pixel
DIMMED = 0.1  # by which share the strength of such ink may change


class Dismissed:
    """Of one video."""

    def __init__(self) -> None:
        self._searches = 0
        self._before, self._now = _Ink(), _Ink()

    def begin(self) -> None:
        """A new search begins."""
        self._searches += 1
        self._before, self._now = _Ink() if self._searches % SEARCHES == 0 else self._now, _Ink()

    def at(self, spots: list[Spot]) -> list[list[Candidate] | None]:
        """The refused candidates of each spot whose ink is as it was in the last search; None for what isn't known."""
        return self._before.at(spots)

    def remember(self, spots: list[Spot], found: list[list[Candidate]]) -> None:
        """Take what was cut out at spots in this search."""
        for spot, there in zip(spots, found, strict=True):
            if all(candidate.refused for candidate in there):
                self._now.add(spot, there)


class _Ink:
    def __init__(self) -> None:
        self._keys: list[tuple[int, ...]] = []
        self._refused: list[list[Candidate]] = []

    def add(self, spot: Spot, refused: list[Candidate]) -> None:
        self._keys.append(_key(spot))
        self._refused.append(refused)

    def at(self, spots: list[Spot]) -> list[list[Candidate] | None]:
        if not spots or not self._keys:
            return [None] * len(spots)
        keys = np.array([_key(spot) for spot in spots])
        off = np.abs(keys[:, None] - np.array(self._keys))
        same = (off <= _allowed(keys)[:, None]).all(axis=2)
        return [self._refused[place] if known else None
                for place, known in zip(same.argmax(axis=1).tolist(), same.any(axis=1).tolist(), strict=True)]


def _key(spot: Spot) -> tuple[int, ...]:
    return spot.look.shrink, spot.dark, spot.strength, *spot.seed


def _allowed(keys: NDArray[np.intp]) -> NDArray[np.float64]:
    """By how much each part of N keys may differ, (N, 7)."""
    allowed = np.zeros(keys.shape)
    allowed[:, 2] = DIMMED * keys[:, 2]
    allowed[:, 3:] = 1 + keys[:, -1:] // MOVED
    return allowed
