"""Digits in the boxes of a form: those of one row are one number."""

from __future__ import annotations

from dataclasses import replace

from recognizer.core.digits import FIRST_BOX, NEXT_BOX, Digit
from recognizer.core.frame import Image
from recognizer.detection.candidate import ScoredCandidate, digits_of
from recognizer.numbers.forms import rows_of_boxes


def in_boxes(image: Image, candidates: list[ScoredCandidate]) -> list[Digit]:
    """The digits among candidates, those that stand alone in the boxes of a row marked by it.

    Args:
        image: (H, W, 3) uint8, BGR, or (H, W) uint8, grey.
        candidates: of this picture.
    """
    digits = digits_of(candidates)
    marks = {}
    for row in rows_of_boxes(image, [digit.box for digit in digits]):
        for place, index in enumerate(row):
            marks[digits[index].box] = NEXT_BOX if place else FIRST_BOX
    return [replace(digit, mark=marks.get(digit.box, "")) for digit in digits] if marks else digits
