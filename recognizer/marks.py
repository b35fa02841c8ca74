"""Finds the small marks that belong to numbers: a decimal point or comma between digits, a minus before them.

They are smaller than any digit, so they are looked for only beside digits that were read, in the frame itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from recognizer.lines import Lines, find_lines
from recognizer.types import COMMA, MINUS, POINT, Box, Digit, Image

REACH = 1.4  # how far before a digit a mark may begin, in its heights; a digit before it ends the search
WIDEST_GAP = 1.3  # between two digits with a point between them, in heights
BELOW = 0.5  # how far below the digit's lower edge a comma may reach, likewise
AT = 0.4  # share of the digit's own contrast from which a mark is ink
SIDE = 64  # a digit's height in pixels from which on fewer pixels are looked at
SPECK = 0.3  # share of a mark's area that any other ink beside it may have: two dots are a colon, many are noise


def mark(image: Image, digits: list[Digit]) -> list[Digit]:
    """Give each digit the mark that stands before it.

    Args:
        image: (H, W, 3) uint8, BGR, or (H, W) uint8, grey.
        digits: of this frame.

    Returns:
        The digits with `mark` set, without those that are marks themselves: a comma looks like a small 1.
    """
    lines = find_lines(digits)
    marks = [_before(image, digits, lines, index) for index in range(len(digits))]
    places = [found.box for found in marks if found]
    return [
        replace(digit, mark=found.text) if found else digit
        for digit, found in zip(digits, marks, strict=True)
        if not any(2 * digit.box.intersection(place) > digit.box.area for place in places)
    ]


@dataclass(frozen=True)
class _Mark:
    text: str
    box: Box  # in pixels of the frame


def _before(image: Image, digits: list[Digit], lines: Lines, index: int) -> _Mark | None:
    """The mark before a digit, if there is just one."""
    box, previous = digits[index].box, lines.before[index]
    left = box.x - round(REACH * box.h)
    if previous is not None:
        left = max(left, digits[previous].box.x + digits[previous].box.w)
    place = _inside(image, left, box.y - box.h // 4, box.x, box.y + box.h + round(BELOW * box.h))
    step = 1 + box.h // SIDE
    if place.w < 3 * step or place.h < 3 * step:
        return None
    own, near = _grey(image, box, step), _grey(image, place, step)
    weakest, strongest, *_ = cv2.minMaxLoc(own)
    least, most, *_ = cv2.minMaxLoc(near)
    if most - least < AT * (strongest - weakest):  # nothing there: by far the most frequent case
        return None
    ground = float(np.median(near))
    dark = ground - weakest > strongest - ground
    contrast = max(ground - weakest, strongest - ground)
    ink = (ground - near if dark else near - ground) > AT * contrast
    found = [Box(place.x + b.x * step, place.y + b.y * step, b.w * step, b.h * step) for b in _pieces(ink)]
    marks = [_Mark(text, piece) for piece in found
             if (text := _read(piece, box, lines.tilt, previous is not None and lines.gap[index] <= WIDEST_GAP))]
    if len(marks) != 1 or any(b != marks[0].box and b.area > SPECK * marks[0].box.area for b in found):
        return None
    return marks[0]


def _inside(image: Image, left: int, top: int, right: int, bottom: int) -> Box:
    left, top = max(0, left), max(0, top)
    return Box(left, top, min(image.shape[1], right) - left, min(image.shape[0], bottom) - top)


def _grey(image: Image, box: Box, step: int) -> np.ndarray:
    """Every `step`th pixel of a part of the picture, (h, w) float32."""
    part = np.ascontiguousarray(image[box.y : box.y + box.h : step, box.x : box.x + box.w : step])
    grey = part if part.ndim == 2 else cv2.cvtColor(part, cv2.COLOR_BGR2GRAY)
    return grey.astype(np.float32)


def _pieces(ink: np.ndarray) -> list[Box]:
    """Boxes of the connected ink that stays off the edges of its place: what reaches them is part of something else."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink.view(np.uint8))
    rows, columns = ink.shape
    boxes = [Box(*map(int, stats[k, :4])) for k in range(1, count)]
    return [b for b in boxes if b.x > 0 and b.y > 0 and b.x + b.w < columns and b.y + b.h < rows]


def _read(piece: Box, digit: Box, tilt: float, follows: bool) -> str:
    """What a piece of ink is by its size and place, in heights of the digit after it; empty for nothing known."""
    (x, y), (centre_x, centre_y) = piece.centre, digit.centre
    wide, high = piece.w / digit.h, piece.h / digit.h
    level = (y - centre_y - tilt * (x - centre_x)) / digit.h  # 0 at mid height, 0.5 on the line that is written on
    lowest = level + high / 2
    flat = high - abs(tilt) * wide
    if 0.2 <= wide <= 1 and flat <= min(0.3, 0.6 * wide) and abs(level) <= 0.22:
        return MINUS
    if not follows or min(wide, high) < 0.04 or min(piece.w, piece.h) < 2:
        return ""
    if 0.25 <= level <= 0.85 and wide <= 0.35 and high <= 0.55 and level - high / 2 > 0.05:
        return COMMA if high > 1.5 * wide or lowest > 0.72 else POINT
    return ""
