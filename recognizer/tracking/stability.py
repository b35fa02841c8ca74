"""Which numbers of a video stand still: each is reported once, and again when it changes."""

from __future__ import annotations

from dataclasses import dataclass

from recognizer.core.digits import Digit, Number
from recognizer.core.geometry import Box, at_one_place
from recognizer.tracking.settings import SETTINGS

Tracks = tuple[int | None, ...]  # ids of a number's digits


@dataclass
class _Reported:
    text: str
    box: Box
    tracks: Tracks
    missed: int = 0


class Stability:
    """Takes the numbers of each frame of one video, in order; which is which, their digits' tracks tell."""

    def __init__(self) -> None:
        self._stood: dict[Tracks, tuple[str, Box, int]] = {}  # the text, where, and for how many frames
        self._reported: list[_Reported] = []

    def update(self, digits: tuple[Digit, ...], numbers: tuple[Number, ...]) -> tuple[Number, ...]:
        """The numbers of this frame that have just become steady."""
        here = {tuple(digits[i].track for i in number.digits): number for number in numbers}
        self._follow(here)
        before, self._stood = self._stood, {}
        steady = []
        for tracks, number in here.items():
            text, box, frames = before.get(tracks, ("", number.box, 0))
            moved = max(abs(number.box.x - box.x), abs(number.box.y - box.y))
            still = moved <= max(SETTINGS.least_still, SETTINGS.still * box.h)
            frames = frames + 1 if text == number.text and still else 1
            self._stood[tracks] = number.text, number.box, frames
            if frames == SETTINGS.stands and self._report(number, tracks):
                steady.append(number)
        return tuple(steady)

    def _follow(self, here: dict[Tracks, Number]) -> None:
        """Move what was reported with the numbers of this frame, and forget what is long gone."""
        for reported in self._reported:
            reported.missed += 1
            same = here.get(reported.tracks)
            for number in (same,) if same and same.text == reported.text else here.values():
                if number.text == reported.text and at_one_place(number.box, reported.box):
                    reported.box, reported.missed = number.box, 0
                    break
        self._reported = [reported for reported in self._reported if reported.missed <= SETTINGS.forget]

    def _report(self, number: Number, tracks: Tracks) -> bool:
        """Whether this number has to be reported: not when it was, and nothing else has been since in its place."""
        here = [reported for reported in self._reported if at_one_place(reported.box, number.box)]
        if any(reported.text == number.text for reported in here):
            return False
        self._reported = [reported for reported in self._reported if reported not in here]
        self._reported.append(_Reported(number.text, number.box, tracks))
        return True
