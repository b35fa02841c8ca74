"""Tells signs that look like digits from digits: slashes, percent signs and brackets.

A slash is to the network a 1 as good as any. What tells it is its size, its place and its neighbours: it leans more
than the other strokes of its line, goes below the line, and stands between digits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median

import cv2
import numpy as np

from recognizer.core.digits import PERCENT, SLASH, Digit
from recognizer.core.frame import Image
from recognizer.core.geometry import Box
from recognizer.numbers.layout import segments
from recognizer.numbers.settings import SETTINGS
from recognizer.numbers.signs.ink import axes_of, ink_of


@dataclass(frozen=True)
class _Stroke:
    """The ink of a digit, in shares of its height.

    Attributes:
        lean: how far it goes to the right for each pixel up.
        elongation: its longer axis over its shorter one.
        strays: how far its rows' middles are from a straight line at most.
        bow: how far its middle is to the right of its ends.
        uneven: how far its rows' middles are from a parabola at most.
    """

    lean: float
    elongation: float
    strays: float
    bow: float
    uneven: float


def without_signs(grey: Image, digits: list[Digit]) -> list[Digit]:
    """Leave out the digits that are signs, and mark what stands beside them.

    Args:
        grey: (H, W) uint8.
        digits: of this frame, not yet marked.

    Returns:
        The others; those after a slash have it as their `mark`, those before a percent sign as what is `after` them.
    """
    if not any(map(_may_be_sign, digits)):
        return digits
    marks: dict[int, str] = {}
    afters: dict[int, str] = {}
    signs: set[int] = set()
    percents: list[Box] = []
    for line in segments(digits):
        strokes = {i: stroke for i in line
                   if _may_be_sign(digits[i]) and (stroke := _stroke_of(grey, digits[i].box))}
        for place, i in enumerate(line):
            if i not in strokes:
                continue
            before = line[place - 1] if place else None
            after = line[place + 1] if place + 1 < len(line) else None
            if before is not None and _is_percent(grey, digits[i].box, strokes[i]):
                signs.add(i)
                percents.append(digits[i].box)
                afters[before] = PERCENT
            elif before is not None and after is not None and _is_slash(digits, line, i, strokes):
                signs.add(i)
                marks[after] = SLASH
        signs |= _brackets(digits, [i for i in line if i not in signs], strokes)
    return [replace(digit, mark=marks.get(i, digit.mark), after=afters.get(i, digit.after))
            for i, digit in enumerate(digits) if i not in signs and not _is_ring(digit.box, percents)]


def _may_be_sign(digit: Digit) -> bool:
    """Whether it is read as strokes are, and the network leaves it open: a 7 that it is sure of has a bar."""
    return digit.label == 1 or (digit.label == 7 and digit.confidence < SETTINGS.sure)


def _slender(box: Box) -> bool:
    return box.w <= SETTINGS.slender * box.h


def _around(box: Box, grey: Image, margin: int, beside: int = 0) -> Box:
    wide = box.w + 2 * margin + beside
    return Box(box.x - margin, box.y - margin, wide, box.h + 2 * margin).clipped(grey.shape[1], grey.shape[0])


def _stroke_of(grey: Image, box: Box) -> _Stroke | None:
    """The largest piece of ink in a digit's box."""
    place, step = _around(box, grey, max(2, box.h // 20)), 1 + box.h // SETTINGS.sampled_height
    ink = ink_of(grey, place, step).astype(np.uint8)
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    if count < 2:
        return None
    piece = pieces == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    wide = piece.sum(axis=1)
    rows = np.flatnonzero(wide)
    if len(rows) < 8:
        return None
    middles = (piece[rows] @ np.arange(piece.shape[1])) / wide[rows]
    height = float(rows[-1] - rows[0] + 1)
    slope, start = np.polyfit(rows, middles, 1)
    end = max(1, len(rows) // 10)
    bow = np.median(middles[4 * len(rows) // 10 : 6 * len(rows) // 10]) - (
        np.median(middles[:end]) + np.median(middles[-end:])) / 2
    _, elongation = axes_of(piece)
    strays = float(np.abs(middles - slope * rows - start).max()) / height
    parabola = np.polyval(np.polyfit(rows, middles, 2), rows)
    uneven = float(np.abs(middles - parabola)[end:-end].max()) / height
    return _Stroke(-float(slope), elongation, strays, float(bow) / height, uneven)


def _is_slash(digits: list[Digit], line: list[int], i: int, strokes: dict[int, _Stroke]) -> bool:
    """Whether a stroke between digits leans and goes on below them as no 1 of its line does."""
    stroke, box = strokes[i], digits[i].box
    if stroke.elongation < SETTINGS.stroke or stroke.strays > SETTINGS.straight:
        return False
    others = [j for j in line if j != i]
    usual = median(digits[j].box.h for j in others)
    leans = [strokes[j].lean for j in others
             if j in strokes and digits[j].label == 1 and digits[j].box.h < SETTINGS.taller * usual]
    further = stroke.lean - max(0.0, min(leans, default=0.0))
    place = line.index(i)
    beside = [digits[line[place + step]].box for step in (-1, 1)]
    below = (box.y + box.h - sum(other.y + other.h for other in beside) / 2) / box.h
    sticks_out = box.h >= SETTINGS.taller * usual and below >= SETTINGS.sinks
    if sticks_out:
        return further >= SETTINGS.leans and stroke.lean >= SETTINGS.leans_least
    return box.h >= usual and stroke.lean >= SETTINGS.leans_far and further >= SETTINGS.leans_on


def _is_percent(grey: Image, box: Box, stroke: _Stroke) -> bool:
    """Whether a leaning stroke has a small ring at its lower right; the upper left one often touches it."""
    if stroke.lean < SETTINGS.leans_least:
        return False
    place = Box(box.x + box.w // 3, box.y + box.h // 2, box.w + box.h // 3, box.h // 2 + box.h // 8)
    rings = _rings(grey, _around(box, grey, box.h // 8, box.h // 2), box.h)
    return any(place.has(*ring.centre) for ring in rings)


def _rings(grey: Image, place: Box, height: int) -> list[Box]:
    """The round small pieces of ink of a place, as large as the rings of a percent sign, in pixels of the frame."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink_of(grey, place).astype(np.uint8), connectivity=8)
    least, most = (share * height for share in SETTINGS.ring)
    return [Box(place.x + x, place.y + y, w, h) for x, y, w, h, _ in stats[1:count].tolist()
            if least <= w <= most and least <= h <= most and max(w, h) <= 2 * min(w, h)]


def _is_ring(box: Box, percents: list[Box]) -> bool:
    """Whether what was read as a small digit is a ring of one of the percent signs with these strokes."""
    return any(2 * box.h < stroke.h and _around_percent(stroke).has(*box.centre) for stroke in percents)


def _around_percent(box: Box) -> Box:
    """Where the rings of a percent sign may be, around its stroke."""
    return Box(box.x - box.h // 3, box.y - box.h // 8, box.w + 2 * (box.h // 3), box.h + box.h // 4)


def _brackets(digits: list[Digit], line: list[int], strokes: dict[int, _Stroke]) -> set[int]:
    """The ends of a line that are bowed away from it: both of them, or one that is taller than what it embraces."""
    if len(line) < 2:
        return set()
    bowed = {end: way * strokes[end].bow for end, way in ((line[0], -1), (line[-1], 1))
             if end in strokes and _slender(digits[end].box)
             and strokes[end].elongation >= SETTINGS.bracket and strokes[end].uneven <= SETTINGS.even}
    ends = {end for end, bow in bowed.items() if bow >= SETTINGS.bowed}
    inner = [digits[i].box.h for i in line if i not in ends]
    if not inner:
        return set()
    tall = {end for end in ends if digits[end].box.h >= SETTINGS.taller * median(inner)}
    return ends if len(ends) == 2 else tall
