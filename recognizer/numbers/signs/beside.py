"""Recognises the percent and currency signs beside numbers, where a text is to keep them and they are certain.

The finder rightly passes over them, so they are looked for in the frame, next to digits that were read. Each is told by
where a pen must have gone, in shares of the sign's box; what fits but half is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.core.digits import DOLLAR, EURO, PERCENT, POUND, Digit
from recognizer.core.frame import Image
from recognizer.core.geometry import Box
from recognizer.numbers.layout import segments
from recognizer.numbers.settings import SETTINGS
from recognizer.numbers.signs.ink import ink_of

Mask = NDArray[np.bool_]
Run = tuple[float, float]  # where a row's or column's ink begins and ends, in shares of the box


def with_signs(grey: Image, digits: list[Digit]) -> list[Digit]:
    """Mark the ends of numbers with the signs that surely stand beside them.

    Args:
        grey: (H, W) uint8.
        digits: of this frame.

    Returns:
        The digits; the first of a number has a currency sign as its `mark`, the last one or a percent sign as what is
        `after` it.
    """
    signed = list(digits)
    for segment in segments(digits):
        first, last = segment[0], segment[-1]
        if not digits[first].mark and (sign := _sign(grey, digits, first, -1)) and sign != PERCENT:
            signed[first] = replace(signed[first], mark=sign)
        if not digits[last].after and (sign := _sign(grey, digits, last, 1)):
            signed[last] = replace(signed[last], after=sign)
    return signed


def _sign(grey: Image, digits: list[Digit], index: int, way: int) -> str:
    """The sign to the left (-1) or right (1) of a digit; empty for none that is certain."""
    box = digits[index].box
    reach, soft, beyond = (round(share * box.h) for share in (SETTINGS.sign_reach, SETTINGS.soft_edge / 2, 0.25))
    left = box.x + box.w + soft if way > 0 else box.x - soft - reach
    place = Box(left, box.y - beyond, reach, box.h + 2 * beyond).clipped(grey.shape[1], grey.shape[0])
    if min(place.w, place.h) < box.h // 2:
        return ""
    own, there = box.of(grey), place.of(grey)
    if int(there.max()) - int(there.min()) < SETTINGS.ink_contrast * (int(own.max()) - int(own.min())):
        return ""
    found = _nearest(ink_of(grey, place), way, box.h)
    if found is None:
        return ""
    mask, (x, y) = found
    own_place = Box(place.x + x, place.y + y, mask.shape[1], mask.shape[0])
    if any(own_place.intersection(other.box) for other in digits):
        return ""
    tests = {PERCENT: _is_percent, EURO: _is_euro, DOLLAR: _is_dollar, POUND: _is_pound}
    fitting = [sign for sign, fits in tests.items() if fits(mask)]
    return fitting[0] if len(fitting) == 1 else ""


def _nearest(ink: Mask, way: int, height: int) -> tuple[Mask, tuple[int, int]] | None:
    """The pieces of ink that stand over each other, nearest to a digit of this height, and where their box begins.

    None where they reach an edge, or are too small or large for a sign.
    """
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    large = [label for label in range(1, count) if stats[label, cv2.CC_STAT_HEIGHT] > 0.1 * height]
    large.sort(key=lambda label: stats[label, 0] if way > 0 else -stats[label, 0] - stats[label, 2])
    taken: list[int] = []
    for label in large:
        x, _, w, _, _ = stats[label]
        ends = [(stats[one, 0], stats[one, 0] + stats[one, 2]) for one in taken]
        if taken and not any(x < end and start < x + w for start, end in ends):
            break
        taken.append(label)
    mask = np.isin(pieces, taken) if taken else np.zeros_like(ink)
    if not mask.any() or mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any():
        return None
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    high, wide = rows[-1] + 1 - rows[0], columns[-1] + 1 - columns[0]
    gap = columns[0] if way > 0 else mask.shape[1] - 1 - columns[-1]
    if not (0.75 * height <= high <= 1.45 * height and 0.3 * high <= wide <= 1.1 * high and gap <= 0.6 * height):
        return None
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], (int(columns[0]), int(rows[0]))


def _runs(line: Mask) -> list[Run]:
    """Where the ink of a row or column begins and ends."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], line, [False]]).astype(np.int8))) / len(line)
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _rows(mask: Mask, top: float, bottom: float) -> Iterator[list[Run]]:
    """The runs of each row between two shares of the height that has ink."""
    for row in mask[int(top * len(mask)) : max(int(top * len(mask)) + 1, int(bottom * len(mask)))]:
        if row.any():
            yield _runs(row)


def _span(mask: Mask, top: float, bottom: float) -> Run:
    """From the leftmost to the rightmost ink between two shares of the height."""
    rows = list(_rows(mask, top, bottom)) or [[(1.0, 0.0)]]
    return min(runs[0][0] for runs in rows), max(runs[-1][1] for runs in rows)


def _is_percent(mask: Mask) -> bool:
    """A leaning stroke with a ring at its upper left and one at its lower right, one of which can be told from it."""
    middle = [runs[0] for runs in _rows(mask, 0.42, 0.58) if len(runs) == 1]
    if len(middle) < 0.12 * len(mask) or max(end - start for start, end in middle) > 0.45:
        return False
    centres = [(start + end) / 2 for start, end in middle]
    slope = np.polyfit(np.linspace(0.42, 0.58, len(centres)), centres, 1)[0]
    if slope > -0.25:
        return False

    def stroke(y: float) -> float:
        return float(np.mean(centres) + slope * (y - 0.5))

    if _span(mask, 0.1, 0.25)[0] > stroke(0.17) - 0.25 or _span(mask, 0.75, 0.9)[1] < stroke(0.83) + 0.25:
        return False
    contours, tree = cv2.findContours(np.pad(mask, 1).astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    rings = 0
    for contour, (_, _, _, parent) in zip(contours, tree[0], strict=True):
        x, y, w, h = cv2.boundingRect(contour)
        x, y, h = (x + w / 2) / mask.shape[1], (y + h / 2) / mask.shape[0], h / mask.shape[0]
        apart = parent >= 0 or 0.12 <= h <= 0.5  # a hole, or a piece of its own
        rings += apart and ((y < 0.45 and x < stroke(y)) or (y > 0.55 and x > stroke(y)))
    return rings > 0


def _is_euro(mask: Mask) -> bool:
    """An arc that is open to the right, and two bars that stick out to its left: four strokes above each other."""
    columns = [_runs(column) for column in mask.T[int(0.3 * mask.shape[1]) : int(0.65 * mask.shape[1])]]
    four = sum(len(runs) == 4 for runs in columns)
    right = [_runs(column) for column in mask.T[int(0.88 * mask.shape[1]) : int(0.96 * mask.shape[1])]]
    return (four >= max(2, 0.3 * len(columns)) and all(len(runs) <= 2 for runs in right)
            and _span(mask, 0.35, 0.7)[0] + 0.06 < min(_span(mask, 0.15, 0.28)[0], _span(mask, 0.75, 0.88)[0]))


def _is_dollar(mask: Mask) -> bool:
    """An S with a stroke through it, which sticks out above and below."""
    ends = [_span(mask, 0, 0.05), _span(mask, 0.95, 1)]
    if cv2.connectedComponents(mask.astype(np.uint8))[0] > 2 or any(end - start > 0.5 for start, end in ends):
        return False
    (top, bottom) = ((start + end) / 2 for start, end in ends)
    shifts = ((np.linspace(top, bottom, len(mask)) - 0.5) * mask.shape[1]).round().astype(int)
    wide = np.pad(mask, ((0, 0), (mask.shape[1], mask.shape[1])))
    straight = np.array([np.roll(row, -shift) for row, shift in zip(wide, shifts, strict=True)])
    columns = np.flatnonzero(straight.any(axis=0))
    mask = straight[:, columns[0] : columns[-1] + 1]
    upper, lower = list(_rows(mask, 0.28, 0.45)), list(_rows(mask, 0.58, 0.72))
    stroke = mask[:, int(0.3 * mask.shape[1]) : int(0.7 * mask.shape[1])].mean(axis=0).max(initial=0)
    return (stroke > 0.75 and _span(mask, 0.15, 0.4)[0] < 0.25 and _span(mask, 0.6, 0.85)[1] > 0.75
            and min(runs[-1][1] for runs in upper) < 0.75 and max(runs[0][0] for runs in lower) > 0.25
            and _span(mask, 0, 0.04)[1] - _span(mask, 0.96, 1)[0] < 0.6)


def _is_pound(mask: Mask) -> bool:
    """A stem that is hooked to the right above, with a bar that sticks out to its left, on a foot."""
    upper, lower = list(_rows(mask, 0.28, 0.38)), list(_rows(mask, 0.68, 0.78))
    bar, foot, hook = _span(mask, 0.42, 0.62), _span(mask, 0.88, 1), _span(mask, 0, 0.15)
    stems = [runs[0] for runs in (*upper, *lower) if len(runs) == 1]
    return (len(stems) == len(upper) + len(lower) > 0 and all(end - start < 0.45 for start, end in stems)
            and min(start for start, _ in stems) > bar[0] + 0.08 and all(end < 0.7 for _, end in stems)
            and bar[1] - bar[0] > 0.45 and foot[1] - foot[0] > 0.65 and hook[0] > 0.15 and hook[1] > 0.7)
