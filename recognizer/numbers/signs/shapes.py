"""Tells percent and currency signs from anything else by where a pen must have gone; what fits but half is none.

All places and lengths are shares of the sign's box, which begins at its upper left corner.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.core.digits import DOLLAR, EURO, PERCENT, POUND

Mask = NDArray[np.bool_]
Run = tuple[float, float]  # from where to where: a band of rows or columns, or the ink of one of them


def sign_of(mask: Mask) -> str:
    """The sign that ink, (h, w) from edge to edge, surely is; empty for none or for one of several."""
    tests = {PERCENT: _is_percent, EURO: _is_euro, DOLLAR: _is_dollar, POUND: _is_pound}
    fitting = [sign for sign, fits in tests.items() if fits(mask)]
    return fitting[0] if len(fitting) == 1 else ""


def _runs(line: Mask) -> list[Run]:
    """Where the ink of a row or column begins and ends."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], line, [False]]).astype(np.int8))) / len(line)
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _rows(mask: Mask, band: Run) -> Iterator[list[Run]]:
    """The runs of each row of a band, one at least, that has ink."""
    top, bottom = (int(share * len(mask)) for share in band)
    for row in mask[top : max(top + 1, bottom)]:
        if row.any():
            yield _runs(row)


def _columns(mask: Mask, band: Run) -> Mask:
    left, right = (int(share * mask.shape[1]) for share in band)
    return mask[:, left:right]


def _span(mask: Mask, band: Run) -> Run:
    """From the leftmost to the rightmost ink of a band of rows."""
    rows = list(_rows(mask, band)) or [[(1.0, 0.0)]]
    return min(runs[0][0] for runs in rows), max(runs[-1][1] for runs in rows)


PERCENT_STROKE = 0.42, 0.58  # rows in which nothing is beside its stroke
PERCENT_SEEN = 0.12  # share of all rows that show it so at least
PERCENT_THICKEST = 0.45  # width of the stroke in one of them
PERCENT_LEAN = -0.25  # way of the stroke to the right for each down, at most
PERCENT_ABOVE, PERCENT_BELOW = (0.1, 0.25), (0.75, 0.9)  # rows in which its rings stick out, left above, right below
PERCENT_PLACES = 0.17, 0.83  # heights at which the stroke is what they are compared with
PERCENT_OUT = 0.25  # how far from it they reach
PERCENT_RING = 0.12, 0.5  # least and greatest height of a ring that doesn't touch the stroke
PERCENT_HALVES = 0.45, 0.55  # rows above which the middle of the one ring is, and below which that of the other


def _is_percent(mask: Mask) -> bool:
    """A leaning stroke with a ring at its upper left and one at its lower right, one of which can be told from it."""
    middle = [runs[0] for runs in _rows(mask, PERCENT_STROKE) if len(runs) == 1]
    if len(middle) < PERCENT_SEEN * len(mask) or max(end - start for start, end in middle) > PERCENT_THICKEST:
        return False
    centres = [(start + end) / 2 for start, end in middle]
    slope = np.polyfit(np.linspace(*PERCENT_STROKE, len(centres)), centres, 1)[0]
    if slope > PERCENT_LEAN:
        return False

    def stroke(y: float) -> float:
        return float(np.mean(centres) + slope * (y - 0.5))

    above, below = map(stroke, PERCENT_PLACES)
    if _span(mask, PERCENT_ABOVE)[0] > above - PERCENT_OUT or _span(mask, PERCENT_BELOW)[1] < below + PERCENT_OUT:
        return False
    contours, tree = cv2.findContours(np.pad(mask, 1).astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    rings = 0
    for contour, (_, _, _, parent) in zip(contours, tree[0], strict=True):
        x, y, w, h = cv2.boundingRect(contour)
        x, y, h = (x + w / 2) / mask.shape[1], (y + h / 2) / mask.shape[0], h / mask.shape[0]
        apart = parent >= 0 or PERCENT_RING[0] <= h <= PERCENT_RING[1]  # a hole, or a piece of its own
        upper, lower = y < PERCENT_HALVES[0], y > PERCENT_HALVES[1]
        rings += apart and ((upper and x < stroke(y)) or (lower and x > stroke(y)))
    return rings > 0


EURO_STROKES = 0.3, 0.65  # columns in which the arc and the bars are above each other
EURO_SEEN = 0.3  # share of these columns that show four strokes at least; two must
EURO_OPEN = 0.88, 0.96  # columns in which only the arc's ends may be
EURO_BARS = 0.35, 0.7  # rows of the bars
EURO_ARC = (0.15, 0.28), (0.75, 0.88)  # rows of the arc above and below them
EURO_OUT = 0.06  # how far the bars stick out to the left of it


def _is_euro(mask: Mask) -> bool:
    """An arc that is open to the right, and two bars that stick out to its left: four strokes above each other."""
    columns = [_runs(column) for column in _columns(mask, EURO_STROKES).T]
    four = sum(len(runs) == 4 for runs in columns)
    right = [_runs(column) for column in _columns(mask, EURO_OPEN).T]
    return (four >= max(2, EURO_SEEN * len(columns)) and all(len(runs) <= 2 for runs in right)
            and _span(mask, EURO_BARS)[0] + EURO_OUT < min(_span(mask, arc)[0] for arc in EURO_ARC))


DOLLAR_ENDS = (0, 0.05), (0.95, 1)  # rows in which only the stroke is
DOLLAR_TIPS = (0, 0.04), (0.96, 1)  # likewise, once it is upright
DOLLAR_WIDEST = 0.5  # width of the stroke there at most
DOLLAR_APART = 0.6  # from its upper end's right to its lower end's left at most
DOLLAR_STROKE, DOLLAR_SEEN = (0.3, 0.7), 0.75  # columns where it is, and share of one that it fills
DOLLAR_ARCS = (0.15, 0.4), (0.6, 0.85)  # rows of the S's arc to the left, and of that to the right
DOLLAR_GAPS = (0.28, 0.45), (0.58, 0.72)  # rows in which it is open to the right, and to the left
DOLLAR_SIDES = 0.25, 0.75  # how far to the left and to the right the arcs reach, and the open rows don't


def _is_dollar(mask: Mask) -> bool:
    """An S with a stroke through it, which sticks out above and below."""
    ends = [_span(mask, end) for end in DOLLAR_ENDS]
    if cv2.connectedComponents(mask.astype(np.uint8))[0] > 2 or any(end - start > DOLLAR_WIDEST for start, end in ends):
        return False
    (top, bottom) = ((start + end) / 2 for start, end in ends)
    shifts = ((np.linspace(top, bottom, len(mask)) - 0.5) * mask.shape[1]).round().astype(int)
    wide = np.pad(mask, ((0, 0), (mask.shape[1], mask.shape[1])))
    straight = np.array([np.roll(row, -shift) for row, shift in zip(wide, shifts, strict=True)])
    columns = np.flatnonzero(straight.any(axis=0))
    mask = straight[:, columns[0] : columns[-1] + 1]
    upper, lower = (list(_rows(mask, gap)) for gap in DOLLAR_GAPS)
    (left_arc, _), (_, right_arc) = (_span(mask, arc) for arc in DOLLAR_ARCS)
    (_, tip), (foot, _) = (_span(mask, end) for end in DOLLAR_TIPS)
    left, right = DOLLAR_SIDES
    stroke = _columns(mask, DOLLAR_STROKE).mean(axis=0).max(initial=0)
    return (stroke > DOLLAR_SEEN and left_arc < left and right_arc > right
            and min(runs[-1][1] for runs in upper) < right and max(runs[0][0] for runs in lower) > left
            and tip - foot < DOLLAR_APART)


POUND_STEM = (0.28, 0.38), (0.68, 0.78)  # rows in which only the stem is, above its bar and below
POUND_THICKEST, POUND_RIGHT = 0.45, 0.7  # width of the stem there, and where it ends at most
POUND_BAR, POUND_BAR_WIDTH = (0.42, 0.62), 0.45  # rows of the bar, and how wide it is at least
POUND_OUT = 0.08  # how far it sticks out to the left of the stem
POUND_FOOT, POUND_FOOT_WIDTH = (0.88, 1), 0.65  # likewise of the foot
POUND_HOOK, POUND_HOOK_SIDES = (0, 0.15), (0.15, 0.7)  # rows of the hook; right of which it begins, and ends


def _is_pound(mask: Mask) -> bool:
    """A stem that is hooked to the right above, with a bar that sticks out to its left, on a foot."""
    rows = [runs for band in POUND_STEM for runs in _rows(mask, band)]
    stems = [runs[0] for runs in rows if len(runs) == 1]
    bar, foot, hook = (_span(mask, band) for band in (POUND_BAR, POUND_FOOT, POUND_HOOK))
    return (len(stems) == len(rows) > 0 and all(end - start < POUND_THICKEST for start, end in stems)
            and min(start for start, _ in stems) > bar[0] + POUND_OUT and all(end < POUND_RIGHT for _, end in stems)
            and bar[1] - bar[0] > POUND_BAR_WIDTH and foot[1] - foot[0] > POUND_FOOT_WIDTH
            and hook[0] > POUND_HOOK_SIDES[0] and hook[1] > POUND_HOOK_SIDES[1])
