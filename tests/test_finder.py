"""The finder: what it finds in pictures of any size, finds again at its place, and gives reasons for."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from harness import PICTURES

from recognizer import Recognizer
from recognizer.classification.classifier import NO_DIGIT, Classifier
from recognizer.core.assets import shipped
from recognizer.core.clock import Clock
from recognizer.detection.candidate import Reason, digits_of
from recognizer.detection.finder import Finder
from recognizer.detection.network import Network
from recognizer.errors import ModelError


def test_a_finder_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="No such file"):
        Recognizer(finder=tmp_path / "finder.tflite")


def test_a_model_of_another_shape_is_no_finder() -> None:
    with pytest.raises(ModelError, match="17 channels"):
        Network(shipped("models/digits.tflite").read_bytes())


@pytest.fixture(name="finder", scope="module")
def shipped_finder() -> Finder:
    return Finder.load(shipped("models/finder.tflite"), Classifier.load(shipped("models/digits.tflite")))


def test_what_is_found_is_found_again_at_its_place(finder: Finder) -> None:
    image = cv2.imread(str(PICTURES / "note.jpg"))
    memory, clock = finder.memory(moving=True), Clock()
    found = finder.find(image, memory, clock)
    digits = [one for one in found.candidates if not one.reason]
    assert sorted(d.label for d in digits_of(digits)) == sorted(map(int, "1958403672"))
    assert all(type(one.reason) is Reason and type(one.score) is float for one in found.candidates)
    again = finder.follow(image, [one.candidate for one in digits], memory, clock)
    assert [[d.label for d in digits_of(there)] for there in again] == [[d.label] for d in digits_of(digits)]
    assert {*clock.milliseconds} == {"find", "classify", "select"}


def test_each_candidate_that_is_none_has_its_reason(finder: Finder) -> None:
    image = cv2.imread(str(PICTURES / "prices.jpg"))
    found = finder.find(image, finder.memory(moving=False), Clock()).candidates
    reasons = {one.reason for one in found}
    assert reasons >= {Reason.NONE, Reason.NO_DIGIT}
    for one in found:
        assert one.probabilities.sum() == pytest.approx(1, abs=1e-4)
        assert one.score == pytest.approx(1 - one.probabilities[NO_DIGIT], abs=1e-4)


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (40, 33), (33, 2000)])
def test_a_picture_of_any_size_is_looked_through(finder: Finder, shape: tuple[int, int]) -> None:
    image = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
    for one in finder.find(image, finder.memory(moving=False), Clock()).candidates:
        assert one.candidate.box.inside(shape[::-1])
