"""Places where a digit may stand, and what became of them: what a finder gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recognizer.classification.classifier import NO_DIGIT, Classifier
from recognizer.core.digits import Digit
from recognizer.core.frame import Image
from recognizer.core.geometry import Box
from recognizer.detection.evidence import OF_PLACE
from recognizer.detection.ink import NO_INK, Ink
from recognizer.detection.network import Floats

TOP = 3  # likeliest labels that a digit carries


class Reason(StrEnum):
    """Why a candidate is no digit, in a word; empty, and false, where it is one."""

    NONE = ""
    NO_DIGIT = "no digit"  # the network takes it for none
    UNSURE = "unsure"  # no label is likely enough
    OVERLAP = "overlap"  # a better candidate stands at its place
    CUT_OFF = "cut off"  # by the picture's border


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A place in a frame where a digit may stand.

    Attributes:
        box: where, in pixels of the frame.
        crop: (28, 28) uint8, 0 or 255: what the network gets.
        ink: that makes it.
        evidence: (6,) float32 of its place, by `of_places`, as it was when the whole frame was looked through last.
    """

    box: Box
    crop: Image
    ink: Ink = NO_INK
    evidence: Floats = field(default_factory=lambda: np.zeros(OF_PLACE, np.float32))

    def at(self, box: Box) -> Self:
        """The same elsewhere."""
        return self if box == self.box else replace(self, box=box)


@dataclass(frozen=True, slots=True, eq=False)
class ScoredCandidate:
    """What became of a candidate.

    Attributes:
        candidate: as it was found.
        probabilities: (11,) float32, the last one "no digit".
        reason: why it is no digit; `Reason.NONE` where it is one.
        score: probability that it is a digit at all, 0 to 1.
    """

    candidate: Candidate
    probabilities: NDArray[np.float32]
    reason: Reason
    score: float = 0.0


def digits_of(candidates: Iterable[ScoredCandidate]) -> list[Digit]:
    """Those that are digits, in the order given."""
    return [_digit(one) for one in candidates if not one.reason]


def digits_again(digits: Iterable[Digit], classifier: Classifier) -> list[Digit]:
    """What a classifier says of digits by their last crops; what it takes for none is left out."""
    seen = [digit for digit in digits if digit.crops]
    if not seen:
        return []
    rows = classifier(np.stack([digit.crops[0] for digit in seen]))
    again = [(digit, _top(row)) for digit, row in zip(seen, rows, strict=True) if row.argmax() != NO_DIGIT]
    return [replace(digit, label=top[0][0], confidence=min(1.0, top[0][1]), top=top, seen=top[0])
            for digit, top in again]


def _digit(one: ScoredCandidate) -> Digit:
    top = _top(one.probabilities)
    label, confidence = top[0]
    return Digit(label, min(1.0, confidence), one.candidate.box, top, seen=top[0], crops=(one.candidate.crop,),
                 score=one.score)


def _top(probabilities: NDArray[np.float32]) -> tuple[tuple[int, float], ...]:
    """The likeliest labels with their probabilities, the best first."""
    shares = probabilities[:NO_DIGIT].tolist()
    return tuple((label, shares[label]) for label in sorted(range(NO_DIGIT), key=lambda label: -shares[label])[:TOP])
