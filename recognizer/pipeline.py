"""The way of a frame: find, classify and select, track, read numbers."""

from __future__ import annotations

import time
from dataclasses import replace

from recognizer.classification.classifier import Correction
from recognizer.core.clock import Clock
from recognizer.core.digits import Digit
from recognizer.core.frame import Frame
from recognizer.core.geometry import Region
from recognizer.detection.areas.region_finder import RegionFinder, RegionMemory
from recognizer.detection.candidate import ScoredCandidate, digits_of
from recognizer.numbers.grouping import Chain, arrange, join, read_numbers
from recognizer.numbers.marks import marked
from recognizer.numbers.plausible import Plausible
from recognizer.reading import Milliseconds, Reading
from recognizer.tracking.scheduler import Scheduler
from recognizer.tracking.settings import SETTINGS
from recognizer.tracking.stability import Stability
from recognizer.tracking.tracker import Tracker

RATE_MEMORY = 0.9  # of the average time between frames


def read_photograph(frame: Frame, finder: RegionFinder, signs: bool, plausible: Plausible) -> Reading:
    """Read a frame that stands alone."""
    clock, memory = Clock(), finder.memory(moving=False)
    candidates, digits = _looked_through(finder, frame, memory, signs, clock)
    with clock.stage("numbers"):
        ordered, numbers = read_numbers(digits, signs)
        numbers, fitting = plausible.judged(numbers)
        plausible.tell(fitting)
    return Reading(frame, ordered, numbers, steady=fitting, judged=tuple(candidates), seen=finder.seen(memory),
                   milliseconds=Milliseconds(decode=frame.decoding, **clock.milliseconds))


def _looked_through(
    finder: RegionFinder, frame: Frame, memory: RegionMemory, signs: bool, clock: Clock
) -> tuple[list[ScoredCandidate], list[Digit]]:
    """All that was looked at in the whole of a frame, and its digits with their marks."""
    found = finder.find(frame.tones, memory, clock)
    with clock.stage("marks"):
        return found.candidates, marked(found.pyramid, digits_of(found.candidates), signs)


class Video:
    """Reads the frames of one video or camera, in order, with what is carried over from each to the next.

    Whole frames are looked through now and then; in between the digits are followed.
    """

    def __init__(self, source: str, finder: RegionFinder, signs: bool, plausible: Plausible) -> None:
        self.source, self._signs, self._plausible = source, signs, plausible
        self.tracker = Tracker(finder.sure_once)
        self._finder, self._memory = finder, finder.memory(moving=True)
        self._scheduler, self._stability = Scheduler(self.tracker), Stability()
        self._rejected: list[ScoredCandidate] = []  # what the last full detection found that is no digit
        self._chains: list[Chain] = []
        self._arrangement = 0  # of the tracker, for which these were made
        self._asked: tuple[Correction | None, tuple[Region, ...]] = None, finder.regions  # of the last frame
        self._last = time.monotonic()
        self._mean = 0.0

    def read(self, frame: Frame, correction: Correction | None) -> Reading:
        """Read a frame; one that stands for long, as slides do, when it comes and when it goes: it alone decides."""
        if frame.stands < SETTINGS.far_apart:
            return replace(self._look(frame, correction), fps=self._tick())
        self.tracker.doubt()
        came = self._look(frame, correction)
        went = self._look(replace(frame, time=frame.time + frame.stands), correction)
        return replace(went, frame=frame, steady=came.steady + went.steady,
                       searched=came.searched or went.searched, fps=self._tick(),
                       milliseconds=came.milliseconds + went.milliseconds)

    def _look(self, frame: Frame, correction: Correction | None) -> Reading:
        clock = Clock()
        search = self._scheduler.needs_detection(frame)
        if correction is not self._asked[0]:
            self.tracker.doubt()
        search |= correction is not self._asked[0] or self._finder.regions is not self._asked[1]
        self._asked = correction, self._finder.regions
        followed = None if search else self._follow(frame, clock)
        candidates, digits = followed or self._detect(frame, clock)
        with clock.stage("numbers"):
            if self.tracker.arrangement != self._arrangement:
                self._chains, self._arrangement = arrange(digits, self._signs), self.tracker.arrangement
            ordered, numbers = join(digits, self._chains, self._signs)
            numbers, fitting = self._plausible.judged(numbers)
            steady = self._stability.update(ordered, fitting, frame.time, self.tracker.stood)
            self._plausible.tell(steady)
        return Reading(frame, ordered, numbers, steady=steady, judged=tuple(candidates), searched=not followed,
                       seen=self._finder.seen(self._memory),
                       milliseconds=Milliseconds(decode=frame.decoding, **clock.milliseconds))

    def _detect(self, frame: Frame, clock: Clock) -> tuple[list[ScoredCandidate], list[Digit]]:
        """Look through the whole of a frame."""
        candidates, digits = _looked_through(self._finder, frame, self._memory, self._signs, clock)
        with clock.stage("track"):
            self._scheduler.detected(frame)
            self._rejected = [one for one in candidates if one.reason]
            return candidates, self.tracker.detected(digits, candidates, frame.size, frame.time)

    def _follow(self, frame: Frame, clock: Clock) -> tuple[list[ScoredCandidate], list[Digit]] | None:
        """Look only where digits were in the last frame; None when one of them is gone."""
        places, known = self._scheduler.due()
        found = self._finder.follow(frame.tones, known, self._memory, clock)
        with clock.stage("track"):
            digits = self.tracker.followed(places, found, frame.size, frame.time)
        return None if digits is None else ([one for there in found for one in there] + self._rejected, digits)

    def _tick(self) -> float:
        """Count a frame; frames a second, averaged over about the last ten."""
        now = time.monotonic()
        taken, self._last = now - self._last, now
        self._mean = RATE_MEMORY * self._mean + (1 - RATE_MEMORY) * taken if self._mean else taken
        return 1 / self._mean if self._mean else 0.0
