"""Digits in the boxes of a form, which a finder may have taken for letters of a line."""

from __future__ import annotations

from dataclasses import replace

from recognizer.classification.classifier import NO_DIGIT
from recognizer.core.digits import FIRST_BOX, NEXT_BOX, Digit
from recognizer.core.frame import Image
from recognizer.detection.candidate import Reason, ScoredCandidate, digits_of
from recognizer.numbers.forms import rows_of_boxes

REFUSED = Reason.LETTERS, Reason.ALONE  # by what stands beside them, which boxes set apart
CERTAIN = 0.9  # probability of the label from which on such a one is a digit in its box


def in_boxes(image: Image, candidates: list[ScoredCandidate]) -> tuple[list[ScoredCandidate], list[Digit]]:
    """Judge candidates anew that stand in rows of boxes, each alone in its own.

    Args:
        image: (H, W, 3) uint8, BGR, or (H, W) uint8, grey.
        candidates: of this picture.

    Returns:
        The candidates, and the digits among them, those in boxes marked by it.
    """
    likely = [i for i, one in enumerate(candidates) if not one.reason or (one.reason in REFUSED and _certain(one))]
    rows = rows_of_boxes(image, [candidates[i].candidate.box for i in likely])
    marks = {}
    candidates = list(candidates)
    for row in rows:
        for place, index in enumerate(row):
            i = likely[index]
            candidates[i] = replace(candidates[i], reason=Reason.NONE)
            marks[candidates[i].candidate.box] = NEXT_BOX if place else FIRST_BOX
    digits = digits_of(candidates)
    return candidates, [replace(digit, mark=marks.get(digit.box, "")) for digit in digits] if marks else digits


def _certain(one: ScoredCandidate) -> bool:
    return one.probabilities is not None and float(one.probabilities[:NO_DIGIT].max()) >= CERTAIN
