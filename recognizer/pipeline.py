"""The way of a frame: find, normalise, classify, select, track, read numbers."""

from __future__ import annotations

import time
from collections.abc import Generator
from pathlib import Path

import numpy as np

from recognizer.assets import shipped
from recognizer.classify import Classifier
from recognizer.errors import UsageError
from recognizer.find import find
from recognizer.normalise import SIZE
from recognizer.numbers import read_numbers
from recognizer.select import digits_of, select
from recognizer.sources import Source, open_source
from recognizer.track import Tracker
from recognizer.types import Frame, Image, Judged, Reading

RATE_MEMORY = 0.9  # of the average time between frames


class Recognizer:
    """Finds and reads handwritten digits.

        >>> from recognizer import Recognizer
        >>> [number.text for number in Recognizer().read(image).numbers]
        ['2026', '731']

    Args:
        model: path of a .tflite file with its .json manifest beside it; by default the shipped one.
        threshold: digits below this probability are not reported, 0 to 1; by default the manifest's.

    Raises:
        ModelError: the bundle is missing, damaged or of another shape.
        UsageError: a threshold outside 0 to 1.
    """

    def __init__(self, model: str | Path | None = None, threshold: float | None = None) -> None:
        if threshold is not None and not 0 <= threshold <= 1:
            raise UsageError(f"threshold: expected a probability from 0 to 1, found {threshold}")
        self._classifier = Classifier.load(Path(model) if model else shipped("models/digits.tflite"))
        self.threshold = self._classifier.manifest.threshold if threshold is None else threshold

    def read(self, image: Image) -> Reading:
        """Read one picture, on its own.

        Args:
            image: (H, W, 3) uint8, BGR, or (H, W) uint8, grey.

        Raises:
            ValueError: an array of another shape or type.
        """
        return self._reading(Frame(np.ascontiguousarray(image)))

    def watch(self, source: str | int | Path | Source) -> Generator[Reading, None, None]:
        """Read every frame of a source, following the digits from frame to frame in videos.

        Args:
            source: a camera's index, a picture, a video, a folder, a glob, a stream's URL, or an open source.

        Yields:
            One reading a frame, in order. A camera's stale frames are dropped, a file's never.

        Raises:
            SourceError: nothing there, or lost, or some files could not be read (after all others were).
        """
        with open_source(source) if isinstance(source, (str, int, Path)) else source as frames:
            tracker, current, pace = Tracker(), "", _Pace()
            for frame in frames:
                if frame.source != current:
                    tracker, current, pace = Tracker(), frame.source, _Pace()
                yield self._reading(frame, None if frame.still else tracker, pace)

    def _reading(self, frame: Frame, tracker: Tracker | None = None, pace: _Pace | None = None) -> Reading:
        judged = self._judged(frame.image)
        digits = digits_of(judged)
        if tracker is not None:
            digits = tracker.update(digits)
        ordered, numbers = read_numbers(digits)
        return Reading(frame, ordered, numbers, pace.tick() if pace and not frame.still else 0.0, tuple(judged))

    def _judged(self, image: Image) -> list[Judged]:
        found = find(image)
        candidates, refused = [c for c in found if not c.refused], [c for c in found if c.refused]
        crops = np.stack([c.crop for c in candidates]) if candidates else np.zeros((0, SIZE, SIZE), np.uint8)
        return select(candidates, self._classifier(crops), refused, self.threshold)


class _Pace:
    """Frames a second, averaged over about the last ten."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._mean = 0.0

    def tick(self) -> float:
        now = time.monotonic()
        taken, self._last = now - self._last, now
        self._mean = RATE_MEMORY * self._mean + (1 - RATE_MEMORY) * taken if self._mean else taken
        return 1 / self._mean if self._mean > 0 else 0.0
