"""Follows digits from frame to frame: ids that stay, and labels that don't flicker."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from recognizer.types import COMMA, MINUS, POINT, Box, Digit

REACH = 0.9  # how far a digit may stray from where it is expected, in its heights
ODD = 0.3  # what it counts as, likewise, when a digit doesn't move along with most, or when its label is another
FAR = 2.5  # how far a whole sheet may move between two frames, likewise
CELL = 0.4  # movements that differ by less count as one, likewise
MOST_GROWTH = 1.6  # of its height between two frames
APPEARS = 2  # frames in which a digit must be seen before it is shown
COASTS = 3  # frames for which a digit that was shown is kept though it isn't seen
RECENT, PRESENT = 8, 0.6  # and of its recent frames, the share in which it must have been seen
MEMORY = 0.9  # what a frame's evidence is still worth one frame later
FLOOR = 1e-3  # the least probability that a single frame may give to a label
HYSTERESIS = 5.0  # by how much another label's evidence must exceed the present one's, in nats
MARKS = ("", MINUS, POINT, COMMA)

_LOG_FLOOR = log(FLOOR)
_KEYS = np.array([1.0, 1e6])  # makes one number of two
_Floats = NDArray[np.float64]


@dataclass
class _Track:
    id: int
    digit: Digit
    evidence: list[float] = field(default_factory=lambda: [0.0] * 10)  # decayed sums of log-probabilities
    marks: dict[str, float] = field(default_factory=lambda: dict.fromkeys(MARKS, 0.0))  # and of what stood before it
    speed: tuple[int, int] = (0, 0)  # pixels a frame
    weight: float = 0.0  # how many frames the sums are worth
    seen: int = 0
    missed: int = 0
    recent: deque[bool] = field(default_factory=lambda: deque(maxlen=RECENT))

    @property
    def present(self) -> bool:
        """Whether it is to be shown: clutter comes and goes."""
        often = sum(self.recent) >= PRESENT * len(self.recent)
        return often and self.seen >= APPEARS and self.missed <= COASTS

    def see(self, digit: Digit) -> None:
        """Take what this frame shows of it; the label and the mark so far have an advantage."""
        if self.missed > COASTS:
            self.recent = deque([False], RECENT)  # it has to appear again, though as the same
        self.recent.append(True)
        self.seen, self.missed = self.seen + 1, 0
        self.weight = MEMORY * self.weight + 1
        new = _log_probabilities(digit)
        self.evidence = [MEMORY * sum_ + log_ for sum_, log_ in zip(self.evidence, new, strict=True)]
        self.marks = {mark: MEMORY * sum_ + (mark == digit.mark) for mark, sum_ in self.marks.items()}
        self.speed = digit.box.x - self.digit.box.x, digit.box.y - self.digit.box.y
        favoured = self.evidence.copy()
        favoured[self.digit.label if self.seen > 1 else digit.label] += HYSTERESIS
        most = max(favoured)
        means = [exp((sum_ - most) / self.weight) for sum_ in favoured]
        whole = sum(means)
        best = sorted(range(10), key=lambda label: -means[label])[:3]
        top = tuple((label, means[label] / whole) for label in best)
        self.digit = Digit(*top[0], digit.box, top, self.id, max(self.marks, key=self.marks.__getitem__),
                           (digit.label, digit.confidence))

    def miss(self) -> None:
        """Take that this frame doesn't show it."""
        self.recent.append(False)
        self.missed += 1
        x, y, w, h = self.digit.box
        self.digit = replace(self.digit, seen=None, box=Box(x + self.speed[0], y + self.speed[1], w, h))


class Tracker:
    """Digits of the frames of one video or camera, in order."""

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._next = 1

    def update(self, digits: list[Digit], size: tuple[int, int]) -> list[Digit]:
        """Take the digits of the next frame and give those to show, labels smoothed over time.

        A digit is shown from its second frame on, and for three frames after it was last seen.

        Args:
            digits: as read in this frame alone.
            size: of the frame, width and height; what moves out of it isn't shown.

        Returns:
            Digits with their `track`; label, confidence and mark come from all frames of the track.
        """
        pairs = associate([track.digit for track in self._tracks], digits)
        for index, track in enumerate(self._tracks):
            if index in pairs:
                track.see(digits[pairs[index]])
            else:
                track.miss()
        taken = set(pairs.values())
        for index, digit in enumerate(digits):
            if index not in taken:
                self._tracks.append(_Track(self._next, digit))
                self._tracks[-1].see(digit)
                self._next += 1
        self._tracks = [t for t in self._tracks if t.missed <= (RECENT if t.seen >= APPEARS else 1)]
        return [t.digit for t in self._tracks if t.present and t.digit.box.inside(size)]


def associate(old: list[Digit], new: list[Digit]) -> dict[int, int]:
    """Which of the new digits each old one is: index of the old -> index of the new, the nearest pairs first.

    A sheet takes all its digits along, often by more than their distance in one frame. So each old digit is
    expected where it was or, if that is nearer, where the movement that most digits share takes it.
    """
    if not old or not new:
        return {}
    (was, height, label), (now, other, read) = _places(old), _places(new)
    tall, low = np.maximum(height[:, None], other), np.minimum(height[:, None], other)
    moved = (now - was[:, None]) / tall[..., None]
    alike = tall <= MOST_GROWTH * low
    same = label[:, None] == read
    shared = _shared_movement(moved[alike & same])
    alone, along = (np.hypot(m[..., 0], m[..., 1]) for m in (moved, moved - shared))
    cost = np.minimum(along, alone + ODD) + ODD * ~same
    rows, columns = np.nonzero(alike & (cost <= REACH))
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    order = np.argsort(cost[rows, columns], kind="stable")
    for i, j in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return pairs


def _places(digits: list[Digit]) -> tuple[_Floats, _Floats, NDArray[np.intp]]:
    """Of N digits: (N, 2) centres, (N,) heights and (N,) labels."""
    boxes = np.array([digit.box for digit in digits], np.float64)
    return boxes[:, :2] + boxes[:, 2:] / 2, boxes[:, 3], np.array([digit.label for digit in digits])


def _shared_movement(moved: _Floats) -> _Floats:
    """The movement, of (N, 2) possible ones in heights, that most of them agree on, the least of several."""
    length = np.hypot(*moved.T)
    moved = moved[np.argsort(length)][: np.count_nonzero(length <= FAR)]
    if not len(moved):
        return np.zeros(2)
    cells = np.rint(moved / CELL)
    _, first, votes = np.unique(cells @ _KEYS, return_index=True, return_counts=True)
    chosen = first[votes == votes.max()].min()  # the least comes first
    near = moved[np.abs(moved - CELL * cells[chosen]).max(axis=1) <= CELL]
    return np.asarray(np.sort(near, axis=0)[len(near) // 2])


def _log_probabilities(digit: Digit) -> list[float]:
    logs = [_LOG_FLOOR] * 10
    for label, probability in (*digit.top, (digit.label, digit.confidence)):
        logs[label] = log(max(FLOOR, probability))
    return logs
