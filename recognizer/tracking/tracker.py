"""Follows digits from frame to frame: ids that stay, and labels that don't flicker."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from math import exp, log
from typing import Any

from recognizer.core.digits import Digit
from recognizer.detection.by_rules.select import TOP
from recognizer.tracking.association import associate

APPEARS = 2  # frames in which a digit must be seen before it is shown
COASTS = 3  # frames for which a digit that was shown is kept though it isn't seen
RECENT, PRESENT = 8, 0.6  # and of its recent frames, the share in which it must have been seen
MEMORY = 0.9  # what a frame's evidence is still worth one frame later
FLOOR = 1e-3  # the least probability that a single frame may give to a label
HYSTERESIS = 5.0  # by how much another label's evidence must exceed the present one's, in nats
AT_REST = 0.3  # of its height by which a digit hardly moved


@dataclass(eq=False)
class _Track:
    id: int
    digit: Digit
    # Decayed sums of what each label's log-probability exceeds that of FLOOR by, and of what stood before the digit.
    evidence: dict[int, float] = field(default_factory=dict)
    marks: dict[str, float] = field(default_factory=dict)
    speed: tuple[int, int] = (0, 0)  # pixels a frame
    weight: float = 0.0  # how many frames the sums are worth
    faded: float = MEMORY  # what they are still worth when the next frame is read
    seen: int = 0
    missed: int = 0
    recent: deque[bool] = field(default_factory=lambda: deque(maxlen=RECENT))

    @property
    def present(self) -> bool:
        """Whether it is to be shown: clutter comes and goes."""
        often = self.recent.count(True) >= PRESENT * len(self.recent)
        return often and self.seen >= APPEARS and self.missed <= COASTS

    def see(self, digit: Digit) -> None:
        """Take what this frame shows of it; the label and the mark so far have an advantage."""
        if self.missed > COASTS:
            self.recent = deque([False], RECENT)  # it has to appear again, though as the same
        self.recent.append(True)
        coasted = self.speed if self.missed else (0, 0)  # it was moved on by its speed
        self.seen, self.missed = self.seen + 1, 0
        self.speed = (digit.box.x - self.digit.box.x + coasted[0], digit.box.y - self.digit.box.y + coasted[1])
        if not digit.seen:
            self.digit = self.digit.unseen(digit.box)
            self.faded *= MEMORY
            return
        self.weight = self.faded * self.weight + 1
        _add(self.evidence, _evidence(digit), self.faded)
        _add(self.marks, {digit.mark: 1.0}, self.faded)
        self.faded = MEMORY
        top = _likeliest(self.evidence, self.digit.label, self.weight)
        mark = max(self.marks, key=self.marks.__getitem__)
        self.digit = Digit(*top[0], digit.box, top, self.id, mark, digit.seen)

    def miss(self) -> None:
        """Take that this frame doesn't show it."""
        self.recent.append(False)
        self.missed += 1
        self.digit = self.digit.unseen(self.digit.box.moved(*self.speed))


class Tracker:
    """Digits of the frames of one video or camera, in order."""

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._last: list[_Track] = []  # those of the last frame's digits
        self._next = 1

    def update(self, digits: list[Digit], size: tuple[int, int]) -> list[Digit]:
        """Take the digits of the next frame and give those to show, labels smoothed over time.

        A digit is shown from its second frame on, and for three frames after it was last seen.

        Args:
            digits: as read in this frame alone; those that aren't `seen` are there, but weren't read.
            size: of the frame, width and height; what moves out of it isn't shown.

        Returns:
            Digits with their `track`; label, confidence and mark come from all frames of the track.
        """
        if not self._rest(digits):
            pairs = {new: self._tracks[old] for old, new in associate([t.digit for t in self._tracks], digits).items()}
            self._last = [pairs.get(place) or self._begin(digit) for place, digit in enumerate(digits)]
        for track, digit in zip(self._last, digits, strict=True):
            track.see(digit)
        for track in set(self._tracks).difference(self._last):
            track.miss()
        self._tracks = [t for t in self._tracks if t.missed <= (RECENT if t.seen >= APPEARS else 1)]
        return [t.digit for t in self._tracks if t.present and t.digit.box.inside(size)]

    def _rest(self, digits: list[Digit]) -> bool:
        """Whether these are the last frame's digits in the same order, hardly moved: most frames of a video are so."""
        return len(digits) == len(self._last) and all(
            digit.label == track.digit.label
            and abs(digit.box.x - track.digit.box.x) + abs(digit.box.y - track.digit.box.y) <= AT_REST * digit.box.h
            for digit, track in zip(digits, self._last, strict=True))

    def _begin(self, digit: Digit) -> _Track:
        self._tracks.append(_Track(self._next, replace(digit, track=self._next)))
        self._next += 1
        return self._tracks[-1]


def _add(sums: dict[Any, float], new: dict[Any, float], faded: float) -> None:
    """Add a frame's evidence to sums that have faded by a factor."""
    for key in sums:
        sums[key] *= faded
    for key, value in new.items():
        sums[key] = sums.get(key, 0.0) + value


def _evidence(digit: Digit) -> dict[int, float]:
    """By how much the log-probabilities of a frame's labels exceed that of FLOOR; those that don't are left out."""
    return {label: log(probability / FLOOR) for label, probability in digit.top or ((digit.label, digit.confidence),)
            if probability > FLOOR}


def _likeliest(evidence: dict[int, float], favoured: int, weight: float) -> tuple[tuple[int, float], ...]:
    """The likeliest labels with their probabilities, given sums that are worth `weight` frames."""
    sums = {**dict.fromkeys(range(10), 0.0), **evidence}
    sums[favoured] += HYSTERESIS
    most = max(sums.values())
    means = {label: exp((sum_ - most) / weight) for label, sum_ in sums.items()}
    whole = sum(means.values())
    return tuple((label, means[label] / whole) for label in sorted(means, key=means.__getitem__, reverse=True)[:TOP])
