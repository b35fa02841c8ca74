"""The way of a frame: find, classify and select, track, read numbers."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from recognizer.classification.classifier import Classifier, Correction
from recognizer.core.assets import shipped
from recognizer.core.clock import Clock
from recognizer.core.digits import Digit
from recognizer.core.frame import Frame, Image
from recognizer.core.geometry import Region
from recognizer.detection.areas.region_finder import RegionFinder
from recognizer.detection.candidate import ScoredCandidate, digits_again, digits_of
from recognizer.detection.learned import LearnedFinder
from recognizer.errors import UsageError
from recognizer.hand.hand import Hand
from recognizer.numbers.grouping import Chain, arrange, join, read_numbers
from recognizer.numbers.marks import marked
from recognizer.numbers.plausible import Plausible, Rules
from recognizer.reading import Milliseconds, Reading
from recognizer.sources.base import Source, open_source
from recognizer.tracking.scheduler import Scheduler
from recognizer.tracking.stability import Stability
from recognizer.tracking.tracker import Tracker

RATE_MEMORY = 0.9  # of the average time between frames


class Recognizer:
    """Finds and reads handwritten digits.

        >>> from recognizer import Recognizer
        >>> [number.text for number in Recognizer().read(image).numbers]
        ['2026', '731']

    Args:
        model: path of a .tflite file with its .json manifest beside it; by default the shipped one.
        threshold: labels below this probability are not reported, 0 to 1; by default those of what is a digit with
            less than the manifest's, or has a label with less than a half.
        signs: slashes, colons, percent and currency signs are kept in the texts of numbers; else they part them.
        regions: only there is looked; all over the picture where there are none.
        rules: what numbers are expected; what doesn't fit is marked in `Reading.numbers`, and never `steady`.
        finder: path of a finder's .tflite file with its manifest, by default the shipped one.
        hand: the name of a hand, one of the user's own or a new one, that is read with and can be taught.

    Raises:
        ModelError: the bundle is missing, damaged or of another shape; the hand is damaged or another model's, or the
            model can't be taught.
        UsageError: a threshold outside 0 to 1, or a name that no hand can have.
    """

    def __init__(
        self, model: str | Path | None = None, threshold: float | None = None, *, signs: bool = False,
        regions: Sequence[Region] = (), rules: Rules | None = None, finder: str | Path | None = None,
        hand: str | None = None,
    ) -> None:
        if threshold is not None and not (isinstance(threshold, (int, float)) and 0 <= threshold <= 1):
            raise UsageError(f"threshold: expected a probability from 0 to 1, found {threshold!r}")
        classifier = Classifier.load(Path(model) if model else shipped("models/digits.tflite"))
        file = Path(finder) if finder else shipped("models/finder.tflite")
        self._signs = signs
        self._rules = rules or Rules()
        self._finder = RegionFinder(LearnedFinder.load(file, classifier, threshold), regions)
        self._classifier = classifier
        self._hand: Hand | None = None
        if hand is not None:
            self.take_up(hand)

    def take_up(self, hand: str) -> None:
        """Read with a hand from now on; where that fails, nothing has changed.

        Raises:
            ModelError: the hand is damaged or another model's, or this model can't be taught.
            UsageError: no hand can have this name.
        """
        self._hand = Hand(hand, self._classifier)

    def teach(self, digit: Digit, label: int | None) -> str:
        """Learn what a digit of a reading is, 0 to 9 or None for no digit; what comes is read with it.

        Returns what was learnt, in a few words.

        Raises:
            InputError: another label, a digit that no reading gave, or the hand is full.
            ModelError: the hand's file was damaged meanwhile.
            OutputError: it can't be written; then nothing is learnt.
            UsageError: there is no hand.
        """
        return self._taught_hand().teach(digit, label)

    def undo(self) -> str:
        """Take the hand's last lesson back, and say so in a few words; errors as in `teach`."""
        return self._taught_hand().undo()

    def _taught_hand(self) -> Hand:
        if self._hand is None:
            raise UsageError("teach: expected a recognizer with a hand, found one without; give it the name of one")
        return self._hand

    @property
    def regions(self) -> tuple[Region, ...]:
        """Where is looked; may be changed while frames are read."""
        return self._finder.regions

    @regions.setter
    def regions(self, regions: Sequence[Region]) -> None:
        self._finder.regions = tuple(regions)

    def read(self, image: Image) -> Reading:
        """Read one picture, on its own.

        Args:
            image: (H, W, 3) uint8, BGR, or (H, W) or (H, W, 1) uint8, grey; it need not be contiguous.

        Raises:
            InputError: an array of another shape or type; it is a ValueError.
            UsageError: a region that lies outside of the picture.
        """
        return self._photograph(Frame(image), Plausible(self._rules))

    def read_again(self, reading: Reading) -> Reading:
        """Read a frame anew, with what was learnt since: a photograph as a whole, of a video's frame what was found."""
        plausible = Plausible(self._rules)
        if reading.frame.still:
            return self._photograph(reading.frame, plausible)
        ordered, numbers = read_numbers(digits_again(reading.digits, self._classifier), self._signs)
        return replace(reading, digits=ordered, numbers=plausible.marked(numbers), steady=())

    def watch(
        self, source: str | int | Path | Source, every: int = 1, rotate: int = 0, flip: str = ""
    ) -> Generator[Reading, None, None]:
        """Read every frame of a source, following the digits from frame to frame in videos.

        Args:
            source: a camera's index, a picture, a video, a folder, a glob, a stream's URL, or an open source.
            every: read one frame of so many, and pass over the others.
            rotate: turn the pictures clockwise first, by 0, 90, 180 or 270 degrees.
            flip: swap left and right, "h", or up and down, "v", likewise.

        Yields:
            One reading a frame, in order. A camera's stale frames are dropped, a file's never. While a camera
            gives nothing, its frames are `lost` and their readings empty; it is tried again until it is back.

        Raises:
            InputError: a source of another type.
            SourceError: nothing there, or some files could not be read (after all others were).
            UsageError: `every` is under 1, `rotate` or `flip` is none of these, or a region lies outside of a frame.
        """
        if rotate not in (0, 90, 180, 270) or flip not in ("", "h", "v"):
            raise UsageError(f"expected rotate 0, 90, 180 or 270 and flip h or v, found {rotate} and {flip!r}")
        if every < 1:
            raise UsageError(f"every: expected a whole number from 1 on, found {every}")
        with source if isinstance(source, Source) else open_source(source) as frames:
            plausible = Plausible(self._rules)
            video = _Video("", self._finder, self._signs, plausible)
            for frame in islice(frames, 0, None, every):
                if rotate or flip:
                    frame = frame.turned(rotate, flip)
                if frame.source != video.source:
                    video = _Video(frame.source, self._finder, self._signs, plausible)
                if frame.still:
                    yield self._photograph(frame, plausible)
                elif frame.lost:
                    video.tracker.update([], frame.size, frame.time)
                    yield Reading(frame)
                else:
                    yield video.read(frame, self._classifier.correction)

    def _photograph(self, frame: Frame, plausible: Plausible) -> Reading:
        """Read a frame that stands alone."""
        clock, memory = Clock(), self._finder.memory(moving=False)
        found = self._finder.find(frame.tones, memory, clock)
        with clock.stage("marks"):
            digits = marked(found.pyramid, digits_of(found.candidates), self._signs)
        with clock.stage("numbers"):
            ordered, numbers = read_numbers(digits, self._signs)
            numbers = plausible.marked(numbers)
            fitting = tuple(number for number in numbers if not number.implausible)
            plausible.tell(fitting)
        took = Milliseconds(decode=frame.decoding, **clock.milliseconds)
        return Reading(frame, ordered, numbers, fitting, 0.0, took, tuple(found.candidates),
                       seen=self._finder.seen(memory))


class _Video:
    """Reads the frames of one video or camera, in order, with what is carried over from each to the next."""

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
            numbers = self._plausible.marked(numbers)
            fitting = tuple(number for number in numbers if not number.implausible)
            steady = self._stability.update(ordered, fitting, frame.time, self.tracker.stood)
            self._plausible.tell(steady)
        took = Milliseconds(decode=frame.decoding, **clock.milliseconds)
        return Reading(frame, ordered, numbers, steady, self._tick(), took, tuple(candidates), searched=not followed,
                       seen=self._finder.seen(self._memory))

    def _detect(self, frame: Frame, clock: Clock) -> tuple[list[ScoredCandidate], list[Digit]]:
        """Look through the whole of a frame."""
        found = self._finder.find(frame.tones, self._memory, clock)
        with clock.stage("marks"):
            digits = marked(found.pyramid, digits_of(found.candidates), self._signs)
        with clock.stage("track"):
            self._scheduler.detected(frame)
            self._rejected = [one for one in found.candidates if one.reason]
            return found.candidates, self.tracker.detected(digits, found.candidates, frame.size, frame.time)

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
        return 1 / self._mean if self._mean > 0 else 0.0
