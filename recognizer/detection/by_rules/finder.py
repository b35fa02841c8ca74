"""The finder by rules, behind the door that all finders share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.classification.classifier import NO_DIGIT, Classifier
from recognizer.classification.preprocess import CROP_SIDE
from recognizer.core.clock import Clock
from recognizer.core.frame import Image
from recognizer.core.geometry import at_one_place
from recognizer.detection.by_rules.again import find_again
from recognizer.detection.by_rules.dismissed import Dismissed
from recognizer.detection.by_rules.find import search
from recognizer.detection.by_rules.ground import PAPER
from recognizer.detection.by_rules.ink import BOTH, Ink
from recognizer.detection.by_rules.level import levelled
from recognizer.detection.by_rules.select import Classified, best_of_each, select
from recognizer.detection.by_rules.split import split
from recognizer.detection.by_rules.views import FULL, Greys, Light, Views
from recognizer.detection.candidate import Candidate, ScoredCandidate, digits_of
from recognizer.detection.finder import Found, Limits
from recognizer.errors import InputError
from recognizer.numbers.deskew import tilt_of

WHITE = 225  # what the ground is shown as


@dataclass
class RuleMemory:
    """Of one video.

    Attributes:
        greys: the last picture's.
        views: likewise, as it was looked at.
        light: of the last picture that was searched.
        tilt: of its lines, by which digits are turned upright.
        dismissed: what the last search cut out and refused; the next one passes over it.
    """

    greys: Greys | None = None
    views: Views | None = None
    light: Light | None = None
    tilt: float = 0.0
    dismissed: Dismissed = field(default_factory=Dismissed)

    def greys_of(self, image: Image) -> Greys:
        """Those of a picture; made once, though digits are followed in it first and then it is searched."""
        if self.greys is None or self.greys.image is not image:
            self.greys = Greys(image)
        return self.greys


class RuleFinder:
    """Finds ink at several contrasts, and judges it by its shape, its ground, the network and its company.

    Args:
        classifier: reads the crops.
        limits: what counts as a digit.
    """

    def __init__(self, classifier: Classifier, limits: Limits) -> None:
        self._classifier, self._threshold, self._likeness = classifier, limits.label, limits.digit

    def memory(self, moving: bool) -> RuleMemory:
        return RuleMemory()

    def find(self, image: Image, memory: RuleMemory, clock: Clock, known: Sequence[Candidate] = ()) -> Found:
        """Search a picture: for light and dark ink, or for that of the known digits alone if all have the same."""
        polarities = tuple({candidate.dark for candidate in known})
        polarities = polarities if len(polarities) == 1 else BOTH
        with clock.stage("find"):
            greys = memory.greys_of(image)
            views = memory.views = Views(greys, polarities=polarities)
            found = search(views, memory.dismissed)
        candidates, refused = [c for c in found if not c.refused], [c for c in found if c.refused]
        probabilities = self._classified(candidates, clock)
        halves, of_halves = split(candidates, probabilities, lambda parts: self._classified(parts, clock))
        candidates, probabilities = candidates + halves, np.vstack([probabilities, of_halves])
        judged, memory.tilt = self._select(candidates, probabilities, refused, clock)
        memory.light = views.light
        return Found(judged, polarities == BOTH, greys.made(FULL))

    def _select(
        self, candidates: list[Ink], probabilities: NDArray[np.float32], refused: list[Ink], clock: Clock
    ) -> tuple[list[ScoredCandidate], float]:
        """Judge the candidates of a frame, turned upright where that makes its digits surer; also gives the tilt."""
        with clock.stage("select"):
            judged = select(candidates, probabilities, refused, self._threshold, self._likeness)
            tilt = tilt_of(digits_of(judged))
        if not tilt:
            return judged, 0.0
        upright = [levelled(candidate, tilt) for candidate in candidates]
        rows = self._classified(upright, clock)
        chosen = [not j.reason for j in judged[: len(candidates)]]
        if _sureness(rows[chosen]) <= _sureness(probabilities[chosen]):
            return judged, 0.0
        with clock.stage("select"):
            return select(upright, rows, refused, self._threshold, self._likeness), tilt

    def follow(
        self, image: Image, known: Sequence[Candidate], memory: RuleMemory, clock: Clock
    ) -> list[list[ScoredCandidate]]:
        inks = cast("Sequence[Ink]", known)
        wholes = {id(whole): whole for whole in (ink.whole or ink for ink in inks)}
        with clock.stage("find"):
            views = memory.views = Views(memory.greys_of(image), memory.light, tuple({ink.dark for ink in inks}))
            again = [[levelled(candidate, memory.tilt) for candidate in there]
                     for there in find_again(views, list(wholes.values()))]
        rows = iter(self._classified([candidate for there in again for candidate in there], clock))
        read = {whole: [(candidate, next(rows)) for candidate in there]
                for whole, there in zip(wholes, again, strict=True)}
        parts = {whole: self._parts(read[whole], clock) for whole in {id(ink.whole) for ink in inks if ink.whole}}
        at_places = [[part for part in parts[id(ink.whole)] if at_one_place(part[0].box, ink.box)] if ink.whole
                     else read[id(ink)] for ink in inks]
        with clock.stage("select"):
            return best_of_each(at_places, self._threshold, self._likeness)

    def _parts(self, wholes: list[Classified], clock: Clock) -> list[Classified]:
        """The digits that touch, of a place where some did a moment ago."""
        rows = np.array([row for _, row in wholes], np.float32).reshape(-1, NO_DIGIT + 1)
        parts = split([whole for whole, _ in wholes], rows, lambda halves: self._classified(halves, clock))
        return list(zip(*parts, strict=True))

    def _classified(self, candidates: Sequence[Candidate], clock: Clock) -> NDArray[np.float32]:
        with clock.stage("classify"):
            return self._classifier(np.array([c.crop for c in candidates], np.uint8).reshape(-1, CROP_SIDE, CROP_SIDE))

    def seen(self, memory: RuleMemory) -> Callable[[], Image]:
        """The picture without its light, the ground nearly white."""
        views = memory.views
        if views is None:
            raise InputError("expected a memory of a frame, found an empty one")
        return lambda: np.asarray(cv2.convertScaleAbs(views.flat(views.looks[0]), alpha=WHITE / PAPER), np.uint8)


def _sureness(probabilities: NDArray[np.float32]) -> float:
    """How sure the labels of digits are, in the geometric mean."""
    return float(np.log(probabilities[:, :NO_DIGIT].max(axis=1)).mean())
