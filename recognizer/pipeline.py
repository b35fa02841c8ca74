"""The way of a frame: find, normalise, classify, select, track, read numbers."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recognizer.classification.classifier import NO_DIGIT, Classifier
from recognizer.classification.preprocess import SIZE
from recognizer.core.assets import shipped
from recognizer.core.digits import Digit
from recognizer.core.frame import Frame, Image
from recognizer.detection.by_rules.again import find_again
from recognizer.detection.by_rules.dismissed import Dismissed
from recognizer.detection.by_rules.find import search
from recognizer.detection.by_rules.level import levelled
from recognizer.detection.by_rules.select import Classified, best_of_each, digits_of, select
from recognizer.detection.by_rules.split import split
from recognizer.detection.by_rules.views import Greys, Views
from recognizer.detection.candidate import BOTH, Candidate, Judged
from recognizer.errors import UsageError
from recognizer.numbers.deskew import tilt_of
from recognizer.numbers.grouping import Numbers, read_numbers
from recognizer.numbers.punctuation import mark
from recognizer.reading import Milliseconds, Reading
from recognizer.sources.base import Source, open_source
from recognizer.tracking.scheduler import Attention, at_one_place
from recognizer.tracking.stability import Steady
from recognizer.tracking.tracker import Tracker

LEAST_LABEL = 0.5  # probability of the label of what is surely a digit
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

    Raises:
        ModelError: the bundle is missing, damaged or of another shape.
        UsageError: a threshold outside 0 to 1.
    """

    def __init__(self, model: str | Path | None = None, threshold: float | None = None) -> None:
        if threshold is not None and not 0 <= threshold <= 1:
            raise UsageError(f"threshold: expected a probability from 0 to 1, found {threshold}")
        self._classifier = Classifier.load(Path(model) if model else shipped("models/digits.tflite"))
        # By default a 1 that may be a 7 is surely a digit, and reported as the likelier one.
        self._likeness = self._classifier.manifest.threshold if threshold is None else 0.0
        self.threshold = min(LEAST_LABEL, self._likeness) if threshold is None else threshold

    def read(self, image: Image) -> Reading:
        """Read one picture, on its own.

        Args:
            image: (H, W, 3) uint8, BGR, or (H, W) or (H, W, 1) uint8, grey; it need not be contiguous.

        Raises:
            InputError: an array of another shape or type; it is a ValueError.
        """
        return self._reading(Frame(image))

    def watch(self, source: str | int | Path | Source, every: int = 1) -> Generator[Reading, None, None]:
        """Read every frame of a source, following the digits from frame to frame in videos.

        Args:
            source: a camera's index, a picture, a video, a folder, a glob, a stream's URL, or an open source.
            every: read one frame of so many, and pass over the others.

        Yields:
            One reading a frame, in order. A camera's stale frames are dropped, a file's never. While a camera
            gives nothing, its frames are `lost` and their readings empty; it is tried again until it is back.

        Raises:
            InputError: a source of another type.
            SourceError: nothing there, or some files could not be read (after all others were).
            UsageError: `every` is under 1.
        """
        if every < 1:
            raise UsageError(f"every: expected a whole number from 1 on, found {every}")
        with source if isinstance(source, Source) else open_source(source) as frames:
            memory = _Memory("")
            for frame in islice(frames, 0, None, every):
                if frame.source != memory.source:
                    memory = _Memory(frame.source)
                if frame.lost:
                    memory.tracker.update([], frame.size)
                    yield Reading(frame)
                else:
                    yield self._reading(frame, None if frame.still else memory)

    def _reading(self, frame: Frame, memory: _Memory | None = None) -> Reading:
        clock = _Clock()
        attention = memory.attention if memory else None
        followed = self._follow(frame, attention, clock) if attention and not attention.must_search(frame) else None
        judged, digits = followed or self._search(frame, attention, clock)
        if memory is not None:
            with clock.stage("track"):
                digits = memory.tracker.update(digits, frame.size)
        with clock.stage("numbers"):
            ordered, numbers = memory.numbers.read(digits) if memory else read_numbers(digits)
            steady = memory.steady.update(ordered, numbers) if memory else numbers
        took = Milliseconds(decode=frame.decoding, **clock.milliseconds)
        fps = memory.tick() if memory else 0.0
        return Reading(frame, ordered, numbers, steady, fps, took, tuple(judged), searched=not followed)

    def _search(self, frame: Frame, attention: Attention | None, clock: _Clock) -> tuple[list[Judged], list[Digit]]:
        """Read the whole of a frame."""
        with clock.stage("find"):
            views = Views(Greys(frame.image), polarities=attention.polarities(frame) if attention else BOTH)
            found = search(views, attention.dismissed if attention else Dismissed())
        candidates, refused = [c for c in found if not c.refused], [c for c in found if c.refused]
        probabilities = self._classified(candidates, clock)
        halves, of_halves = split(candidates, probabilities, lambda parts: self._classified(parts, clock))
        candidates, probabilities = candidates + halves, np.vstack([probabilities, of_halves])
        judged, tilt = self._select(candidates, probabilities, refused, clock)
        with clock.stage("marks"):
            digits = mark(frame.image, digits_of(judged))
        if attention is not None:
            attention.searched(frame, views.light, judged, digits, tilt)
        return judged, digits

    def _select(
        self, candidates: list[Candidate], probabilities: NDArray[np.float32], refused: list[Candidate], clock: _Clock
    ) -> tuple[list[Judged], float]:
        """Judge the candidates of a frame, turned upright where that makes its digits surer; also gives the tilt."""
        with clock.stage("select"):
            judged = select(candidates, probabilities, refused, self.threshold, self._likeness)
            digits = digits_of(judged)
            tilt = tilt_of(digits)
        if not tilt:
            return judged, 0.0
        upright = [levelled(candidate, tilt) for candidate in candidates]
        rows = self._classified(upright, clock)
        chosen = [not j.reason for j in judged[: len(candidates)]]
        if _sureness(rows[chosen]) <= _sureness(probabilities[chosen]):
            return judged, 0.0
        with clock.stage("select"):
            return select(upright, rows, refused, self.threshold, self._likeness), tilt

    def _follow(self, frame: Frame, attention: Attention, clock: _Clock) -> tuple[list[Judged], list[Digit]] | None:
        """Read a frame only where digits were in the last one; None when one of them is gone."""
        turn = attention.turn()
        known = [attention.known[place].candidate for place in turn]
        wholes = {id(whole): whole for whole in (candidate.whole or candidate for candidate in known)}
        with clock.stage("find"):
            views = Views(Greys(frame.image), attention.light, tuple({candidate.dark for candidate in known}))
            again = [[levelled(candidate, attention.tilt) for candidate in there]
                     for there in find_again(views, list(wholes.values()))]
        rows = iter(self._classified([candidate for there in again for candidate in there], clock))
        read = {whole: [(candidate, next(rows)) for candidate in there]
                for whole, there in zip(wholes, again, strict=True)}
        parts = {whole: self._parts(read[whole], clock) for whole in {id(c.whole) for c in known if c.whole}}
        at_places = [[part for part in parts[id(c.whole)] if at_one_place(part[0].box, c.box)] if c.whole
                     else read[id(c)] for c in known]
        with clock.stage("select"):
            judged = best_of_each(at_places, self.threshold, self._likeness)
            digits = attention.followed(turn, judged)
        return None if digits is None else ([j for there in judged for j in there] + attention.elsewhere, digits)

    def _parts(self, wholes: list[Classified], clock: _Clock) -> list[Classified]:
        """The digits that touch, of a place where some did a moment ago."""
        rows = np.array([row for _, row in wholes], np.float32).reshape(-1, NO_DIGIT + 1)
        parts = split([whole for whole, _ in wholes], rows, lambda halves: self._classified(halves, clock))
        return list(zip(*parts, strict=True))

    def _classified(self, candidates: list[Candidate], clock: _Clock) -> NDArray[np.float32]:
        with clock.stage("classify"):
            return self._classifier(np.array([c.crop for c in candidates], np.uint8).reshape(-1, SIZE, SIZE))


def _sureness(probabilities: NDArray[np.float32]) -> float:
    """How sure the labels of digits are, in the geometric mean."""
    return float(np.log(probabilities[:, :NO_DIGIT].max(axis=1)).mean())


class _Memory:
    """What is carried over from frame to frame of one video or camera."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tracker = Tracker()
        self.numbers = Numbers()
        self.steady = Steady()
        self.attention = Attention()
        self._last = time.monotonic()
        self._mean = 0.0

    def tick(self) -> float:
        """Count a frame; frames a second, averaged over about the last ten."""
        now = time.monotonic()
        taken, self._last = now - self._last, now
        self._mean = RATE_MEMORY * self._mean + (1 - RATE_MEMORY) * taken if self._mean else taken
        return 1 / self._mean if self._mean > 0 else 0.0


class _Clock:
    """Times the stages of one frame."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.milliseconds[name] = self.milliseconds.get(name, 0.0) + 1000 * (time.perf_counter() - start)
