"""The digit that the user has chosen in the window, and what the user says that it is."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2

from recognizer.core.digits import Digit
from recognizer.core.frame import Image
from recognizer.core.geometry import Box
from recognizer.errors import OutputError, RecognizerError
from recognizer.reading import Reading
from recognizer.window.settings import SETTINGS

if TYPE_CHECKING:
    from recognizer.reader import Recognizer

log = logging.getLogger("recognizer")
NONE = "x"  # the key for what is no digit
ASK = "what is it? 0-9, or x for no digit"


class Teaching:
    """Chooses digits and teaches them.

    Args:
        recognizer: is taught; None where nobody is.
        notify: takes a few words for the user.

    Attributes:
        stopped: a lesson could not be written.
    """

    def __init__(self, recognizer: Recognizer | None, notify: Callable[[str], None]) -> None:
        self.stopped = False
        self._recognizer, self._notify = recognizer, notify
        self._chosen: Digit | None = None

    def chosen(self, reading: Reading) -> Digit | None:
        """The chosen digit as it is in this reading; None where there is none any more."""
        if self._chosen is None:
            return None
        return next((digit for digit in reading.digits if _same(digit, self._chosen)), None)

    def choose_at(self, reading: Reading, place: tuple[int, int]) -> None:
        """Choose the digit at a place of the frame in pixels; none where none is."""
        inside = [one for one in reading.digits if one.box.has(*place)]
        self._chosen = min(inside, key=lambda one: one.box.area, default=None)

    def choose_next(self, reading: Reading) -> None:
        """Choose the digit after the chosen one in reading order; after the last none."""
        digits, chosen = reading.digits, self.chosen(reading)
        place = digits.index(chosen) + 1 if chosen else 0
        self._chosen = digits[place] if place < len(digits) else None

    def teach(self, reading: Reading, key: str) -> Reading:
        """Tell the recognizer what the chosen digit is, by a key 0 to 9 or x; the reading with what was learnt."""
        digit = self.chosen(reading)
        if digit is None:
            self._notify("first choose a digit: click it, or press Tab")
            return reading
        self._chosen = None
        return self._do(reading, lambda recognizer: recognizer.teach(digit, None if key == NONE else int(key)))

    def undo(self, reading: Reading) -> Reading:
        """Take the last lesson back; the reading without it."""
        return self._do(reading, lambda recognizer: recognizer.undo())

    def draw(self, picture: Image, reading: Reading, mirror: bool) -> None:
        """Mark the chosen digit in the picture of a frame, of any size."""
        digit = self.chosen(reading)
        if digit is None:
            return
        columns, rows = picture.shape[1::-1]
        width, height = reading.frame.size
        x, y, w, h = digit.box
        left = width - x - w if mirror else x
        box = Box(left * columns // width, y * rows // height, w * columns // width, h * rows // height)
        edge = max(2, columns // 200)
        cv2.rectangle(picture, (box.x - edge, box.y - edge), (box.x + box.w + edge, box.y + box.h + edge),
                      SETTINGS.chosen, edge)

    def _do(self, reading: Reading, work: Callable[[Recognizer], str]) -> Reading:
        if self._recognizer is None:
            return reading
        try:
            self._notify(work(self._recognizer))
        except RecognizerError as error:
            self.stopped |= isinstance(error, OutputError)
            log.warning("%s; the rest goes on without it", error)
            self._notify("it can't be learnt")
            return reading
        return self._recognizer.read_again(reading)


def _same(one: Digit, other: Digit) -> bool:
    """Whether two digits are one: of one track, or of photographs at one place."""
    return one.track == other.track if other.track is not None else one.box == other.box
