"""Ruled lines are taken away, and the strokes that cross them stay."""

import cv2
import numpy as np
import pytest
from test_find import page

from recognizer import Recognizer
from recognizer.detection.by_rules.ground import PAPER
from recognizer.detection.by_rules.rules import without_rules

SIDE, INK, LEVEL = 90, 40, 30


def window(*strokes: tuple[tuple[int, int], tuple[int, int], int]) -> np.ndarray:
    """Straight strokes, each from one point to another and so thick, on a flat ground."""
    tones = np.full((SIDE, SIDE), PAPER, np.uint8)
    for start, stop, thickness in strokes:
        cv2.line(tones, start, stop, INK, thickness)
    return tones


@pytest.mark.parametrize("rise", [-12, 0, 7])
@pytest.mark.parametrize("upright", [False, True])
def test_a_rule_is_taken_and_a_stroke_across_it_stays(rise: int, upright: bool) -> None:
    across, stroke = ((-5, 45), (SIDE + 5, 45 + rise), 3), ((45, 15), (45, 75), 5)
    tones, alone = window(across, stroke), window(stroke)
    clear = without_rules(tones.T.copy() if upright else tones, LEVEL)
    assert clear is not None
    left = (clear.T if upright else clear) < PAPER - LEVEL
    wanted = alone < PAPER - LEVEL
    assert (left & wanted).sum() >= 0.97 * wanted.sum()
    assert (left & ~wanted).sum() <= 24  # what is left of the rule: two pixels on each side of the crossing


@pytest.mark.parametrize("strokes", [
    [],
    [((20, 45), (70, 45), 4)],  # ends within the window, as the bar of a 7 does
    [((-5, 10), (SIDE + 5, 80), 4)],  # too steep for a rule
    [((-5, 45), (SIDE + 5, 45), 24)],  # too thick for one
])
def test_what_is_no_rule_stays(strokes: list) -> None:
    assert without_rules(window(*strokes), LEVEL) is None


ROW = [(3, "round", 90, 150, 60, 5), (5, "one stroke", 240, 150, 60, 5), (2, "plain", 390, 150, 60, 5)]


@pytest.mark.parametrize("at", [205, 211, 190])  # beneath the digits, touching their feet, across them
def test_digits_on_a_dark_rule_are_read(at: int) -> None:
    picture, _ = page(ROW)
    picture[at : at + 3] = np.minimum(picture[at : at + 3], 70)
    reading = Recognizer().read(picture.clip(0, 255).astype(np.uint8))
    assert sorted(d.label for d in reading.digits) == [2, 3, 5]


def test_digits_in_a_table_whose_lines_they_touch_are_read() -> None:
    picture, boxes = page(ROW)
    for box in boxes:
        for x in (box.x - 2, box.x + box.w + 30):
            picture[100:260, x : x + 3] = 60
    for y in (100, 208, 258):
        picture[y : y + 3, 60:500] = 60
    reading = Recognizer().read(picture.clip(0, 255).astype(np.uint8))
    assert sorted(d.label for d in reading.digits) == [2, 3, 5]
