"""Reads a camera or stream in threads, which outlast its failures: calls that fail, and calls that never return."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np

from recognizer.core.frame import Image, InGrey
from recognizer.errors import SourceError
from recognizer.sources.settings import SETTINGS


class Capture(Protocol):
    """What is used of `cv2.VideoCapture`."""

    def read(self) -> tuple[bool, Any]: ...  # Image | InGrey | None; OpenCV says less

    def get(self, prop: int, /) -> float: ...

    def release(self) -> None: ...


@dataclass(frozen=True)
class CapturedFrame:
    """What a camera gave: a picture, how many came before it, when (monotonic clock), and its frames a second."""

    picture: Image | InGrey
    index: int
    moment: float
    fps: float


class LatestFrame:
    """The latest picture of any of a camera's readers; older ones are dropped.

    Attributes:
        error: why the last attempt to open failed.
        over: set when no more pictures are wanted.
        ended: a recording came to its end, as a stream of known length does.
    """

    def __init__(self) -> None:
        self.error: SourceError | None = None
        self.over = threading.Event()
        self.ended = False
        self._picture: CapturedFrame | None = None
        self._giver: CaptureThread | None = None
        self._changed = threading.Condition()

    def wait(self, index: int, seconds: float) -> CapturedFrame | None:
        """The latest picture, None while there never was one and opening failed.

        It waits until the picture's index is at least `index`, but no longer than some seconds.
        """

        def settled() -> bool:
            return self.ended or (self._picture.index >= index if self._picture else self.error is not None)

        with self._changed:
            self._changed.wait_for(settled, seconds)
            return self._picture

    def put(self, giver: CaptureThread, picture: Image | InGrey, fps: float) -> None:
        with self._changed:
            index = self._picture.index + 1 if self._picture else 0
            self._picture, self._giver, self.error = CapturedFrame(picture, index, time.monotonic(), fps), giver, None
            self._changed.notify_all()

    def fail(self, error: SourceError) -> None:
        with self._changed:
            self.error = error
            self._changed.notify_all()

    def end(self) -> None:
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    @property
    def stale(self) -> bool:
        """Whether there was a picture, but no new one for a while."""
        return self._picture is not None and time.monotonic() - self._picture.moment > SETTINGS.stale

    def wants(self, reader: CaptureThread) -> bool:
        """Whether a reader is to go on: after a loss all may try, and the first that gives a picture stays."""
        with self._changed:
            lacking = self._picture is None or self.stale
            return not (self.over.is_set() or self.ended) and (lacking or self._giver is reader)


class CaptureThread(threading.Thread):
    """Opens a capture, reads it, and opens it anew when it fails, until it isn't wanted any more.

    Args:
        name: what errors call the camera.
        open_capture: raises SourceError when it can't.
        latest: where the pictures go.
        noisy: no two pictures are the same; one that is isn't new.
        patience: seconds that opening may take.
    """

    def __init__(
        self, name: str, open_capture: Callable[[], Capture], latest: LatestFrame, noisy: bool, patience: float
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._open, self._latest, self._noisy, self._patience = open_capture, latest, noisy, patience
        self._last: Image | InGrey | None = None
        self._changed = 0.0  # when it came
        self._due = math.inf  # when the call that is under way should have returned

    @property
    def hangs(self) -> bool:
        """Whether it is in a call that should have returned long ago."""
        return time.monotonic() > self._due

    def run(self) -> None:
        pause = SETTINGS.first_pause
        while self._latest.wants(self):
            before = self._last
            try:
                self._play()
            except SourceError as error:
                self._latest.fail(error)
            except (OSError, cv2.error) as error:
                self._latest.fail(SourceError(f"{self.name}: can't be read ({error})"))
            self._due = math.inf
            pause = SETTINGS.first_pause if self._last is not before else min(2 * pause, SETTINGS.longest_pause)
            self._latest.over.wait(pause)

    def _play(self) -> None:
        """Open the capture and read it until it fails, freezes or isn't wanted.

        Some senders that have lost their camera greet with its last picture, so after a loss one alone doesn't count.
        """
        self._due = time.monotonic() + self._patience
        capture = self._open()
        try:
            fps, opened, counts = frames_a_second(capture), time.monotonic(), not self._latest.stale
            while self._latest.wants(self) and time.monotonic() - max(opened, self._changed) < SETTINGS.lost:
                self._due = time.monotonic() + SETTINGS.lost
                good, image = capture.read()
                if not good or not np.size(image):
                    if self._last is not None and capture.get(cv2.CAP_PROP_FRAME_COUNT) > 0:
                        self._latest.end()
                    break
                if not (self._noisy and _same(image, self._last)):
                    counts = counts or time.monotonic() - self._changed < SETTINGS.lost
                    self._changed, self._last = time.monotonic(), image
                    if counts and self._latest.wants(self):
                        self._latest.put(self, image, fps)
                    counts = True
                else:  # some cameras that are gone give it at once, as often as they are asked
                    self._latest.over.wait(min((time.monotonic() - self._changed) / 4, SETTINGS.longest_look))
        finally:
            capture.release()


def frames_a_second(capture: Capture) -> float:
    """What a capture declares, or 0 where it declares nothing sensible."""
    fps = float(capture.get(cv2.CAP_PROP_FPS))
    return fps if 0 < fps <= 1000 else 0.0


def _same(one: Image | InGrey, other: Image | InGrey | None) -> bool:
    if not (isinstance(one, np.ndarray) and isinstance(other, np.ndarray)):
        return False
    return one.shape == other.shape and bool((one[::4, ::4] == other[::4, ::4]).all())
