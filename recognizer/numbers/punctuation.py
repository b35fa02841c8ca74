"""Finds the small marks that belong to numbers: a decimal point or comma between digits, a minus before them.

They are smaller than any digit, so they are looked for only beside digits that were read, in the frame itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np

from recognizer.core.digits import COLON, COMMA, MINUS, POINT, Digit
from recognizer.core.frame import Image, median_of
from recognizer.core.geometry import Box
from recognizer.numbers.layout import Lines, find_lines
from recognizer.numbers.settings import SETTINGS
from recognizer.numbers.signs.ink import axes_of, sampled


def mark(grey: Image, digits: list[Digit]) -> list[Digit]:
    """Give each digit the mark that stands before it.

    Args:
        grey: (H, W) uint8.
        digits: of this frame.

    Returns:
        The digits with `mark` set, without those that are marks themselves: a comma looks like a small 1.
    """
    lines = find_lines(digits)
    marks = [None if digits[index].mark else _before(grey, digits, lines, index) for index in range(len(digits))]
    places = [found.box for found in marks if found]
    return [
        replace(digit, mark=found.text) if found else digit
        for digit, found in zip(digits, marks, strict=True)
        if not any(2 * digit.box.intersection(place) > digit.box.area for place in places)
    ]


@dataclass(frozen=True)
class _Blob:
    box: Box  # in pixels of the frame
    mask: np.ndarray  # (h, w) bool, of its ink

    @property
    def slope(self) -> float:
        """Of its longer axis, pixels down for each pixel to the right."""
        return self._axes[0]

    @property
    def elongation(self) -> float:
        """Its longer axis over its shorter one."""
        return self._axes[1]

    @cached_property
    def _axes(self) -> tuple[float, float]:
        return axes_of(self.mask)  # made once, and of most blobs never


@dataclass(frozen=True)
class _Mark:
    text: str
    box: Box  # in pixels of the frame


def _before(grey: Image, digits: list[Digit], lines: Lines, index: int) -> _Mark | None:
    """The mark before a digit, if there is just one."""
    box, previous = digits[index].box, lines.before[index]
    before = digits[previous].box if previous is not None else None
    step = 1 + box.h // SETTINGS.sampled_height
    weakest, strongest = _range(sampled(grey, box, step))
    left = before.x + before.w if before else box.x - round(SETTINGS.reach * box.h)
    lowest = box.y + round((0.5 + SETTINGS.lowest + SETTINGS.level_tilt * SETTINGS.reach) * box.h)
    soft = round(SETTINGS.soft_edge * box.h)
    gap = _inside(grey, left + soft, box.y, box.x - soft, lowest)
    if abs(lines.tilt) < SETTINGS.level_tilt and gap.w >= 3 * step:
        least, most = _range(sampled(grey, gap, step))
        if most - least < SETTINGS.ink_contrast * (strongest - weakest):  # nothing there: by far the most frequent case
            return None
    # From middle to middle, since on a tilted line a mark stands under its neighbours. What is left of these
    # in the place reaches its edges.
    start, end = round(before.centre[0]) if before else left, round(box.centre[0])
    margin = round(SETTINGS.beyond * box.h)
    place = _inside(grey, start, box.y - margin, end, box.y + box.h + margin)
    if place.w < 3 * step or place.h < 3 * step:
        return None
    near = sampled(grey, place, step)
    ground = median_of(near)
    dark = ground - weakest > strongest - ground
    contrast = max(ground - weakest, strongest - ground)
    ink = near < ground - SETTINGS.ink_contrast * contrast if dark else near > ground + SETTINGS.ink_contrast * contrast
    # Ink whose middle is in a digit's box is a part of that, such as of a stroke that broke.
    blobs = [p for p in _blobs(ink, place, step) if abs(_below(p.box, box, lines.tilt)) <= SETTINGS.on_line
              and not box.has(*p.box.centre) and not (before and before.has(*p.box.centre))]
    follows = before is not None and lines.gap[index] <= SETTINGS.most_gap_with_point
    if before and follows and (colon := _colon([blob.box for blob in blobs], box, lines.tilt)):
        return colon
    marks = [_Mark(text, blob.box) for blob in blobs if (text := _read(blob, box, lines.tilt, follows))]
    if len(marks) != 1:
        return None
    (found,) = marks
    others = [blob.box.area for blob in blobs if blob.box != found.box]
    return None if any(area > SETTINGS.speck * found.box.area for area in others) else found


def _range(grey: np.ndarray) -> tuple[float, float]:
    least, most, *_ = cv2.minMaxLoc(grey)
    return least, most


def _inside(grey: Image, left: int, top: int, right: int, bottom: int) -> Box:
    left, top = max(0, left), max(0, top)
    return Box(left, top, min(grey.shape[1], right) - left, min(grey.shape[0], bottom) - top)


def _blobs(ink: np.ndarray, place: Box, step: int) -> list[_Blob]:
    """The connected ink that stays off the edges of its place: what reaches them is part of something else."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink.view(np.uint8), connectivity=8, ltype=cv2.CV_16U)
    rows, columns = ink.shape
    blobs = []
    for label, (x, y, w, h, _) in enumerate(stats[1:count].tolist(), 1):
        if x > 0 and y > 0 and x + w < columns and y + h < rows:
            box = Box(place.x + x * step, place.y + y * step, w * step, h * step)
            blobs.append(_Blob(box, labels[y : y + h, x : x + w] == label))
    return blobs


def _read(blob: _Blob, digit: Box, tilt: float, follows: bool) -> str:
    """What a blob of ink is by its size and place, in heights of the digit after it; empty for nothing known."""
    wide, high = blob.box.w / digit.h, blob.box.h / digit.h
    shortest, longest = SETTINGS.dash_length
    if shortest <= wide <= longest and _is_dash(blob, digit, tilt, follows):
        return MINUS
    if not follows or min(wide, high) < SETTINGS.least_point or min(blob.box.w, blob.box.h) < 2:
        return ""
    most_wide, most_high = SETTINGS.most_point
    below = SETTINGS.highest <= _below(blob.box, digit, tilt) <= SETTINGS.lowest
    if below and wide <= most_wide and high <= most_high:
        return COMMA if blob.elongation > SETTINGS.roundest else POINT
    return ""


def _is_dash(blob: _Blob, digit: Box, tilt: float, follows: bool) -> bool:
    """Whether a blob that is as long as a dash lies and stands as one."""
    wide, high, slope = blob.box.w / digit.h, blob.box.h / digit.h, blob.slope
    # A dash shows the line's tilt itself, which a digit alone doesn't.
    most_turn = SETTINGS.most_turn if follows or tilt else SETTINGS.steepest
    along = abs(slope) <= SETTINGS.steepest and abs(slope - tilt) <= most_turn
    in_the_middle = abs(_below(blob.box, digit, slope)) <= SETTINGS.dash_off_middle
    thickest = min(SETTINGS.dash_thickness, SETTINGS.dash_stoutness * wide)
    return along and in_the_middle and high - abs(slope) * wide <= thickest


def _colon(blobs: list[Box], digit: Box, tilt: float) -> _Mark | None:
    """Two dots alike, one above the other, no higher or lower than the digit after them."""
    least, most = SETTINGS.least_point * digit.h, SETTINGS.most_point[0] * digit.h
    dots = [blob for blob in blobs if least <= blob.w <= most and least <= blob.h <= most]
    if len(dots) != 2:
        return None
    upper, lower = sorted(dots, key=lambda dot: dot.y)
    (x, y), (other, below) = upper.centre, lower.centre
    apart, aside = (below - y) / digit.h, abs(other - x + tilt * (below - y)) / digit.h
    alike = max(upper.area, lower.area) <= 4 * min(upper.area, lower.area)
    inside = all(abs(_below(dot, digit, tilt)) <= SETTINGS.dots_apart[1] for dot in dots)
    if alike and inside and SETTINGS.dots_apart[0] <= apart <= SETTINGS.dots_apart[1] and aside <= SETTINGS.dots_aside:
        return _Mark(COLON, Box.around(dots))
    return None


def _below(mark: Box, digit: Box, slope: float) -> float:
    """How far a mark stands below a digit's middle, in the digit's heights; 0.5 is the line that is written on."""
    (x, y), (centre_x, centre_y) = mark.centre, digit.centre
    return (y - centre_y - slope * (x - centre_x)) / digit.h
