"""Finds the small marks that belong to numbers: a decimal point or comma between digits, a minus before them.

They are smaller than any digit, so they are looked for only beside digits that were read, in the frame itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from recognizer.core.digits import COMMA, MINUS, POINT, Digit
from recognizer.core.frame import Image, quantile_of
from recognizer.core.geometry import Box
from recognizer.numbers.layout import STEEPEST, Lines, find_lines

REACH = 1.4  # how far before a digit a mark may begin, in its heights; a digit before it ends the search
WIDEST_GAP = 1.3  # between two digits with a point between them, in heights
BEYOND = 0.75  # how far above and below the digit a mark of a tilted line may stand, likewise
LOWEST = 0.85  # how far below the digit's middle a comma's own is at most, likewise
SOFT = 0.05  # width of a stroke's soft edge, likewise
LEVEL = 0.15  # tilt under which marks stand in the gap between two digits
AT = 0.4  # share of the digit's own contrast from which a mark is ink
SIDE = 64  # a digit's height in pixels from which on fewer pixels are looked at
ROUND = 2.0  # longer over shorter axis that a point has at most; a comma has more
ON_LINE = 0.9  # how far from a digit's middle ink is still on its line, in heights
MOST_TURN = 0.35  # by which a minus may slope otherwise than its line
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
class _Piece:
    box: Box  # in pixels of the frame
    slope: float  # of its longer axis, pixels down for each pixel to the right
    elongation: float  # its longer axis over its shorter one


@dataclass(frozen=True)
class _Mark:
    text: str
    box: Box  # in pixels of the frame


def _before(image: Image, digits: list[Digit], lines: Lines, index: int) -> _Mark | None:
    """The mark before a digit, if there is just one."""
    box, previous = digits[index].box, lines.before[index]
    before = digits[previous].box if previous is not None else None
    step = 1 + box.h // SIDE
    weakest, strongest = _range(_grey(image, box, step))
    left = before.x + before.w if before else box.x - round(REACH * box.h)
    lowest = box.y + round((0.5 + LOWEST + LEVEL * REACH) * box.h)
    soft = round(SOFT * box.h)
    gap = _inside(image, left + soft, box.y, box.x - soft, lowest)
    if abs(lines.tilt) < LEVEL and gap.w >= 3 * step:
        least, most = _range(_grey(image, gap, step))
        if most - least < AT * (strongest - weakest):  # nothing there: by far the most frequent case
            return None
    # From middle to middle, since on a tilted line a mark stands under its neighbours. What is left of these
    # in the place reaches its edges.
    start, end = round(before.centre[0]) if before else left, round(box.centre[0])
    margin = round(BEYOND * box.h)
    place = _inside(image, start, box.y - margin, end, box.y + box.h + margin)
    if place.w < 3 * step or place.h < 3 * step:
        return None
    near = _grey(image, place, step)
    ground = quantile_of(near, 0.5)
    dark = ground - weakest > strongest - ground
    contrast = max(ground - weakest, strongest - ground)
    ink = near < ground - AT * contrast if dark else near > ground + AT * contrast
    pieces = [p for p in _pieces(ink, place, step) if abs(_level(p.box, box, lines.tilt)) <= ON_LINE
              and not _within(p.box, box) and not (before and _within(p.box, before))]
    follows = before is not None and lines.gap[index] <= WIDEST_GAP
    marks = [_Mark(text, piece.box) for piece in pieces if (text := _read(piece, box, lines.tilt, follows))]
    if len(marks) != 1 or any(p.box != marks[0].box and p.box.area > SPECK * marks[0].box.area for p in pieces):
        return None
    return marks[0]


def _range(grey: np.ndarray) -> tuple[float, float]:
    least, most, *_ = cv2.minMaxLoc(grey)
    return least, most


def _inside(image: Image, left: int, top: int, right: int, bottom: int) -> Box:
    left, top = max(0, left), max(0, top)
    return Box(left, top, min(image.shape[1], right) - left, min(image.shape[0], bottom) - top)


def _grey(image: Image, box: Box, step: int) -> np.ndarray:
    """Every `step`th pixel of a part of the picture, (h, w) uint8."""
    part = np.ascontiguousarray(image[box.y : box.y + box.h : step, box.x : box.x + box.w : step])
    return part if part.ndim == 2 else np.asarray(cv2.cvtColor(part, cv2.COLOR_BGR2GRAY), np.uint8)


def _pieces(ink: np.ndarray, place: Box, step: int) -> list[_Piece]:
    """The connected ink that stays off the edges of its place: what reaches them is part of something else."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink.view(np.uint8), connectivity=8, ltype=cv2.CV_16U)
    rows, columns = ink.shape
    pieces = []
    for label, (x, y, w, h, _) in enumerate(stats[1:count].tolist(), 1):
        if x > 0 and y > 0 and x + w < columns and y + h < rows:
            box = Box(place.x + x * step, place.y + y * step, w * step, h * step)
            pieces.append(_Piece(box, *_axes(labels[y : y + h, x : x + w] == label)))
    return pieces


def _axes(mask: np.ndarray) -> tuple[float, float]:
    """Slope of the longer axis of a mask's ellipse of inertia, and the longer axis over the shorter one."""
    places = np.array(np.nonzero(mask), np.float64)
    places -= places.mean(axis=1, keepdims=True)
    spread = places @ places.T / places.shape[1] + np.eye(2) / 12  # a pixel has a size of its own
    (short, long), axes = np.linalg.eigh(spread)
    down, along = axes[:, 1]
    return float(down / along) if along else float("inf"), float(np.sqrt(long / short))


def _read(piece: _Piece, digit: Box, tilt: float, follows: bool) -> str:
    """What a piece of ink is by its size and place, in heights of the digit after it; empty for nothing known."""
    wide, high = piece.box.w / digit.h, piece.box.h / digit.h
    # A dash shows the line's tilt itself, which a digit alone doesn't.
    along = abs(piece.slope) <= STEEPEST and abs(piece.slope - tilt) <= (MOST_TURN if follows or tilt else STEEPEST)
    thick = high - abs(piece.slope) * wide if along else high
    in_the_middle = abs(_level(piece.box, digit, piece.slope)) <= 0.22
    if along and in_the_middle and 0.2 <= wide <= 1 and thick <= min(0.3, 0.6 * wide):
        return MINUS
    if not follows or min(wide, high) < 0.04 or min(piece.box.w, piece.box.h) < 2:
        return ""
    if 0.25 <= _level(piece.box, digit, tilt) <= LOWEST and wide <= 0.35 and high <= 0.55:
        return COMMA if piece.elongation > ROUND else POINT
    return ""


def _within(piece: Box, digit: Box) -> bool:
    """Whether ink is a part of a digit, such as of a stroke that broke: its middle is in the digit's box."""
    x, y = piece.centre
    return digit.x <= x < digit.x + digit.w and digit.y <= y < digit.y + digit.h


def _level(mark: Box, digit: Box, slope: float) -> float:
    """How far a mark stands below a digit's middle, in the digit's heights; 0.5 is the line that is written on."""
    (x, y), (centre_x, centre_y) = mark.centre, digit.centre
    return (y - centre_y - slope * (x - centre_x)) / digit.h
