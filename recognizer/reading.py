"""What was read in one frame: the result that the program hands out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from recognizer.core.digits import Digit, Number
from recognizer.core.frame import Frame, Image
from recognizer.detection.candidate import ScoredCandidate


@dataclass(frozen=True)
class Milliseconds:
    """What a frame took, stage by stage; `decode` happens while another frame is read, and is 0 where unknown."""

    decode: float = 0.0
    find: float = 0.0
    classify: float = 0.0
    select: float = 0.0
    marks: float = 0.0
    track: float = 0.0
    numbers: float = 0.0

    def __add__(self, other: Milliseconds) -> Milliseconds:
        """What two looks at one frame took, which was decoded once."""
        sums = (getattr(self, stage.name) + getattr(other, stage.name) for stage in fields(self)[1:])
        return Milliseconds(self.decode, *sums)


@dataclass(frozen=True)
class Reading:
    """What was read in one frame, digits and numbers in reading order.

    It draws itself: as the last line of a notebook's cell it is shown as the labelled picture. Two are equal when the
    same was read in the same frame.

    Attributes:
        frame: where it was read.
        digits: all digits.
        numbers: the numbers that they make; a digit alone is a number too. Some may be `implausible`.
        steady: those of the numbers that stood still for long enough just now; each is reported once, and again
            when it changes. In photographs all of them.
        fps: frames a second that the loop reaches, averaged over the last ones; 0 for photographs.
        milliseconds: that each stage took.
        judged: all scored candidates.
        searched: there was a full detection. Else only the places of tracked digits were looked at, and what is no
            digit comes from the last full detection.
        debug: its picture is to show what the program sees.
        seen: draws the frame as the finder looked at it, uint8; None where nothing was read, and in a reading that
            was pickled or copied: its debug view shows the frame itself.
    """

    frame: Frame
    digits: tuple[Digit, ...] = ()
    numbers: tuple[Number, ...] = ()
    steady: tuple[Number, ...] = ()
    fps: float = field(default=0.0, compare=False)
    milliseconds: Milliseconds = field(default=Milliseconds(), compare=False)
    judged: tuple[ScoredCandidate, ...] = field(default=(), compare=False)
    searched: bool = field(default=True, compare=False)
    debug: bool = field(default=False, compare=False)
    seen: Callable[[], Image] | None = field(default=None, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        """All but `seen`, which holds what the finder remembers: so a reading comes back from other processes."""
        return vars(self) | {"seen": None}

    def draw(self) -> Image:
        """The frame with boxes, labels and numbers drawn over it, or the debug view: (H, W, 3) uint8, BGR."""
        from recognizer.drawing import overlay

        return self.draw_debug() if self.debug else overlay.draw(self.frame, self.digits, self.numbers, self.fps)

    def draw_debug(self) -> Image:
        """What the program saw: (H, W, 3) uint8, BGR; higher than the frame by the strip of crops."""
        from recognizer.drawing import debug

        return debug.draw(self.seen() if self.seen else self.frame.image, self.frame.size, self.judged)

    def _repr_jpeg_(self) -> bytes:
        """The labelled picture, as notebooks show it."""
        import cv2

        return cv2.imencode(".jpg", self.draw())[1].tobytes()

    def event(self) -> dict[str, Any]:
        """The reading as the JSON object of one line of `--events`."""
        return {
            "source": self.frame.source,
            "frame": self.frame.index,
            "time": round(self.frame.time, 3),
            "clock": self.frame.moment,
            "size": list(self.frame.size),
            "digits": [_digit_event(digit) for digit in self.digits],
            "numbers": [_number_event(number) for number in self.numbers],
        }


def _number_event(number: Number) -> dict[str, Any]:
    event = {"text": number.text, "confidence": round(number.confidence, 4), "box": list(number.box),
             "digits": list(number.digits)}
    return event | ({"implausible": number.implausible} if number.implausible else {})


def _digit_event(digit: Digit) -> dict[str, Any]:
    label, confidence = digit.seen or (None, None)
    return {
        "label": digit.label,
        "confidence": round(digit.confidence, 4),
        "box": list(digit.box),
        "track": digit.track,
        "top": [[other, round(probability, 4)] for other, probability in digit.top],
        "frame_label": label,
        "frame_confidence": None if confidence is None else round(confidence, 4),
    }
