"""Recognises the percent and currency signs beside numbers, where a text is to keep them and they are certain.

The finder rightly passes over them, so they are looked for in the frame, next to digits that were read.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from recognizer.core.digits import PERCENT, Digit
from recognizer.core.frame import Image
from recognizer.core.geometry import Box
from recognizer.numbers.layout import segments
from recognizer.numbers.settings import SETTINGS
from recognizer.numbers.signs.ink import ink_of
from recognizer.numbers.signs.shapes import Mask, sign_of

# In heights of the digit beside it, but for the width.
REACH = 1.4  # how far from the digit a sign may end
BEYOND = 0.25  # how far above and below the digit it is looked for
FARTHEST = 0.6  # gap between both at most
HEIGHT = 0.75, 1.45  # least and most of a sign
WIDTH = 0.3, 1.1  # likewise, over its own height
PIECE = 0.1  # height of a piece of ink from which on it is part of one


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
    reach, soft, beyond = (round(share * box.h) for share in (REACH, SETTINGS.soft_edge / 2, BEYOND))
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
    return sign_of(mask)


def _nearest(ink: Mask, way: int, height: int) -> tuple[Mask, tuple[int, int]] | None:
    """The pieces of ink that stand over each other, nearest to a digit of this height, and where their box begins.

    None where they reach an edge, or are too small or large for a sign.
    """
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    large = [label for label in range(1, count) if stats[label, cv2.CC_STAT_HEIGHT] > PIECE * height]
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
    fits = HEIGHT[0] * height <= high <= HEIGHT[1] * height and WIDTH[0] * high <= wide <= WIDTH[1] * high
    if not fits or gap > FARTHEST * height:
        return None
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], (int(columns[0]), int(rows[0]))
