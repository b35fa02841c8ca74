"""Follows the digits and numbers of a clip's truth, and counts how steadily they are read."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from recognizer.core.digits import Digit
from recognizer.core.geometry import Box
from recognizer.reading import Reading

Line = dict[str, Any]  # of a truth file
FAR = 200  # pixels within which a digit of the truth is the same one when others come or go between two frames
ON = 0.5  # intersection over union from which a reading stands on a digit of the truth
HELD = 1.0  # seconds for which a number must have been held still before it counts


@dataclass
class Steadiness:
    """What was counted.

    Attributes:
        digits: that were written, each counted once.
        seen: frames in which a steady digit was shown, summed over the digits.
        changes: of a steady digit's label from one frame to the next.
        switches: of a digit's track id.
        arrivals: frames from each digit's first steady one to its right label, 1 for at once.
        held: numbers, a frame each, that had been held still for a second.
        right: of these, how many were read as written.
    """

    digits: int = 0
    seen: int = 0
    changes: int = 0
    switches: int = 0
    arrivals: list[int] = field(default_factory=list)
    held: int = 0
    right: int = 0

    def add(self, other: Steadiness) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def follow(truth: list[Line], readings: Iterator[Reading]) -> Steadiness:
    """Compare the readings of a whole clip with its truth, frame by frame."""
    counts = Steadiness()
    shown: dict[int, tuple[int, Digit]] = {}  # of each written digit: the frame and how it was last shown
    began: dict[int, int] = {}  # its first steady frame
    arrived: set[int] = set()
    held: dict[str, int] = {}  # of each written number, for how many frames it has been steady
    for index, (line, names, reading) in enumerate(zip(truth, _names(truth), readings, strict=True)):
        steady = line["steady"]
        for name, written in zip(names, line["digits"], strict=True):
            digit = _shown_at(Box(*written["box"]), reading)
            if steady:
                began.setdefault(name, index)
            if digit is None:
                continue
            before, last = shown.get(name, (index, digit))
            counts.switches += last.track != digit.track
            counts.changes += steady and before == index - 1 and last.label != digit.label
            counts.seen += steady
            shown[name] = index, digit
            if steady and digit.label == written["label"] and name not in arrived:
                arrived.add(name)
                counts.arrivals.append(index - began[name] + 1)
        held = {n["text"]: held.get(n["text"], 0) + 1 for n in line["numbers"]} if steady else {}
        read = [number.text for number in reading.numbers]
        long = [text for text, frames in held.items() if frames > HELD * (reading.frame.fps or 1)]
        counts.held += len(long)
        counts.right += sum(text in read for text in long)
    counts.arrivals += [len(truth) - began[name] + 1 for name in began.keys() - arrived]  # never
    counts.digits = len({name for names in _names(truth) for name in names})
    return counts


def _names(truth: list[Line]) -> Iterator[list[int]]:
    """For each frame a name for each of its digits, which stays while that digit is in the picture."""
    fresh = itertools.count()
    names: list[int] = []
    last: list[Line] = []
    for line in truth:
        digits = line["digits"]
        if [d["label"] for d in digits] != [d["label"] for d in last]:
            left = list(zip(names, last, strict=True))
            names = []
            for digit in digits:
                near = [(_apart(digit, other), name) for name, other in left if name not in names]
                distance, name = min(near, default=(FAR, 0))
                names.append(name if distance < FAR else next(fresh))
        last = digits
        yield names


def _apart(one: Line, other: Line) -> float:
    """Pixels between two digits of the truth; those of two labels are never the same."""
    (ax, ay), (bx, by) = Box(*one["box"]).centre, Box(*other["box"]).centre
    return abs(ax - bx) + abs(ay - by) if one["label"] == other["label"] else FAR


def _shown_at(box: Box, reading: Reading) -> Digit | None:
    """The digit that is shown at a place."""
    def shared(digit: Digit) -> float:
        both = box.intersection(digit.box)
        return both / (box.area + digit.box.area - both)

    best = max(reading.digits, key=shared, default=None)
    return best if best is not None and shared(best) >= ON else None
