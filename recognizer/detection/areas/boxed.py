"""Digits in the boxes of a form: those of one row are one number."""

from __future__ import annotations

from dataclasses import replace

from recognizer.core.digits import FIRST_BOX, NEXT_BOX, Digit
from recognizer.core.frame import Pyramid
from recognizer.core.geometry import Box
from recognizer.detection.candidate import ScoredCandidate, digits_of
from recognizer.numbers.forms import rows_of_boxes
from recognizer.numbers.settings import SETTINGS

LEAST_HEIGHT = 32  # pixels of a digit at which its box's lines are still seen


def in_boxes(pyramid: Pyramid, candidates: list[ScoredCandidate]) -> list[Digit]:
    """The digits among candidates, those that stand alone in the boxes of a row marked by it.

    Args:
        pyramid: of the picture.
        candidates: in it.
    """
    digits = digits_of(candidates)
    if len(digits) < SETTINGS.least_boxes:
        return digits
    halvings = max(0, (min(digit.box.h for digit in digits) // LEAST_HEIGHT).bit_length() - 1)
    boxes = [Box(*(side >> halvings for side in digit.box)) for digit in digits]
    marks = {}
    for row in rows_of_boxes(pyramid.level(halvings), boxes):
        for place, index in enumerate(row):
            marks[digits[index].box] = NEXT_BOX if place else FIRST_BOX
    return [replace(digit, mark=marks.get(digit.box, "")) for digit in digits] if marks else digits
