"""Ink that was cut out in a video's last search and is no digit: while it stays, the next one passes over it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recognizer.candidates import Candidate, Look
from recognizer.seeds import BOTH, Polarities, Seeds

SEARCHES = 5  # after so many everything is cut out again: what was just blurred or shaded gets another chance
MOVED = 16  # ink that stays may move by its height divided by this, and by a pixel
KEYS = 6  # numbers that tell a seed from others
DIMMED = 0.1  # by which share the strength of such ink may change


class Dismissed:
    """Of one video."""

    def __init__(self) -> None:
        self._searches = 0
        self._before, self._now = _Ink(), _Ink()

    def begin(self, polarities: Polarities = BOTH) -> None:
        """A new search for ink of these polarities begins; what is known of others is kept."""
        self._searches += 1
        self._before = _Ink() if self._searches % SEARCHES == 0 else self._now
        self._now = self._before.without(polarities)

    def at(self, look: Look, seeds: Seeds) -> list[list[Candidate] | None]:
        """The refused candidates of each seed whose ink is as it was in the last search; None for what isn't known."""
        return self._before.at(look, seeds)

    def remember(self, look: Look, seeds: Seeds, found: list[list[Candidate]]) -> None:
        """Take what was cut out at the seeds of a look in this search."""
        self._now.add(look, seeds, found)


class _Ink:
    """Seeds that nothing but refused candidates came from."""

    def __init__(self) -> None:
        self._of: dict[Look, tuple[NDArray[np.intp], list[list[Candidate]]]] = {}

    def without(self, polarities: Polarities) -> _Ink:
        kept = _Ink()
        for look, (keys, refused) in self._of.items():
            others = np.flatnonzero(~np.isin(keys[:, 0], polarities))
            kept._of[look] = keys[others], [refused[place] for place in others.tolist()]
        return kept

    def add(self, look: Look, seeds: Seeds, found: list[list[Candidate]]) -> None:
        places = [place for place, there in enumerate(found) if all(candidate.refused for candidate in there)]
        keys, refused = self._of.get(look, (np.zeros((0, KEYS), np.intp), []))
        self._of[look] = np.vstack([keys, _keys(seeds)[places]]), refused + [found[place] for place in places]

    def at(self, look: Look, seeds: Seeds) -> list[list[Candidate] | None]:
        before, refused = self._of.get(look, (np.zeros((0, KEYS), np.intp), []))
        if not len(before) or not len(seeds.boxes):
            return [None] * len(seeds.boxes)
        keys = _keys(seeds)
        same = (np.abs(keys[:, None] - before) <= _allowed(keys)[:, None]).all(axis=2)
        return [refused[place] if known else None
                for place, known in zip(same.argmax(axis=1).tolist(), same.any(axis=1).tolist(), strict=True)]


def _keys(seeds: Seeds) -> NDArray[np.intp]:
    """What tells N seeds, (N, KEYS): polarity, strength, box."""
    return np.column_stack([seeds.dark, seeds.strength, seeds.boxes]).astype(np.intp)


def _allowed(keys: NDArray[np.intp]) -> NDArray[np.float64]:
    """By how much each part of N keys may differ, (N, KEYS)."""
    allowed = np.zeros(keys.shape)
    allowed[:, 1] = DIMMED * keys[:, 1]
    allowed[:, 2:] = 1 + keys[:, -1:] // MOVED
    return allowed
