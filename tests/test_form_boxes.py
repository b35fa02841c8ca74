"""Digits in the boxes of a form are one number a row; the boxes are the paper's, and a grid's cells stand alone."""

import cv2
import numpy as np
import pytest
from harness import PICTURES

from fixtures.paths import ink
from fixtures.strokes import STYLES, draw_paths
from recognizer import Recognizer

SHAPE = 420, 980


def form(rows: tuple[str, ...], apart: int, thick: int) -> np.ndarray:
    """Rows of boxes 100×130 pixels, `apart` pixels from one another, with a digit in each."""
    picture, covered = np.full(SHAPE, 235, np.float32), np.zeros(SHAPE, np.float32)
    rng = np.random.default_rng(1)
    for line, text in enumerate(rows):
        for place, digit in enumerate(map(int, text)):
            x, y = 30 + place * (100 + apart), 30 + line * 190
            cv2.rectangle(picture, (x, y), (x + 100, y + 130), 70, thick)
            corner = np.float32([x + 28, y + 28])
            paths = [75 * path + corner for path in draw_paths(digit, next(iter(STYLES[digit])), rng, 0.01)]
            covered = np.maximum(covered, ink([path.astype(np.float32) for path in paths], SHAPE, 8, rng))
    picture = picture * (1 - covered) + 40 * covered + rng.normal(0, 3, SHAPE)
    return np.repeat(picture.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer()


@pytest.mark.parametrize("thick", [2, 5, 8])
@pytest.mark.parametrize("apart", [0, 12, 30])
def test_a_row_of_boxes_is_one_number(apart: int, thick: int, recognizer: Recognizer) -> None:
    rows = "4807262", "9035348"
    assert [n.text for n in recognizer.read(form(rows, apart, thick)).numbers] == list(rows)


def test_cells_of_a_grid_stand_alone(recognizer: Recognizer) -> None:
    numbers = recognizer.read(cv2.imread(str(PICTURES / "grid.png"))).numbers
    assert {len(number.text) for number in numbers} == {1}
