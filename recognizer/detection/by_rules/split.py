"""Cuts digits that touch apart, choosing the cut by what the classifier makes of the pieces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.classification.classifier import NO_DIGIT
from recognizer.classification.preprocess import normalise
from recognizer.core.frame import Image
from recognizer.core.geometry import Box
from recognizer.detection.by_rules.ink import Ink

WIDTHS = (0.6, 3.4)  # width over height of two or three digits that touch
PARTS, THREE = 3, 1.1  # that a candidate is cut into at most, and how wide it is then at least
SLOPES = (-0.35, 0.0, 0.35)  # of a cut, pixels to the right for each one up: handwriting leans
WAYS = 8  # cuts of a candidate that are tried
MIDDLE = 0.22  # share of the width at each side through which no cut goes
SPECK = 0.08  # share of a half's ink that a part of it must have to stay
CERTAIN = 0.98  # probability that each part needs
MOST = 24  # candidates of a frame that are tried

Classify = Callable[[list[Ink]], NDArray[np.float32]]
Part = tuple[Ink, NDArray[np.float32]]  # with its probabilities


def split(
    candidates: list[Ink], probabilities: NDArray[np.float32], classify: Classify
) -> tuple[list[Ink], NDArray[np.float32]]:
    """Replace what is no digit as a whole by two or three parts where all of them are surely digits.

    Args:
        candidates: N of one frame.
        probabilities: (N, 11) float32, one row a candidate, the last column "no digit".
        classify: gives such rows for other candidates.

    Returns:
        More candidates, the parts, and their (M, 11) probabilities.
    """
    best = probabilities[:, :NO_DIGIT].max(axis=1)
    digits = [c.box for c, likely in zip(candidates, best, strict=True) if likely >= CERTAIN]
    wide = [c for c, likely in zip(candidates, best, strict=True)
            if likely < CERTAIN and _may_be_several(c) and not any(c.box.intersection(box) for box in digits)]
    parts = [part for whole in _apart(wide[:MOST], classify, PARTS) for part in whole]
    rows = np.array([row for _, row in parts], np.float32).reshape(-1, NO_DIGIT + 1)
    return [candidate for candidate, _ in parts], rows


def _apart(wholes: list[Ink], classify: Classify, most: int) -> list[list[Part]]:
    """The parts, `most` at most, of each candidate that can be cut into digits; of two at one place the surer one's."""
    ways = [(whole, way) for whole in wholes for way in _ways(whole)]
    if not ways:
        return []
    rows = classify([half for _, way in ways for half in way]).reshape(len(ways), 2, -1)
    sure = rows[:, :, :NO_DIGIT].max(axis=2) >= CERTAIN
    found = [list(zip(way, own, strict=True))
             for (_, way), own, both in zip(ways, rows, sure.all(axis=1).tolist(), strict=True) if both]
    if most > 2:
        for (whole, way), own, (left, right) in zip(ways, rows, sure.tolist(), strict=True):
            if left != right and _may_be_three(whole) and not any(_shares(whole, parts) for parts in found):
                digit, rest = (0, 1) if left else (1, 0)
                found += [[(way[digit], own[digit]), *parts] for parts in _apart([way[rest]], classify, most - 1)]
    chosen: list[list[Part]] = []
    for parts in sorted(found, key=_doubt):
        if not any(_shares(part, others) for part, _ in parts for others in chosen):
            chosen.append(parts)
    return chosen


def _shares(candidate: Ink, parts: list[Part]) -> bool:
    """Whether a candidate is where one of some parts is."""
    return any(candidate.box.intersection(part.box) for part, _ in parts)


def _doubt(parts: list[Part]) -> float:
    """How unsure the least sure of some parts is."""
    return max(1 - float(row[:NO_DIGIT].max()) for _, row in parts)


def _may_be_several(candidate: Ink) -> bool:
    return candidate.sure and WIDTHS[0] * candidate.box.h <= candidate.box.w <= WIDTHS[1] * candidate.box.h


def _may_be_three(candidate: Ink) -> bool:
    return candidate.box.w >= THREE * candidate.box.h


def _ways(candidate: Ink) -> list[tuple[Ink, Ink]]:
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
    tried: list[tuple[Ink, Ink]] = []
    for _, x, slope in sorted(cuts):
        halves = _halves(candidate, x, slope * up)
        if halves and not any(_same(halves, others) for others in tried):
            tried.append(halves)
        if len(tried) == WAYS:
            break
    return tried


def _halves(candidate: Ink, column: int, leaning: NDArray[np.float64]) -> tuple[Ink, Ink] | None:
    left = np.arange(candidate.mask.shape[1]) < (column + leaning)[:, None]
    halves = [_half(candidate, np.asarray(candidate.mask * side, np.uint8)) for side in (left, ~left)]
    one, other = halves
    return (one, other) if one and other else None


def _half(candidate: Ink, mask: Image) -> Ink | None:
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
    return replace(candidate, box=place, crop=normalise(own), mask=own, whole=candidate.whole or candidate)


def _same(one: tuple[Ink, Ink], other: tuple[Ink, Ink]) -> bool:
    return abs(one[0].box.w - other[0].box.w) + abs(one[1].box.w - other[1].box.w) <= 2
