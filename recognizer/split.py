"""Cuts digits that touch apart, choosing the cut by what the classifier makes of the pieces."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.candidates import Candidate
from recognizer.classify import NO_DIGIT
from recognizer.normalise import normalise
from recognizer.types import Box, Image

WIDTHS = (0.6, 2.4)  # width over height of two digits that touch
SLOPES = (-0.35, 0.0, 0.35)  # of a cut, pixels to the right for each one up: handwriting leans
WAYS = 8  # cuts of a candidate that are tried
MIDDLE = 0.22  # share of the width at each side through which no cut goes
SPECK = 0.08  # share of a half's ink that a part of it must have to stay
CERTAIN = 0.98  # probability that each half needs
MOST = 24  # candidates of a frame that are tried

Classify = Callable[[list[Candidate]], NDArray[np.float32]]


def split(
    candidates: list[Candidate], probabilities: NDArray[np.float32], classify: Classify
) -> tuple[list[Candidate], NDArray[np.float32]]:
    """Replace what is no digit as a whole by its halves where both are surely digits.

    Args:
        candidates: N of one frame.
        probabilities: (N, 11) float32, one row a candidate, the last column "no digit".
        classify: gives such rows for other candidates.

    Returns:
        More candidates, the halves, and their (M, 11) probabilities.
    """
    best = probabilities[:, :NO_DIGIT].max(axis=1)
    digits = [c.box for c, likely in zip(candidates, best, strict=True) if likely >= CERTAIN]
    wide = [c for c, likely in zip(candidates, best, strict=True)
            if likely < CERTAIN and _may_be_two(c) and not any(c.box.intersection(box) for box in digits)]
    ways = [way for candidate in wide[:MOST] for way in _ways(candidate)]
    if not ways:
        return [], np.zeros((0, NO_DIGIT + 1), np.float32)
    rows = classify([half for way in ways for half in way]).reshape(len(ways), 2, -1)
    worst = rows[:, :, :NO_DIGIT].max(axis=2).min(axis=1)
    chosen: list[int] = []
    for k in np.argsort(-worst).tolist():
        if worst[k] >= CERTAIN and not any(_overlap(ways[k], ways[other]) for other in chosen):
            chosen.append(k)
    return [half for k in chosen for half in ways[k]], rows[chosen].reshape(-1, NO_DIGIT + 1)


def _may_be_two(candidate: Candidate) -> bool:
    return candidate.sure and WIDTHS[0] * candidate.box.h <= candidate.box.w <= WIDTHS[1] * candidate.box.h


def _ways(candidate: Candidate) -> list[tuple[Candidate, Candidate]]:
    """Ways to cut a candidate in two: where a cut goes through the least ink, and where the ink is lowest."""
    rows, columns = candidate.mask.shape
    up = rows / 2 - np.arange(rows)
    first, last, near = round(MIDDLE * columns), round((1 - MIDDLE) * columns), max(2, columns // 10)
    cuts: list[tuple[float, int, float]] = []  # how much of the height it goes through, column in the middle, slope
    for slope in SLOPES:
        upright = np.stack([np.roll(row, -shift) for row, shift in
                            zip(candidate.mask, np.rint(slope * up).astype(int).tolist(), strict=True)])
        ink = upright.sum(axis=0)
        height = np.where(ink, rows - upright.argmax(axis=0) - upright[::-1].argmax(axis=0), 0)
        for cost in (ink / rows, height / rows - 0.5):
            cuts += [(float(cost[x]), x, slope) for x in range(first, last)
                     if cost[x] == cost[max(first, x - near) : min(last, x + near + 1)].min()]
    tried: list[tuple[Candidate, Candidate]] = []
    for _, x, slope in sorted(cuts):
        halves = _halves(candidate, x, slope * up)
        if halves and not any(_same(halves, others) for others in tried):
            tried.append(halves)
        if len(tried) == WAYS:
            break
    return tried


def _halves(candidate: Candidate, column: int, leaning: NDArray[np.float64]) -> tuple[Candidate, Candidate] | None:
    left = np.arange(candidate.mask.shape[1]) < (column + leaning)[:, None]
    halves = [_half(candidate, np.asarray(candidate.mask * side, np.uint8)) for side in (left, ~left)]
    one, other = halves
    return (one, other) if one and other else None


def _half(candidate: Candidate, mask: Image) -> Candidate | None:
    """A candidate of a part of another's mask; None where it is too small to be a digit."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= SPECK * max(1, cv2.countNonZero(mask))
    keep[0] = False
    mask = keep[labels].view(np.uint8)
    x, y, w, h = cv2.boundingRect(mask)
    box, (rows, columns) = candidate.box, mask.shape
    if count < 2 or h < 0.6 * rows:
        return None
    across, down = box.w / columns, box.h / rows
    place = Box(box.x + round(x * across), box.y + round(y * down), max(1, round(w * across)), max(1, round(h * down)))
    own = np.ascontiguousarray(mask[y : y + h, x : x + w])
    return candidate._replace(box=place, crop=normalise(own), mask=own, whole=candidate)


def _same(one: tuple[Candidate, Candidate], other: tuple[Candidate, Candidate]) -> bool:
    return abs(one[0].box.w - other[0].box.w) + abs(one[1].box.w - other[1].box.w) <= 2


def _overlap(one: tuple[Candidate, Candidate], other: tuple[Candidate, Candidate]) -> bool:
    return any(a.box.intersection(b.box) for a in one for b in other)
