"""The door to what finds digits: the rules come in by it, and another finder can take their place."""

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
import pytest
from harness import PICTURES

from recognizer import Box, Frame, Recognizer
from recognizer.classification.classifier import CLASSES, Classifier
from recognizer.core.assets import shipped
from recognizer.core.clock import Clock
from recognizer.core.frame import Image
from recognizer.detection import registry
from recognizer.detection.candidate import Candidate, Reason, ScoredCandidate, digits_of, scored
from recognizer.detection.finder import Found
from recognizer.errors import UsageError
from recognizer.tracking.settings import SETTINGS

CROP = np.zeros((28, 28), np.uint8)
SHAPE = 240, 320


def seven(x: int) -> ScoredCandidate:
    row = np.zeros(len(CLASSES), np.float32)
    row[7] = 1
    return scored(Candidate(Box(x, 100, 30, 40), CROP, 0.5, True), row, Reason.NONE)


class Oracle:
    """Knows that a 7 goes one pixel to the right in each frame; remembers how many there were."""

    def __init__(self, classifier: Classifier, threshold: float, likeness: float) -> None:
        self.asked: list[str] = []

    def memory(self) -> list[int]:
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


def test_another_finder_takes_the_place_of_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.FINDERS, "oracle", Oracle)
    recognizer = Recognizer(finder="oracle")
    assert [n.text for n in recognizer.read(np.zeros(SHAPE, np.uint8)).numbers] == ["7"]
    readings = list(recognizer.watch(Film()))[SETTINGS.appears - 1 :]
    assert [[(d.label, d.box.x) for d in r.digits] for r in readings] == [[(7, 100 + r.frame.index)] for r in readings]
    assert {r.searched for r in readings} == {True, False}
    assert (readings[-1].draw_debug()[:SHAPE[0]] != 0).any()


def test_a_finder_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="expected one of rules"):
        Recognizer(finder="luck")


def test_what_the_rules_find_is_found_again_at_its_place() -> None:
    image = cv2.imread(str(PICTURES / "note.jpg"))
    classifier = Classifier.load(shipped("models/digits.tflite"))
    finder = registry.make_finder("rules", classifier, 0.5, classifier.manifest.threshold)
    memory, clock = finder.memory(), Clock()
    found = finder.find(image, memory, clock)
    digits = [one for one in found.candidates if not one.reason]
    assert sorted(d.label for d in digits_of(digits)) == sorted(map(int, "1958403672"))
    assert all(type(one.reason) is Reason and type(one.score) is float for one in found.candidates)
    again = finder.follow(image, [one.candidate for one in digits], memory, clock)
    assert [[d.label for d in digits_of(there)] for there in again] == [[d.label] for d in digits_of(digits)]
    assert all(type(one.candidate.doubt) is float for there in again for one in there)
    assert {*clock.milliseconds} == {"find", "classify", "select"}


def test_who_knows_the_digits_looks_for_their_ink_alone() -> None:
    image = cv2.imread(str(PICTURES / "note.jpg"))
    classifier = Classifier.load(shipped("models/digits.tflite"))
    finder = registry.make_finder("rules", classifier, 0.5, classifier.manifest.threshold)
    found = finder.find(image, finder.memory(), Clock())
    dark = [one.candidate for one in found.candidates if not one.reason]
    again = finder.find(image, finder.memory(), Clock(), dark)
    assert (found.thorough, again.thorough) == (True, False)
    assert len(digits_of(again.candidates)) == len(dark)
    assert {one.candidate.dark for one in again.candidates} == {True}
