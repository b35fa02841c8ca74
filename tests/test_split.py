"""Digits that touch are cut apart; one that stands alone never is."""

import cv2
import numpy as np
import pytest

from fixtures.paths import ink
from fixtures.strokes import STYLES, draw_paths
from recognizer import Recognizer
from recognizer.core.frame import Image

ROWS = {2: 60, 3: 40}  # of so many digits that touch, how many are tried
LEAST = {2: 0.6, 3: 0.4}  # share of them that must be read; uncut none can be


def row(labels: list[int], overlap: float, rng: np.random.Generator) -> tuple[Image, int]:
    """Digits on a sheet, their strokes overlapping by a share of the pen's width; and how many pieces they make."""
    height = rng.uniform(50, 110)
    pen = height * rng.uniform(0.06, 0.1)
    paths: list[np.ndarray] = []
    for label in labels:
        own = [p * height for p in draw_paths(label, str(rng.choice(list(STYLES[label]))), rng, wobble=0.02)]
        if paths:
            shift = np.vstack(paths)[:, 0].max() - np.vstack(own)[:, 0].min() + pen * (1 - overlap)
            move = np.array([shift, rng.uniform(-0.05, 0.05) * height])
            own = [p + move for p in own]
        paths += own
    covered = ink([(p + 90).astype(np.float32) for p in paths], (300, 560), pen, rng)
    picture = 205 - 155 * covered + rng.normal(0, 3, covered.shape)
    pieces = cv2.connectedComponents((covered > 0.5).astype(np.uint8))[0] - 1
    return picture.clip(0, 255).astype(np.uint8), pieces


def read(picture: Image) -> str:
    return "".join(n.text for n in Recognizer().read(picture).numbers)


@pytest.mark.slow
@pytest.mark.parametrize("digits", ROWS)
def test_most_digits_that_touch_are_read(digits: int) -> None:
    rng = np.random.default_rng(11)
    right = touching = 0
    while touching < ROWS[digits]:
        labels = rng.integers(0, 10, digits).tolist()
        picture, pieces = row(labels, rng.uniform(0.3, 0.9), rng)
        if pieces == 1:
            touching += 1
            right += read(picture) == "".join(map(str, labels))
    print(f"\nof {touching} rows of {digits} digits that touch {right} are read")
    assert right >= LEAST[digits] * touching


@pytest.mark.parametrize("label", range(10))
def test_a_wide_digit_alone_is_not_cut(label: int) -> None:
    rng = np.random.default_rng(label)
    for style in STYLES[label]:
        paths = [(p * (90, 70) + 90).astype(np.float32) for p in draw_paths(label, style, rng, wobble=0.01)]
        picture = 205 - 155 * ink(paths, (260, 300), 6, rng)
        assert len(Recognizer().read(picture.clip(0, 255).astype(np.uint8)).digits) <= 1
