"""Ink that was cut out in a video's last search and is no digit: while it stays, the next one passes over it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recognizer.detection.by_rules.ink import BOTH, Ink, Look, Polarities
from recognizer.detection.by_rules.seeds import Seeds

SEARCHES = 5  # after so many everything is cut out again: what was just blurred or shaded gets another chance
MOVED = 16  # ink that stays may move by its height divided by this, and by a pixel
DIMMED = 0.1  # by which share the strength of such ink may change

Keys = NDArray[np.int32]  # (N, 6), what tells N seeds: polarity, strength, box


class Dismissed:
    """Of one video."""

    def __init__(self) -> None:
        self._searches, self._size = 0, (0, 0)
        self._before: dict[Look, tuple[Keys, list[list[Ink]]]] = {}
        self._now: dict[Look, tuple[Keys, list[list[Ink]]]] = {}

    def begin(self, size: tuple[int, int], polarities: Polarities = BOTH) -> None:
        """A new search begins, of a picture of this width and height, for ink of these polarities.

        What is known of others is kept for later ones.
        """
        self._searches += 1
        forget = size != self._size or self._searches % SEARCHES == 0
        self._before, self._size = {} if forget else self._now, size
        self._now = {look: _chosen(~np.isin(keys[:, 0], polarities), keys, refused)
                     for look, (keys, refused) in self._before.items()}

    def at(self, look: Look, seeds: Seeds) -> list[list[Ink] | None]:
        """The refused candidates of each seed whose ink is as it was in the last search; None for what isn't known."""
        before, refused = self._before.get(look, (_NONE, []))
        if not refused or not len(seeds.boxes):
            return [None] * len(seeds.boxes)
        keys = _keys(seeds)
        same: NDArray[np.bool_] = np.ones((len(keys), len(before)), bool)
        for now, then, most in zip(keys.T, before.T, _allowed(keys), strict=True):
            same &= np.abs(now[:, None] - then) <= most[:, None]
        return [refused[row.argmax()] if row.any() else None for row in same]

    def remember(self, look: Look, seeds: Seeds, found: list[list[Ink]]) -> None:
        """Take what was cut out at the seeds of a look in this search."""
        only_refused = np.array([all(candidate.refused for candidate in there) for there in found], bool)
        keys, refused = _chosen(only_refused, _keys(seeds), found)
        kept, of_kept = self._now.get(look, (_NONE, []))
        self._now[look] = np.vstack([kept, keys]), of_kept + refused


_NONE: Keys = np.zeros((0, 6), np.int32)


def _keys(seeds: Seeds) -> Keys:
    return np.column_stack([seeds.dark, seeds.strength, seeds.boxes]).astype(np.int32)


def _allowed(keys: Keys) -> NDArray[np.float64]:
    """By how much the parts of N keys may differ, (6, N)."""
    moved = 1 + keys[:, -1] // MOVED
    return np.stack([np.zeros(len(keys)), DIMMED * keys[:, 1], moved, moved, moved, moved])


def _chosen(
    chosen: NDArray[np.bool_], keys: Keys, candidates: list[list[Ink]]
) -> tuple[Keys, list[list[Ink]]]:
    return keys[chosen], [candidates[place] for place in np.flatnonzero(chosen).tolist()]
