"""Boxes of a form, one for each digit: they and their lines are the paper's, and digits in a row are one number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2

from recognizer.core.digits import FIRST_BOX, NEXT_BOX, Digit
from recognizer.core.frame import Image, Pyramid
from recognizer.core.geometry import Box
from recognizer.numbers.settings import SETTINGS

LEAST_HEIGHT = 32  # pixels of a digit at which its box's lines are still seen
EDGE = 1  # pixel by which the ink of a line between two boxes may differ from their edges


def in_boxes(pyramid: Pyramid, digits: list[Digit]) -> list[Digit]:
    """Digits of a picture, those that stand alone in the boxes of a row marked by it; lines between boxes are none."""
    if len(digits) < SETTINGS.least_boxes:
        return digits
    least = min(digit.box.h for digit in digits)
    halvings = max(0, (least // LEAST_HEIGHT).bit_length() - 1)
    boxes = [digit.box.halved(halvings) for digit in digits]
    cells = _cells(pyramid.level(halvings), least >> halvings)
    marks = {index: NEXT_BOX if place else FIRST_BOX
             for row in _filled_rows(cells, boxes) for place, index in enumerate(row)}
    return [replace(digit, mark=marks[index]) if index in marks else digit
            for index, digit in enumerate(digits) if not _is_wall(boxes[index], cells)]


def _filled_rows(cells: list[Box], digits: Sequence[Box]) -> list[list[int]]:
    """Which digits stand in rows of boxes, each alone in its own.

    Returns:
        Indices, left to right, of each row. Rows that touch one another are a grid, whose digits stand for themselves.
    """
    filled = {}
    for cell in cells:
        inside = [i for i, box in enumerate(digits) if _holds(cell, box)]
        if inside:
            filled[cell] = max(inside, key=lambda i: digits[i].area)
    rows = []
    for row in _rows(list(filled)):
        if len(row) >= SETTINGS.least_boxes and not any(_touches(cell, other) for cell in row for other in cells):
            rows.append([filled[cell] for cell in row])
    return rows


def _cells(image: Image, least: int) -> list[Box]:
    """The empty insides of frames, higher than the lowest digit, in pixels of the picture."""
    size = SETTINGS.line_window * max(1, max(image.shape) // 1000) + 1
    ink = cv2.adaptiveThreshold(image, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, size,
                                SETTINGS.line_contrast)
    contours, tree = cv2.findContours(ink, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    cells = []
    parents = [] if tree is None else tree[0, :, 3].tolist()
    for contour in (one for one, parent in zip(contours, parents, strict=True) if parent >= 0):
        box = Box(*cv2.boundingRect(contour))
        likely = box.h > least and box.w <= SETTINGS.widest_box * box.h and box.h <= SETTINGS.tallest_box * box.w
        if likely and cv2.contourArea(contour) >= SETTINGS.hollow * box.area:
            cells.append(box)
    return cells


def _holds(cell: Box, box: Box) -> bool:
    """Whether a digit stands in a cell and fills a good part of it."""
    high = SETTINGS.fills * cell.h <= box.h <= SETTINGS.overhangs * cell.h
    return cell.has(*box.centre) and high and box.w <= SETTINGS.overhangs * cell.w


def _is_wall(box: Box, cells: Sequence[Box]) -> bool:
    """Whether ink is the line between two boxes side by side: it looks like a 1."""
    _, y = box.centre
    beside = [cell for cell in cells if cell.y < y < cell.y + cell.h and box.h <= cell.h + 2 * EDGE]
    left = max((cell.x + cell.w for cell in beside if abs(cell.x + cell.w - box.x) <= box.w + EDGE), default=None)
    right = min((cell.x for cell in beside if abs(cell.x - box.x) <= box.w + EDGE), default=None)
    if left is None or right is None:
        return False
    thickest = SETTINGS.cells_differ * min(cell.w for cell in beside)
    covers = box.x - EDGE <= left and right <= box.x + box.w + EDGE
    return right >= left - EDGE and covers and box.w <= right - left + thickest


def _rows(cells: list[Box]) -> list[list[Box]]:
    """Cells of one size that stand side by side, left to right."""
    rows: list[list[Box]] = []
    for cell in sorted(cells):
        beside = [row for row in rows if _beside(row[-1], cell)]
        if beside:
            beside[0].append(cell)
        else:
            rows.append([cell])
    return rows


def _beside(one: Box, other: Box) -> bool:
    high, wide = abs(one.h - other.h), abs(one.w - other.w)
    alike = high <= SETTINGS.cells_differ * one.h and wide <= 2 * SETTINGS.cells_differ * one.w
    level = abs(one.centre[1] - other.centre[1]) <= SETTINGS.cells_differ * one.h
    return alike and level and 0 <= other.x - one.x - one.w <= SETTINGS.cells_apart * one.w


def _touches(cell: Box, other: Box) -> bool:
    """Whether another cell stands right above or below."""
    shared = min(cell.x + cell.w, other.x + other.w) - max(cell.x, other.x)
    gap = max(other.y - cell.y - cell.h, cell.y - other.y - other.h)
    return shared > cell.w / 2 and 0 <= gap <= SETTINGS.grid_gap * cell.h and other.h > cell.h / 2
