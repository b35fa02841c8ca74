"""Training learns from what the live normaliser makes, and a bad file or a bad model ends it clearly."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from harness import some_digits, train

from recognizer.classification.preprocess import FIT, normalise
from train.augment.degrade import degrade
from train.augment.fonts import REACH, SIDE, printed
from train.augment.negatives import no_stroke
from train.augment.samples import (
    MORE,
    NEGATIVES,
    STROKES,
    TAUGHT,
    Material,
    drawn_digit,
    make_epoch,
    plain,
    plain_strokes,
)
from train.data.hands import MoreDigits, PenStrokes
from train.data.mnist import NO_DIGIT
from train.evaluation.measures import choose_threshold, fit_temperature, measure


def test_an_epoch_is_the_same_for_its_seed_and_another_for_the_next():
    material = Material(some_digits(40))
    first, again, other = (make_epoch(material, 1, epoch) for epoch in (0, 0, 1))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


def test_an_epoch_holds_normalised_digits_and_things_that_are_none():
    material = Material(some_digits(120))
    crops, labels = make_epoch(material, 1, 0)
    assert len(crops) == material.examples
    assert set(np.unique(crops)) == {0, 255}
    assert (labels == NO_DIGIT).sum() == pytest.approx(NEGATIVES * 120, abs=1)
    for crop in crops:
        assert max(cv2.boundingRect(crop)[2:]) <= FIT


def test_pen_strokes_are_parted_by_writer_and_drawn_anew(tmp_path):
    pens = PenStrokes.load(pen_file(tmp_path / "pens.npz", writers=12))
    parts = [set(part.writers.tolist()) for part in (pens.train, pens.validation, pens.held_back)]
    assert set.union(*parts) == set(range(12))
    assert sum(map(len, parts)) == 12
    bare = Material(some_digits(20))
    more = Material(some_digits(20), strokes=pens.train, more=some_digits(7))
    assert more.hands == 20 + STROKES * len(pens.train) + MORE * 7
    crops, labels = make_epoch(more, 1, 0)
    assert len(crops) == more.examples > bare.examples
    assert (labels == 7).sum() >= STROKES * (pens.train.labels == 7).sum()


def test_pen_strokes_stand_upright_whatever_pen_draws_them(tmp_path):
    pens = PenStrokes.load(pen_file(tmp_path / "pens.npz", writers=12)).held_back
    crops, labels = plain_strokes(pens)
    assert len(crops) == len(labels) == 3 * len(pens)
    for crop, label in zip(crops, labels.tolist(), strict=True):
        ys, _ = np.nonzero(crop)
        assert label == 7
        assert np.ptp(ys) == FIT - 1
        assert (crop[ys.min() + 1] > 0).sum() > (crop[ys.max() - 1] > 0).sum()  # the bar of a 7 is at its top


def test_what_a_hand_was_taught_is_shown_often():
    taught = some_digits(3)
    material = Material(some_digits(40), taught=(taught.pictures, np.array([7, 7, NO_DIGIT])))
    _, labels = make_epoch(material, 1, 0)
    bare_labels = make_epoch(Material(some_digits(40)), 1, 0)[1]
    assert len(labels) == material.examples
    assert len(labels) - len(bare_labels) == 3 * TAUGHT


def test_photographed_digits_have_three_parts_of_each_label(tmp_path):
    digits = some_digits(200)
    np.savez(tmp_path / "more.npz", pictures=digits.pictures, labels=digits.labels)
    more = MoreDigits.load(tmp_path / "more.npz")
    assert [len(part) for part in (more.train, more.validation, more.held_back)] == [140, 20, 40]
    for part in (more.train, more.validation, more.held_back):
        assert set(part.labels.tolist()) == set(range(10))


def pen_file(file: Path, writers: int) -> Path:
    """Two 7s of each writer: a bar at the top and a stroke down from its end, y upwards."""
    digits = 2 * writers
    points = np.tile(np.array([(0, 100), (60, 100), (60, 100), (20, 0)], np.int16), (digits, 1))
    np.savez(file, points=points, starts=np.arange(0, 4 * digits + 1, 2), digit=np.repeat(np.arange(digits), 2),
             labels=np.full(digits, 7), writers=np.repeat(np.arange(writers), 2))
    return file


def test_degrading_keeps_most_of_a_digit():
    rng = np.random.default_rng(5)
    for label in range(10):
        mask = degrade(drawn_digit(label, rng), rng)
        assert mask.dtype == np.uint8
        assert normalise(mask).any()


def test_printed_characters_fill_their_square():
    rng = np.random.default_rng(6)
    for text in "A1?:m" * 6:
        picture = printed(text, rng)
        assert picture.shape == (SIDE, SIDE)
        assert max(cv2.boundingRect(picture)[2:]) == pytest.approx(REACH, abs=2)


def test_a_bare_steep_stroke_is_drawn_anew_for_it_would_be_a_1():
    ends = {"steep": ((50, 10), (30, 70)), "level": ((10, 30), (70, 50)), "nothing": ((0, 0), (0, 0))}
    strokes = {name: cv2.line(np.zeros((SIDE, SIDE), np.uint8), *e, int(e[0] != e[1]), 3) for name, e in ends.items()}
    drawn = iter(["steep", "nothing", "steep", "level", "steep"])
    picture = no_stroke(lambda _: strokes[next(drawn)], np.random.default_rng(7))
    assert picture is strokes["level"]


def test_plain_pictures_are_only_binarised_and_centred():
    digits = some_digits(5)
    crops = plain(digits)
    for crop, picture in zip(crops, digits.pictures, strict=True):
        np.testing.assert_array_equal(crop, normalise(np.where(picture > 127, 255, 0).astype(np.uint8)))


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
        return 1 - powers[:, NO_DIGIT] / powers.sum(1)

    above = [a > b for a in score(digits) for b in score(others)]
    assert figures.auroc == pytest.approx(np.mean(above), abs=1e-6)
    right = [row.argmax() == label for row, label in zip(digits, labels, strict=True)]
    assert figures.accuracy == pytest.approx(np.mean(right))
    among = [row[:10].argmax() == label for row, label in zip(digits, labels, strict=True)]
    assert figures.among_digits == pytest.approx(np.mean(among))
    assert figures.among_digits > figures.accuracy
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
    score = 1 - powers[:, NO_DIGIT] / powers.sum(1)
    assert threshold >= 0.5
    assert (score >= threshold).mean() >= 0.9 or threshold == 0.5


def test_training_refuses_a_wrong_call(tmp_path):
    done = train(tmp_path, "--epochs", "0")
    assert done.returncode == 2
    assert "--epochs" in done.stderr
