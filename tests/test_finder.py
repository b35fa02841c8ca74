"""The door to what finds digits: the learned finder comes in by it, and another one can take its place."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from harness import PICTURES

from recognizer import Box, Frame, Recognizer
from recognizer.classification.classifier import CLASSES, NO_DIGIT, Classifier
from recognizer.core.assets import shipped
from recognizer.core.clock import Clock
from recognizer.core.frame import Image
from recognizer.detection.candidate import Candidate, Reason, ScoredCandidate, digits_of, scored
from recognizer.detection.finder import Found
from recognizer.detection.learned import LearnedFinder
from recognizer.detection.network import Network
from recognizer.errors import ModelError
from recognizer.tracking.settings import SETTINGS

CROP = np.zeros((28, 28), np.uint8)
SHAPE = 240, 320


def seven(x: int) -> ScoredCandidate:
    row = np.zeros(len(CLASSES), np.float32)
    row[7] = 1
    return scored(Candidate(Box(x, 100, 30, 40), CROP, 0.5, True), row, Reason.NONE)


class Oracle:
    """Knows that a 7 goes one pixel to the right in each frame; remembers how many there were."""

    def memory(self, moving: bool) -> list[int]:
        return []

    def find(self, image: Image, memory: list[int], clock: Clock, known: Sequence[Candidate] = ()) -> Found:
        memory.append(len(memory))
        with clock.stage("find"):
            return Found([seven(100 + memory[-1])])

    def follow(
        self, image: Image, known: Sequence[Candidate], memory: list[int], clock: Clock
    ) -> list[list[ScoredCandidate]]:
        memory.append(len(memory))
        assert [c.box.x for c in known] == [100 + memory[-1] - 1]
        return [[seven(100 + memory[-1])]]

    def seen(self, memory: list[int]) -> Callable[[], Image]:
        return lambda: np.full((24, 32), len(memory), np.uint8)


class Film:
    """Blank frames of a video."""

    def __iter__(self) -> Iterator[Frame]:
        return (Frame(np.zeros((*SHAPE, 3), np.uint8), index, index / 30, "film", still=False) for index in range(20))

    def __enter__(self) -> "Film":
        return self

    def __exit__(self, *_: object) -> None:
        return None


def test_another_finder_takes_the_place_of_the_shipped_one() -> None:
    recognizer = Recognizer(finder=Oracle())
    assert [n.text for n in recognizer.read(np.zeros(SHAPE, np.uint8)).numbers] == ["7"]
    readings = list(recognizer.watch(Film()))[SETTINGS.appears - 1 :]
    assert [[(d.label, d.box.x) for d in r.digits] for r in readings] == [[(7, 100 + r.frame.index)] for r in readings]
    assert {r.searched for r in readings} == {True, False}
    assert (readings[-1].draw_debug()[:SHAPE[0]] != 0).any()


def test_a_finder_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="No such file"):
        Recognizer(finder=tmp_path / "finder.tflite")


def test_a_model_of_another_shape_is_no_finder() -> None:
    with pytest.raises(ModelError, match="17 channels"):
        Network(shipped("models/digits.tflite").read_bytes())


@pytest.fixture(name="finder", scope="module")
def shipped_finder() -> LearnedFinder:
    return LearnedFinder.load(shipped("models/finder.tflite"), Classifier.load(shipped("models/digits.tflite")))


def test_what_is_found_is_found_again_at_its_place(finder: LearnedFinder) -> None:
    image = cv2.imread(str(PICTURES / "note.jpg"))
    memory, clock = finder.memory(moving=True), Clock()
    found = finder.find(image, memory, clock)
    digits = [one for one in found.candidates if not one.reason]
    assert sorted(d.label for d in digits_of(digits)) == sorted(map(int, "1958403672"))
    assert all(type(one.reason) is Reason and type(one.score) is float for one in found.candidates)
    again = finder.follow(image, [one.candidate for one in digits], memory, clock)
    assert [[d.label for d in digits_of(there)] for there in again] == [[d.label] for d in digits_of(digits)]
    assert {*clock.milliseconds} == {"find", "classify", "select"}


def test_each_candidate_that_is_none_has_its_reason(finder: LearnedFinder) -> None:
    image = cv2.imread(str(PICTURES / "prices.jpg"))
    found = finder.find(image, finder.memory(moving=False), Clock()).candidates
    reasons = {one.reason for one in found}
    assert reasons >= {Reason.NONE, Reason.NO_DIGIT}
    for one in found:
        assert one.probabilities is not None
        assert one.probabilities.sum() == pytest.approx(1, abs=1e-4)
        assert one.score == pytest.approx(1 - one.probabilities[NO_DIGIT], abs=1e-4)


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (40, 33), (33, 2000)])
def test_a_picture_of_any_size_is_looked_through(finder: LearnedFinder, shape: tuple[int, int]) -> None:
    image = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
    for one in finder.find(image, finder.memory(moving=False), Clock()).candidates:
        assert one.candidate.box.inside(shape[::-1])
