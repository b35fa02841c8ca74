"""What travels between the rooms: small frozen dataclasses, checked when they are made."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recognizer.errors import InputError

if TYPE_CHECKING:
    from recognizer.candidates import Judged

Image = NDArray[np.uint8]
MINUS, POINT, COMMA = "-", ".", ","


class Box(NamedTuple):
    """A rectangle in pixels of the frame as it was read: left, top, width, height."""

    x: int
    y: int
    w: int
    h: int

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.w / 2, self.y + self.h / 2

    @property
    def area(self) -> int:
        return self.w * self.h

    def moved(self, right: int, down: int) -> Box:
        return Box(self.x + right, self.y + down, self.w, self.h)

    def inside(self, size: tuple[int, int]) -> bool:
        """Whether it lies wholly in a picture of this width and height."""
        return self.x >= 0 and self.y >= 0 and self.x + self.w <= size[0] and self.y + self.h <= size[1]

    def clipped(self, width: int, height: int) -> Box:
        """What of it lies in a picture of this width and height, with which it must share a pixel."""
        x, y = max(0, self.x), max(0, self.y)
        return Box(x, y, min(width, self.x + self.w) - x, min(height, self.y + self.h) - y)

    def of(self, picture: NDArray[Any]) -> NDArray[Any]:
        """That part of a picture, without a copy."""
        return picture[self.y : self.y + self.h, self.x : self.x + self.w]

    def intersection(self, other: Box) -> int:
        """The area in pixels that both cover."""
        x, y, w, h = self
        left, top, wide, high = other
        if x + w <= left or left + wide <= x or y + h <= top or top + high <= y:  # most pairs are apart
            return 0
        return (min(x + w, left + wide) - max(x, left)) * (min(y + h, top + high) - max(y, top))

    @staticmethod
    def around(boxes: list[Box]) -> Box:
        """The smallest box that holds all of them; there must be one at least."""
        if len(boxes) == 1:
            return boxes[0]
        left, top = min(b.x for b in boxes), min(b.y for b in boxes)
        right, bottom = max(b.x + b.w for b in boxes), max(b.y + b.h for b in boxes)
        return Box(left, top, right - left, bottom - top)


@dataclass(frozen=True)
class Frame:
    """One picture of a source.

    Attributes:
        image: (H, W, 3) uint8, BGR, or (H, W) uint8, grey; made contiguous, and (H, W) from (H, W, 1).
        index: counts from 0 within its source.
        time: seconds since the source's start: video time for files, the monotonic clock for cameras.
        source: the source's name as given; for folders and globs each file's own path.
        still: a photograph, which stands alone: nothing is carried over from the frame before.
        live: from a camera or a stream: the newest frame, those that came between are dropped.
        fps: frames a second of its source; 0 where that isn't known.
        captured: when it came from the camera, in seconds of `time.monotonic`; 0 for files.
        dropped: frames of its source that were left out so far, since newer ones were there.
        decoding: milliseconds that decoding it took; 0 where that isn't known.
        total: frames that its video declares to have; 0 where that isn't known.
        lost: the camera gives no new picture; this is its last one once more, and isn't read.
    """

    image: Image
    index: int = 0
    time: float = 0.0
    source: str = ""
    still: bool = True
    live: bool = False
    fps: float = 0.0
    captured: float = 0.0
    dropped: int = 0
    decoding: float = 0.0
    total: int = 0
    lost: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "image", _as_image(self.image))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.shape[1], self.image.shape[0]

    @property
    def age(self) -> float:
        """Seconds since it came from the camera; 0 for files."""
        return time.monotonic() - self.captured if self.captured else 0.0


def _as_image(array: object) -> Image:
    expected = "expected a picture (H, W, 3) in BGR or (H, W) grey of uint8"
    if not isinstance(array, np.ndarray):
        raise InputError(f"{expected}, found {type(array).__name__}")
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or array.shape[2:] not in ((), (1,), (3,)) or not array.size:
        raise InputError(f"{expected}, found {array.shape} of {array.dtype}")
    image = np.ascontiguousarray(array)
    return image[..., 0] if image.shape[2:] == (1,) else image


@dataclass(frozen=True)
class Digit:
    """One digit that was read.

    Attributes:
        label: 0 to 9.
        confidence: calibrated probability of the label, 0 to 1.
        box: where, in pixels of the frame.
        top: the likeliest labels with their probabilities, best first.
        track: the same digit keeps its number from frame to frame; None in photographs.
        mark: what stands before it on its line: MINUS, a POINT or a COMMA; empty for nothing.
        seen: label and confidence by this frame alone, where `label` comes from all frames of a track; None
            where the digit is shown though it wasn't read in this frame.
    """

    label: int
    confidence: float
    box: Box
    top: tuple[tuple[int, float], ...] = ()
    track: int | None = None
    mark: str = ""
    seen: tuple[int, float] | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.label <= 9 or not 0 <= self.confidence <= 1:
            raise InputError(f"expected a label 0-9 and a confidence 0-1, found {self.label} and {self.confidence}")

    def unseen(self, box: Box) -> Digit:
        """The same elsewhere, in a frame in which it wasn't read."""
        return Digit(self.label, self.confidence, box, self.top, self.track, self.mark)


@dataclass(frozen=True)
class Number:
    """Digits on one line, close and alike in size, in reading order.

    Attributes:
        text: its digits, left to right, with a decimal point or comma between them and a minus before them.
        confidence: the probability that all of them are right, 0 to 1.
        box: around all its digits.
        digits: indices into the reading's digits.
    """

    text: str
    confidence: float
    box: Box
    digits: tuple[int, ...]


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


@dataclass(frozen=True)
class Reading:
    """What was read in one frame, digits and numbers in reading order.

    It draws itself: as the last line of a notebook's cell it is shown as the labelled picture.

    Attributes:
        frame: where it was read.
        digits: all digits.
        numbers: the numbers that they make; a digit alone is a number too.
        steady: those of the numbers that stood still for long enough just now; each is told once, and again
            when it changes. In photographs all of them.
        fps: frames a second that the loop reaches, averaged over the last ones; 0 for photographs.
        milliseconds: that each stage took.
        judged: all candidates that were looked at, with what became of them.
        searched: the whole frame was looked through. Else only the places of the digits that were read in the last
            frame were, and what is no digit comes from the last search.
        debug: its picture is to show what the program sees.
    """

    frame: Frame
    digits: tuple[Digit, ...] = ()
    numbers: tuple[Number, ...] = ()
    steady: tuple[Number, ...] = ()
    fps: float = 0.0
    milliseconds: Milliseconds = Milliseconds()
    judged: tuple[Judged, ...] = ()
    searched: bool = True
    debug: bool = False

    def draw(self) -> Image:
        """The frame with boxes, labels and numbers drawn over it, or the debug view: (H, W, 3) uint8, BGR."""
        from recognizer import debug, overlay

        return debug.draw(self) if self.debug else overlay.draw(self)

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
            "size": list(self.frame.size),
            "digits": [_digit_event(digit) for digit in self.digits],
            "numbers": [
                {"text": n.text, "confidence": round(n.confidence, 4), "box": list(n.box), "digits": list(n.digits)}
                for n in self.numbers
            ],
        }


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
