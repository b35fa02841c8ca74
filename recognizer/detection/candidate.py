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

TOP = 3  # likeliest labels that a digit carries
NO_MASK: Image = np.zeros((0, 0), np.uint8)


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
        contrast: how far the ink stands out from its ground, as a share of the ground's brightness.
        dark: dark ink on a lighter ground, not light on dark.
        mask: (h, w) uint8, 0 or 1, of the ink in its box, at any scale; empty where it isn't known.
    """

    box: Box
    crop: Image
    contrast: float
    dark: bool
    mask: Image = field(default_factory=lambda: NO_MASK)

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
    return [_digit(one.candidate, one.probabilities) for one in candidates if not one.reason]


def digits_again(digits: Iterable[Digit], classifier: Classifier) -> list[Digit]:
    """What a classifier says of digits by their last crops; what it takes for none is left out."""
    seen = [digit for digit in digits if digit.crops]
    if not seen:
        return []
    rows = classifier(np.stack([digit.crops[0] for digit in seen]))
    again = [(digit, _top(row)) for digit, row in zip(seen, rows, strict=True) if row.argmax() != NO_DIGIT]
    return [replace(digit, label=top[0][0], confidence=min(1.0, top[0][1]), top=top, seen=top[0])
            for digit, top in again]


def _digit(candidate: Candidate, probabilities: NDArray[np.float32]) -> Digit:
    top = _top(probabilities)
    label, confidence = top[0]
    return Digit(label, min(1.0, confidence), candidate.box, top, seen=top[0], crops=(candidate.crop,))


def _top(probabilities: NDArray[np.float32]) -> tuple[tuple[int, float], ...]:
    """The likeliest labels with their probabilities, the best first."""
    shares = probabilities[:NO_DIGIT].tolist()
    return tuple((label, shares[label]) for label in sorted(range(NO_DIGIT), key=lambda label: -shares[label])[:TOP])
