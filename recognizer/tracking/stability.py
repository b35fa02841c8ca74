"""Which numbers of a video stand still: each is reported once, and again when it changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from recognizer.core.digits import Digit, Number
from recognizer.core.geometry import Box, at_one_place
from recognizer.tracking.pace import Pace
from recognizer.tracking.settings import SETTINGS

Tracks = tuple[int | None, ...]  # ids of a number's digits


@dataclass
class _Reported:
    text: str
    box: Box
    tracks: Tracks
    missed: int = 0  # frames
    unseen: float = 0.0  # seconds


@dataclass(frozen=True)
class _Standing:
    """A number that stands still: since where, where it is now, in how many frames, for how long."""

    text: str
    start: Box
    box: Box
    frames: int = 1
    seconds: float = 0.0
    steady: bool = False


class Stability:
    """Takes the numbers of each frame of one video, in order; which is which, their digits' tracks tell."""

    def __init__(self) -> None:
        self._standing: dict[Tracks, _Standing] = {}
        self._reported: list[_Reported] = []
        self._pace = Pace()

    def update(
        self,
        digits: tuple[Digit, ...],
        numbers: tuple[Number, ...],
        time: float | None = None,
        stood: Callable[[Tracks], tuple[int, float]] = lambda _: (0, 0.0),
    ) -> tuple[Number, ...]:
        """The numbers of this frame that have just become steady.

        Args:
            digits, numbers: of the frame.
            time: of the frame in its source, in seconds; by default a frame's length after the one before.
            stood: in how many frames, and for how many seconds, the digits of these tracks have had their labels at
                their places; they are shown later than they are first seen.
        """
        passed = self._pace.passed(time)
        here = {tuple(digits[i].track for i in number.digits): number for number in numbers}
        self._follow(here, passed)
        before, self._standing = self._standing, {}
        steady = []
        for tracks, number in here.items():
            now = _next(before.get(tracks), number, passed)
            if now.frames == 1 and passed >= SETTINGS.slow:
                frames, seconds = stood(tracks)
                now = replace(now, frames=max(1, frames), seconds=seconds)
            if not now.steady and _is_steady(now):
                now = replace(now, steady=True)
                if self._report(number, tracks):
                    steady.append(number)
            self._standing[tracks] = now
        return tuple(steady)

    def _follow(self, here: dict[Tracks, Number], passed: float) -> None:
        """Move what was reported with the numbers of this frame, and forget what is long gone."""
        for reported in self._reported:
            reported.missed += 1
            reported.unseen += passed
            same = here.get(reported.tracks)
            for number in (same,) if same and same.text == reported.text else here.values():
                if number.text == reported.text and at_one_place(number.box, reported.box):
                    reported.box, reported.missed, reported.unseen = number.box, 0, 0.0
                    break
        self._reported = [reported for reported in self._reported if not _is_forgotten(reported)]

    def _report(self, number: Number, tracks: Tracks) -> bool:
        """Whether this number has to be reported: not when it was, and nothing else has been since in its place."""
        here = [reported for reported in self._reported if at_one_place(reported.box, number.box)]
        if any(reported.text == number.text for reported in here):
            return False
        self._reported = [reported for reported in self._reported if reported not in here]
        self._reported.append(_Reported(number.text, number.box, tracks))
        return True


def _next(before: _Standing | None, number: Number, passed: float) -> _Standing:
    """A number that stands since the frame before or longer, or that begins to."""
    if before and before.text == number.text:
        least = max(SETTINGS.least_still, SETTINGS.still * before.box.h)
        slower = min(max(1.0, passed / SETTINGS.frame), SETTINGS.longest_still)
        drift = max(SETTINGS.drift, slower) * least
        if _moved(before.box, number.box) <= slower * least and _moved(before.start, number.box) <= drift:
            return replace(before, box=number.box, frames=before.frames + 1, seconds=before.seconds + passed)
    return _Standing(number.text, number.box, number.box)


def _is_forgotten(reported: _Reported) -> bool:
    long = reported.missed > SETTINGS.forget and reported.unseen > SETTINGS.forget_seconds
    return long or reported.unseen > SETTINGS.forget_at_most


def _moved(before: Box, now: Box) -> int:
    return max(abs(now.x - before.x), abs(now.y - before.y))


def _is_steady(number: _Standing) -> bool:
    if number.frames >= 2 and number.seconds >= SETTINGS.far_apart:
        return True
    return number.frames >= SETTINGS.stands and number.seconds >= SETTINGS.stands_seconds
