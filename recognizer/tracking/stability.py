"""Tells which numbers of a video stand still: each once, and again when it changes."""

from __future__ import annotations

from dataclasses import dataclass

from recognizer.core.digits import Digit, Number
from recognizer.core.geometry import Box

STANDS = 5  # frames for which a number must stand still before it is told
STILL, LEAST_STILL = 0.06, 2  # how far it may move from one to the next, in its heights, and in pixels at least
FORGET = 30  # frames after which a number that was told and isn't seen any more would be told again

_Tracks = tuple[int | None, ...]  # of a number's digits


@dataclass
class _Told:
    text: str
    box: Box
    tracks: _Tracks
    missed: int = 0


class Steady:
    """Takes the numbers of each frame of one video, in order."""

    def __init__(self) -> None:
        self._stood: dict[_Tracks, tuple[str, Box, int]] = {}  # the text, where, and for how many frames
        self._told: list[_Told] = []

    def update(self, digits: tuple[Digit, ...], numbers: tuple[Number, ...]) -> tuple[Number, ...]:
        """The numbers of this frame that have just become steady."""
        here = {tuple(digits[i].track for i in number.digits): number for number in numbers}
        self._follow(here)
        before, self._stood = self._stood, {}
        steady = []
        for tracks, number in here.items():
            text, box, frames = before.get(tracks, ("", number.box, 0))
            moved = max(abs(number.box.x - box.x), abs(number.box.y - box.y))
            still = moved <= max(LEAST_STILL, STILL * box.h)
            frames = frames + 1 if text == number.text and still else 1
            self._stood[tracks] = number.text, number.box, frames
            if frames == STANDS and self._tell(number, tracks):
                steady.append(number)
        return tuple(steady)

    def _follow(self, here: dict[_Tracks, Number]) -> None:
        """Move what was told with the numbers of this frame, and forget what is long gone."""
        for told in self._told:
            told.missed += 1
            same = here.get(told.tracks)
            for number in (same,) if same and same.text == told.text else here.values():
                if number.text == told.text and _together(number.box, told.box):
                    told.box, told.missed = number.box, 0
                    break
        self._told = [told for told in self._told if told.missed <= FORGET]

    def _tell(self, number: Number, tracks: _Tracks) -> bool:
        """Whether this number has to be told: not when it was, and nothing else has been told in its place."""
        here = [told for told in self._told if _together(told.box, number.box)]
        if any(told.text == number.text for told in here):
            return False
        self._told = [told for told in self._told if told not in here] + [_Told(number.text, number.box, tracks)]
        return True


def _together(one: Box, other: Box) -> bool:
    """Whether two boxes share half of the smaller one."""
    shared = one.intersection(other)
    return shared > 0 and 2 * shared >= min(one.area, other.area)
