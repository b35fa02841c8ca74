"""Follows digits from frame to frame: ids that stay, and labels that don't flicker."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from recognizer.types import Box, Digit

REACH = 0.7  # how far a digit may move between two frames, in its heights
MOST_GROWTH = 1.6  # of its height between two frames
APPEARS = 2  # frames in which a digit must be seen before it is shown
COASTS = 3  # frames for which a digit that was shown is kept though it isn't seen
RECENT, PRESENT = 8, 0.6  # and of its recent frames, the share in which it must have been seen
MEMORY = 0.93  # what a frame's evidence is still worth one frame later
FLOOR = 1e-3  # the least probability that a single frame may give to a label


@dataclass
class _Track:
    id: int
    digit: Digit
    evidence: NDArray[np.float64]  # (10,) decayed sums of log-probabilities
    seen: int = 1
    missed: int = 0
    recent: deque[bool] = field(default_factory=lambda: deque([True], RECENT))

    @property
    def present(self) -> bool:
        """Whether it is to be shown: clutter comes and goes."""
        often = sum(self.recent) >= PRESENT * len(self.recent)
        return often and self.seen >= APPEARS and self.missed <= COASTS


class Tracker:
    """Digits of the frames of one video or camera, in order."""

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._next = 1

    def update(self, digits: list[Digit]) -> list[Digit]:
        """Take the digits of the next frame and give those to show, labels smoothed over time.

        A digit is shown from its second frame on, and for three frames after it was last seen.

        Args:
            digits: as read in this frame alone.

        Returns:
            Digits with their `track`; label and confidence come from all frames of the track.
        """
        pairs = self._associate(digits)
        for index, track in enumerate(self._tracks):
            if index in pairs and track.missed > COASTS:
                track.recent = deque([False], RECENT)  # it has to appear again, though as the same
            track.recent.append(index in pairs)
            if index in pairs:
                digit = digits[pairs[index]]
                track.evidence = MEMORY * track.evidence + _log_probabilities(digit)
                track.digit, track.missed = digit, 0
                track.seen += 1
            else:
                track.missed += 1
        taken = set(pairs.values())
        for index, digit in enumerate(digits):
            if index not in taken:
                self._tracks.append(_Track(self._next, digit, _log_probabilities(digit)))
                self._next += 1
        self._tracks = [t for t in self._tracks if t.missed <= (RECENT if t.seen >= APPEARS else 1)]
        return [_shown(t) for t in self._tracks if t.present]

    def _associate(self, digits: list[Digit]) -> dict[int, int]:
        """Index of track -> index of digit, the nearest pairs first."""
        costs = sorted(
            (cost, i, j)
            for i, track in enumerate(self._tracks)
            for j, digit in enumerate(digits)
            if (cost := _cost(track.digit.box, digit.box)) is not None
        )
        pairs: dict[int, int] = {}
        taken: set[int] = set()
        for _, i, j in costs:
            if i not in pairs and j not in taken:
                pairs[i] = j
                taken.add(j)
        return pairs


def _cost(old: Box, new: Box) -> float | None:
    """Distance of the centres in heights, or None where the two can't be the same digit."""
    tall, low = max(old.h, new.h), min(old.h, new.h)
    if tall > MOST_GROWTH * low:
        return None
    (ax, ay), (bx, by) = old.centre, new.centre
    distance = float(np.hypot(ax - bx, ay - by)) / tall
    return distance if distance <= REACH else None


def _log_probabilities(digit: Digit) -> NDArray[np.float64]:
    probabilities = np.full(10, FLOOR)
    for label, probability in digit.top:
        if 0 <= label <= 9:
            probabilities[label] = max(FLOOR, probability)
    probabilities[digit.label] = max(FLOOR, digit.confidence)
    return np.asarray(np.log(probabilities))


def _shown(track: _Track) -> Digit:
    label = int(track.evidence.argmax())
    share = float((1 - MEMORY**track.seen) / (1 - MEMORY))  # how many frames the sums are worth
    mean = np.exp((track.evidence - track.evidence.max()) / share)
    best = mean / mean.sum()
    order = np.argsort(-best)[:3]
    top = tuple((int(k), float(best[k])) for k in order)
    return replace(track.digit, label=label, confidence=float(best[label]), top=top, track=track.id)
