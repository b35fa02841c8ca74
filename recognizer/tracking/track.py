"""One digit through the frames of a video: an id that stays, and a label that doesn't flicker."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import exp, log
from typing import Any

from recognizer.core.digits import Digit
from recognizer.core.geometry import Box, at_one_place
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
        sure_once: probability of being a digit that it must have had in one frame, so that it is shown.
    """

    id: int
    digit: Digit
    sighting: Sighting | None = None
    sure_once: float = 0.0
    # Decayed sums of what each label's log-probability exceeds the floor's by, and of what stood beside the digit.
    _evidence: dict[int, float] = field(default_factory=dict)
    _marks: dict[tuple[str, str], float] = field(default_factory=dict)
    _speed: tuple[int, int] = (0, 0)  # pixels a frame
    _weight: float = 0.0  # how many frames the sums are worth
    _seen: int = 0
    _surest: float = 0.0  # how likely it was a digit in the frame in which it was likeliest
    _clear: bool = False  # it was certain when it was seen last, long after the frame before
    _missed: int = 0
    _unseen: float = 0.0  # seconds since it was last seen
    _unread: float = 0.0  # and since it was last read
    _other: tuple[int, float] | None = None  # the label that all frames were certain of lately, and for how long
    _stood: tuple[Box, int, float] | None = None  # where it has had its label, in how many frames, for how long
    _doubted: bool = False  # the next frame alone decides what it is, and whether it is one
    _recent: deque[bool] = field(default_factory=lambda: deque(maxlen=SETTINGS.recent))

    @property
    def present(self) -> bool:
        """Whether it is to be shown: clutter comes and goes."""
        often = self._recent.count(True) >= SETTINGS.present * len(self._recent)
        enough = self._seen >= SETTINGS.appears or self._clear
        return often and enough and self._surest >= self.sure_once and not self._gone

    @property
    def lost(self) -> bool:
        """Whether it is to be forgotten."""
        if self._seen < SETTINGS.appears:
            return self._missed > 1
        late = self._missed > SETTINGS.recent or self._unseen > SETTINGS.remembered_at_most
        return late and self._unseen > SETTINGS.remembered_at_least and self._missed > 1

    @property
    def stood(self) -> tuple[int, float]:
        """In how many frames it was read with its label at its place, and how many seconds lie between them."""
        return self._stood[1:] if self._stood else (0, 0.0)

    @property
    def _gone(self) -> bool:
        late = self._missed > SETTINGS.coasts or self._unseen > SETTINGS.coasts_at_most
        return late or (self._doubted and self._missed > 0)

    def doubt(self) -> None:
        """What the network says has changed: what it said before doesn't count any more."""
        self._doubted = True

    def see(self, digit: Digit, passed: float) -> None:
        """Take what this frame, some seconds after the last, shows; the label and the mark so far have an advantage."""
        if self._gone:
            self._recent = deque([False], SETTINGS.recent)  # it has to appear again, though as the same
        self._recent.append(True)
        self._speed = self._speed_to(digit.box)
        self._unread += passed
        self._seen, self._missed, self._unseen = self._seen + 1, 0, 0.0
        self._clear = passed >= SETTINGS.slow and digit.confidence >= SETTINGS.certain
        if not digit.seen:
            self.digit = self.digit.unseen(digit.box)
            return
        self._surest = max(self._surest, digit.score)
        faded = SETTINGS.memory ** (self._unread / SETTINGS.frame)
        favoured = self.digit.label
        if self._agreed(digit.seen, self._unread) or self._doubted:
            self._evidence, self._weight, favoured, self._doubted = {}, 0.0, digit.seen[0], False
        self._weight = faded * self._weight + 1
        _add(self._evidence, _evidence(digit), faded)
        _add(self._marks, {(digit.mark, digit.after): 1.0}, faded)
        advantage = SETTINGS.hysteresis * min(1.0, faded / SETTINGS.memory)
        top = _likeliest(self._evidence, favoured, self._weight, advantage)
        mark, after = max(self._marks, key=self._marks.__getitem__)
        self._stand(digit.box, top[0][0] == self.digit.label)
        self._unread = 0.0
        crops = (*digit.crops, *self.digit.crops)[: SETTINGS.crops]
        label, confidence = top[0]
        self.digit = Digit(label, confidence, digit.box, top, track=self.id, mark=mark, seen=digit.seen, after=after,
                           crops=crops, score=digit.score)

    def miss(self, passed: float) -> None:
        """Take that this frame, some seconds after the last, doesn't show it."""
        self._recent.append(False)
        self._missed += 1
        self._unseen += passed
        self._unread += passed
        self._stood = None
        self.digit = self.digit.unseen(self.digit.box.moved(*self._speed))

    def _speed_to(self, box: Box) -> tuple[int, int]:
        """Pixels a frame since it was last seen; in each frame that missed it, it was moved on by its speed."""
        moved = box.x - self.digit.box.x, box.y - self.digit.box.y
        x, y = (round((way + self._missed * speed) / (self._missed + 1))
                for way, speed in zip(moved, self._speed, strict=True))
        return x, y

    def _agreed(self, seen: tuple[int, float], passed: float) -> bool:
        """Whether the frames have been certain of another label for long enough: the sheet has changed in place."""
        label, confidence = seen
        if label == self.digit.label or confidence < SETTINGS.certain:
            self._other = None
            return False
        long = self._other[1] + passed if self._other and self._other[0] == label else 0.0
        self._other = label, long
        return long >= SETTINGS.agreed

    def _stand(self, box: Box, same: bool) -> None:
        if same and self._stood and at_one_place(box, self._stood[0]):
            place, frames, seconds = self._stood
            self._stood = place, frames + 1, seconds + self._unread
        else:
            self._stood = box, 1, 0.0


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


def _likeliest(
    evidence: dict[int, float], favoured: int, weight: float, advantage: float
) -> tuple[tuple[int, float], ...]:
    """The likeliest labels with their probabilities, given sums that are worth `weight` frames."""
    sums = {**dict.fromkeys(range(10), 0.0), **evidence}
    sums[favoured] += advantage
    most = max(sums.values())
    means = {label: exp((sum_ - most) / weight) for label, sum_ in sums.items()}
    whole = sum(means.values())
    return tuple((label, means[label] / whole) for label in sorted(means, key=means.__getitem__, reverse=True)[:TOP])
