"""Training learns from what the live normaliser makes, and a bad file or a bad model ends it clearly."""

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from recognizer.errors import SourceError
from recognizer.normalise import FIT, normalise
from train.data import NO_DIGIT, Digits, load_mnist, load_not_digits
from train.degrade import bend, degrade
from train.measures import choose_threshold, fit_temperature, measure
from train.samples import EXAMPLES, NEGATIVES, PARTS, Material, drawn_digit, make_epoch, make_part, plain

ROOT = Path(__file__).resolve().parent.parent


def some_digits(count, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, count)
    return Digits(np.stack([drawn_digit(int(k), rng)[::3, ::3] for k in labels]), labels)


def save(path, **arrays):
    np.savez(path, **arrays)
    return path


def test_an_epoch_is_the_same_for_its_seed_and_another_for_the_next():
    material = Material(some_digits(40))
    first, again, other = (make_epoch(material, 1, epoch) for epoch in (0, 0, 1))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


def test_an_epoch_holds_normalised_digits_and_things_that_are_none():
    crops, labels = make_epoch(Material(some_digits(120)), 1, 0)
    assert len(crops) == pytest.approx(120 * EXAMPLES, abs=3 * PARTS)
    assert set(np.unique(crops)) == {0, 255}
    assert (labels == NO_DIGIT).sum() == pytest.approx(NEGATIVES * 120, abs=PARTS)
    for crop in crops:
        assert max(cv2.boundingRect(crop)[2:]) <= FIT


def test_an_epoch_keeps_most_of_the_last_one_and_takes_each_digit_once():
    material = Material(some_digits(60))
    first, second = (make_epoch(material, 1, epoch) for epoch in (0, 1))
    fresh = len(make_part(material, 1, 0)[0])
    np.testing.assert_array_equal(first[0][fresh:], second[0][: len(first[0]) - fresh])
    for _, labels in (first, second):
        at_least = np.bincount(material.digits.labels, minlength=10)
        assert (np.bincount(labels, minlength=11)[:10] >= at_least).all()


def test_degrading_keeps_most_of_a_digit():
    rng = np.random.default_rng(5)
    for label in range(10):
        mask = degrade(drawn_digit(label, rng), rng)
        assert mask.dtype == np.uint8
        assert normalise(mask).any()


def test_plain_pictures_are_only_binarised_and_centred():
    digits = some_digits(5)
    crops = plain(digits)
    for crop, picture in zip(crops, digits.pictures, strict=True):
        np.testing.assert_array_equal(crop, normalise(np.where(picture > 127, 255, 0).astype(np.uint8)))


def test_bending_changes_the_shape_and_little_else():
    rng = np.random.default_rng(6)
    picture = drawn_digit(8, rng)
    straight, bent = (normalise(bend(picture, rng, strength)) for strength in (0, 1))
    unchanged = normalise(np.where(picture > 127, 255, 0).astype(np.uint8))
    assert (straight != unchanged).sum() < 0.1 * (unchanged > 0).sum()
    assert (bent != unchanged).sum() > (straight != unchanged).sum()


def test_figures_agree_with_counting():
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 10, 300)
    digits = rng.normal(0, 1, (300, 11)).astype(np.float32)
    digits[np.arange(300), labels] += 2
    others = rng.normal(0, 1, (200, 11)).astype(np.float32)
    others[:, NO_DIGIT] += 1
    figures = measure(digits, labels, others, temperature=1.0, threshold=0.5)

    def score(logits):
        powers = np.exp(logits.astype(np.float64))
        return (powers / powers.sum(1, keepdims=True))[:, :NO_DIGIT].max(1)

    above = [a > b for a in score(digits) for b in score(others)]
    assert figures.auroc == pytest.approx(np.mean(above), abs=1e-6)
    right = [row.argmax() == label for row, label in zip(digits, labels, strict=True)]
    assert figures.accuracy == pytest.approx(np.mean(right))
    powers = np.exp(digits.astype(np.float64))
    likelihood = powers[np.arange(300), labels] / powers.sum(1)
    assert figures.loss == pytest.approx(-np.mean(np.log(likelihood)), rel=1e-5)
    for k, share in enumerate(figures.per_class):
        assert share == pytest.approx(np.mean([r for r, label in zip(right, labels, strict=True) if label == k]))
    assert figures.accepted == pytest.approx((score(digits) >= 0.5).mean())
    assert figures.rejected == pytest.approx((score(others) < 0.5).mean())


def test_the_temperature_undoes_a_known_one():
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 2, (20_000, 11))
    chances = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    labels = np.array([rng.choice(11, p=row) for row in chances])
    assert fit_temperature((logits * 1.7).astype(np.float32), labels) == pytest.approx(1.7, abs=0.08)


def test_the_threshold_keeps_the_share_asked_for():
    rng = np.random.default_rng(4)
    logits = rng.normal(0, 1, (1000, 11)).astype(np.float32)
    logits[:, 3] += 5
    threshold = choose_threshold(logits, 1.0, keep=0.9)
    powers = np.exp(logits)
    score = (powers / powers.sum(1, keepdims=True))[:, :NO_DIGIT].max(1)
    assert threshold >= 0.5
    assert (score >= threshold).mean() >= 0.9 or threshold == 0.5


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x_train": np.zeros((3, 28, 28), np.uint8)}, "expected an .npz with"),
        ({"x_train": np.zeros((3, 28, 28), np.uint8), "y_train": np.zeros(2, np.uint8),
          "x_test": np.zeros((1, 28, 28), np.uint8), "y_test": np.zeros(1, np.uint8)}, "a label a picture"),
        ({"x_train": np.zeros((3, 32, 32), np.uint8), "y_train": np.zeros(3, np.uint8),
          "x_test": np.zeros((1, 28, 28), np.uint8), "y_test": np.zeros(1, np.uint8)}, "28, 28"),
        ({"x_train": np.zeros((3, 28, 28), np.uint8), "y_train": np.zeros(3, np.uint8),
          "x_test": np.zeros((1, 28, 28), np.uint8), "y_test": np.zeros(1, np.uint8)}, "more than"),
    ],
)
def test_a_file_that_is_not_mnist_is_named(tmp_path, arrays, message):
    file = save(tmp_path / "odd.npz", **arrays)
    with pytest.raises(SourceError, match=message) as caught:
        load_mnist(file)
    assert "odd.npz" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 cut"])
def test_a_damaged_file_is_named(tmp_path, content):
    file = tmp_path / "cut.npz"
    file.write_bytes(content)
    for load in (load_mnist, load_not_digits):
        with pytest.raises(SourceError, match=r"cut\.npz"):
            load(file)


def test_characters_that_are_digits_too_are_left_out(tmp_path):
    pictures = np.arange(4, dtype=np.uint8)[:, None, None] * np.ones((4, 28, 28), np.uint8)
    file = save(tmp_path / "n.npz", symbols=pictures, symbol_names=np.array(["plus", "slash", "z", "dot"]),
                letters=pictures, letter_names=np.array(["A", "I", "B", "C"]))
    symbols, letters = load_not_digits(file)
    assert symbols[:, 0, 0].tolist() == [0, 3]
    assert letters[:, 0, 0].tolist() == [0, 2, 3]


def train(cwd, *args):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    call = [sys.executable, "-m", "train", *args]
    return subprocess.run(call, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_training_refuses_a_wrong_call(tmp_path):
    done = train(tmp_path, "--epochs", "0")
    assert done.returncode == 2
    assert "--epochs" in done.stderr
