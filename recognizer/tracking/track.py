"""One digit through the frames of a video: an id that stays, and a label that doesn't flicker."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import exp, log
from typing import Any

from recognizer.core.digits import Digit
from recognizer.detection.candidate import TOP, Candidate, ScoredCandidate
from recognizer.tracking.settings import SETTINGS


@dataclass(frozen=True)
class Sighting:
    """Where a tracked digit can be looked for in the next frame.

    Attributes:
        scored: as it was last found and read.
        digit: where it is now, with the mark that stands before it; not `seen` where its neighbours tell that.
        confirmed: it was found in two frames; else the next one is looked through again.
        doubts: full detections that passed over it since one found it. To read it again at its place is easier than to
            find it, so what was found by chance would stay for ever.
    """

    scored: ScoredCandidate
    digit: Digit
    confirmed: bool = True
    doubts: int = 0

    @property
    def candidate(self) -> Candidate:
        """As it was last found, where it is now."""
        return self.scored.candidate.at(self.digit.box)


@dataclass(eq=False)
class Track:
    """A tracked digit.

    Attributes:
        id: stays.
        digit: to be shown; label, confidence and mark come from all frames.
        sighting: where to look for it in the next frame; None where it isn't to be looked for.
    """

    id: int
    digit: Digit
    sighting: Sighting | None = None
    # Decayed sums of what each label's log-probability exceeds the floor's by, and of what stood before the digit.
    _evidence: dict[int, float] = field(default_factory=dict)
    _marks: dict[str, float] = field(default_factory=dict)
    _speed: tuple[int, int] = (0, 0)  # pixels a frame
    _weight: float = 0.0  # how many frames the sums are worth
    _faded: float = SETTINGS.memory  # what they are still worth when the next frame is read
    _seen: int = 0
    _missed: int = 0
    _recent: deque[bool] = field(default_factory=lambda: deque(maxlen=SETTINGS.recent))

    @property
    def present(self) -> bool:
        """Whether it is to be shown: clutter comes and goes."""
        often = self._recent.count(True) >= SETTINGS.present * len(self._recent)
        return often and self._seen >= SETTINGS.appears and self._missed <= SETTINGS.coasts

    @property
    def lost(self) -> bool:
        """Whether it is to be forgotten."""
        return self._missed > (SETTINGS.recent if self._seen >= SETTINGS.appears else 1)

    def see(self, digit: Digit) -> None:
        """Take what this frame shows of it; the label and the mark so far have an advantage."""
        if self._missed > SETTINGS.coasts:
            self._recent = deque([False], SETTINGS.recent)  # it has to appear again, though as the same
        self._recent.append(True)
        coasted = self._speed if self._missed else (0, 0)  # it was moved on by its speed
        self._seen, self._missed = self._seen + 1, 0
        self._speed = (digit.box.x - self.digit.box.x + coasted[0], digit.box.y - self.digit.box.y + coasted[1])
        if not digit.seen:
            self.digit = self.digit.unseen(digit.box)
            self._faded *= SETTINGS.memory
            return
        self._weight = self._faded * self._weight + 1
        _add(self._evidence, _evidence(digit), self._faded)
        _add(self._marks, {digit.mark: 1.0}, self._faded)
        self._faded = SETTINGS.memory
        top = _likeliest(self._evidence, self.digit.label, self._weight)
        mark = max(self._marks, key=self._marks.__getitem__)
        self.digit = Digit(*top[0], digit.box, top, self.id, mark, digit.seen)

    def miss(self) -> None:
        """Take that this frame doesn't show it."""
        self._recent.append(False)
        self._missed += 1
        self.digit = self.digit.unseen(self.digit.box.moved(*self._speed))


def _add(sums: dict[Any, float], new: dict[Any, float], faded: float) -> None:
    """Add a frame's evidence to sums that have faded by a factor."""
    for key in sums:
        sums[key] *= faded
    for key, value in new.items():
        sums[key] = sums.get(key, 0.0) + value


def _evidence(digit: Digit) -> dict[int, float]:
    """By how much the log-probabilities of a frame's labels exceed that of the floor; those that don't are left out."""
    return {label: log(probability / SETTINGS.floor)
            for label, probability in digit.top or ((digit.label, digit.confidence),) if probability > SETTINGS.floor}


def _likeliest(evidence: dict[int, float], favoured: int, weight: float) -> tuple[tuple[int, float], ...]:
    """The likeliest labels with their probabilities, given sums that are worth `weight` frames."""
    sums = {**dict.fromkeys(range(10), 0.0), **evidence}
    sums[favoured] += SETTINGS.hysteresis
    most = max(sums.values())
    means = {label: exp((sum_ - most) / weight) for label, sum_ in sums.items()}
    whole = sum(means.values())
    return tuple((label, means[label] / whole) for label in sorted(means, key=means.__getitem__, reverse=True)[:TOP])
