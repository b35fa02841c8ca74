"""Figures are saved as pictures, and show what they are given."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from harness import some_digits

pytest.importorskip("matplotlib")
from train.plots import confusion_matrix, confusions, grid, learning_curves, reliability

RNG = np.random.default_rng(0)


def red(path: Path) -> int:
    """How many pixels of a saved figure are red."""
    blue, green, red = np.moveaxis(cv2.imread(str(path)).astype(int), 2, 0)
    return int(((red > 180) & (green < 100) & (blue < 120)).sum())


def test_a_grid_marks_what_is_wrong(tmp_path: Path) -> None:
    digits = some_digits(7)
    titles = [str(label) for label in digits.labels]
    marked = []
    for count in range(3):
        grid(tmp_path / "grid.png", digits.pictures, titles, [place < count for place in range(7)], columns=3)
        marked.append(red(tmp_path / "grid.png"))
    assert marked[0] == 0 < marked[1] < marked[2]


def test_a_grid_takes_scaled_pictures_and_one_alone(tmp_path: Path) -> None:
    digits = some_digits(1)
    for name, pictures in (("bytes", digits.pictures), ("floats", digits.pictures / np.float32(255))):
        grid(tmp_path / f"{name}.png", pictures, columns=1)
    same = [cv2.imread(str(tmp_path / f"{name}.png")).astype(int) for name in ("bytes", "floats")]
    assert np.abs(same[0] - same[1]).max() <= 1


def test_confusions_are_counted() -> None:
    labels, predicted = RNG.integers(0, 10, (2, 500))
    counts = confusions(labels, predicted)
    for label, other in np.ndindex(10, 10):
        assert counts[label, other] == sum(a == label and b == other for a, b in zip(labels, predicted, strict=True))


def test_the_others_are_pictures(tmp_path: Path) -> None:
    labels, predicted = RNG.integers(0, 11, (2, 200))
    confusion_matrix(tmp_path / "confusion.png", labels, predicted, [*"0123456789", "no digit"])
    history = {name: [0.5, 0.7, 0.8] for name in ("loss", "accuracy", "val_loss", "val_accuracy")}
    learning_curves(tmp_path / "curves.png", history)
    confidence = RNG.random(200)
    reliability(tmp_path / "reliability.png", confidence, RNG.random(200) < confidence)
    for name in ("confusion", "curves", "reliability"):
        assert cv2.imread(str(tmp_path / f"{name}.png")).std() > 5  # not blank
