"""What is read: digits, and the numbers that they make."""

from __future__ import annotations

from dataclasses import dataclass, field

from recognizer.core.frame import Image
from recognizer.core.geometry import Box
from recognizer.errors import InputError

MINUS, POINT, COMMA = "-", ".", ","
SLASH, COLON, PERCENT = "/", ":", "%"
DOLLAR, EURO, POUND = CURRENCIES = "$", "€", "£"
FIRST_BOX, NEXT_BOX = "[", "|"  # the side of a form's box, the first of its row or another


@dataclass(frozen=True)
class Digit:
    """One digit that was read.

    Attributes:
        label: 0 to 9.
        confidence: calibrated probability of the label, 0 to 1.
        box: where, in pixels of the frame.
        top: the likeliest labels with their probabilities, best first.
        track: the same digit keeps its number from frame to frame; None in photographs.
        mark: what stands before it on its line: MINUS, a POINT, a COMMA, a SLASH, a COLON, one of the
            CURRENCIES, or a form's box; empty for nothing.
        seen: label and confidence by this frame alone, where `label` comes from all frames of a track; None
            where the digit is shown though it wasn't read in this frame.
        after: what stands behind it: PERCENT, or one of the CURRENCIES; empty for nothing.
        crops: what the network saw of it, (28, 28) uint8 each, in this frame and a few before, the latest first.
        score: probability that it is a digit at all, whichever, by this frame alone, 0 to 1.
    """

    label: int
    confidence: float
    box: Box
    top: tuple[tuple[int, float], ...] = ()
    track: int | None = None
    mark: str = ""
    seen: tuple[int, float] | None = None
    after: str = ""
    crops: tuple[Image, ...] = field(default=(), compare=False, repr=False)
    score: float = field(default=1.0, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.label <= 9 or not 0 <= self.confidence <= 1:
            raise InputError(f"expected a label 0-9 and a confidence 0-1, found {self.label} and {self.confidence}")

    def unseen(self, box: Box) -> Digit:
        """The same elsewhere, in a frame in which it wasn't read."""
        return Digit(self.label, self.confidence, box, self.top, self.track, self.mark, after=self.after,
                     crops=self.crops, score=self.score)


@dataclass(frozen=True)
class Number:
    """Digits on one line, close and alike in size, in reading order.

    Attributes:
        text: its digits, left to right, with a decimal point or comma between them and a minus before them.
        confidence: the probability that all of them are right, 0 to 1.
        box: around all its digits.
        digits: indices into the reading's digits.
        implausible: why it doesn't fit what is expected, in a word; empty where it does.
    """

    text: str
    confidence: float
    box: Box
    digits: tuple[int, ...]
    implausible: str = ""
