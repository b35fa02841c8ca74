"""The places of tracked digits, looked at instead of a whole frame."""

from __future__ import annotations

import numpy as np

from recognizer.core.geometry import Box, shared_areas
from recognizer.tracking.settings import SETTINGS


class Turns:
    """Which places are looked at in the next frame: all, or where they are many, some in turn."""

    def __init__(self) -> None:
        self._round = 0

    def next(self, count: int) -> list[int]:
        """Indices of those of `count` places whose turn it is."""
        everyone = range(count)
        if count <= SETTINGS.most_places:
            return list(everyone)
        always = everyone[:: -(-count // SETTINGS.steady_places)]
        others = sorted(set(everyone).difference(always))
        rounds = -(-len(others) // (SETTINGS.most_places - SETTINGS.steady_places))
        self._round += 1
        return [*always, *others[self._round % rounds :: rounds]]


def carried(boxes: list[Box], anchors: dict[int, Box], looked_at: list[int]) -> dict[int, Box]:
    """Where the places that weren't looked at are now, moved as the nearest of those that were and can tell.

    Args:
        boxes: of all places, as they were.
        anchors: those that were and that can tell, by their index, as they are now.
        looked_at: indices of those that were looked at.

    Returns:
        Boxes of the others, by their index; none where nobody can tell.
    """
    if not anchors:
        return {}
    sides = np.array(boxes, np.int32)
    always, others = list(anchors), sorted(set(range(len(boxes))).difference(looked_at))
    moved = np.array(list(anchors.values()), np.int32)[:, :2] - sides[always, :2]
    nearest = np.abs(sides[others, None, :2] - sides[always, :2]).max(axis=2).argmin(axis=1)
    sides[others, :2] += moved[nearest]
    return {place: Box(*box) for place, box in zip(others, sides[others].tolist(), strict=True)}


def strayed(before: Box, now: Box) -> bool:
    """Whether a digit's box went on, or grew, by much of its height: another's ink may be in it."""
    return sum(abs(side - other) for side, other in zip(before, now, strict=True)) > SETTINGS.strayed * before.h


def doubled(boxes: list[Box | None]) -> list[int]:
    """Indices of boxes at the place of an earlier one of the list."""
    places = [place for place, box in enumerate(boxes) if box]
    sides = np.array([boxes[place] for place in places], np.int32).reshape(-1, 4)
    area = sides[:, 2] * sides[:, 3]
    together = 2 * shared_areas(sides, sides) > np.minimum(area[:, None], area)
    return [places[k] for k in np.flatnonzero(np.triu(together, 1).any(axis=0)).tolist()]
