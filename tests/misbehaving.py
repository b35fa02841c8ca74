"""A camera that misbehaves on cue."""

import threading
import time
from collections.abc import Callable, Iterator

import cv2
import numpy as np

from recognizer import SourceError
from recognizer.core.frame import Frame, Image

RATE = 60  # pictures a second
HUNG = 60  # seconds after which a test that waits is given up
FAULTS = ["gone", "silent", "frozen", "hanging", "stuck"]


class Camera:
    """A camera that plays its pictures over and over, with a sensor's noise, or fails as `fault` says.

    Faults: "gone" (it can't be opened, and what is open fails), "silent" (it opens, but gives nothing), "frozen" (the
    same picture again and again, as fast as it is asked for), "hanging" (reading never returns), "stuck" (nor
    does opening).
    """

    def __init__(self, pictures: list[Image]) -> None:
        self.fault = ""
        self.opened = self.released = 0
        self.tries: list[float] = []  # when opening was tried
        self._pictures, self.given = pictures, 0
        self._shown: Image | None = None
        self._woken = threading.Event()
        self._rng = np.random.default_rng(1)

    def open(self) -> "Camera":
        self.tries.append(time.monotonic())
        if self.fault == "gone":
            raise SourceError("camera: unplugged")
        if self.fault == "stuck":
            self._woken.wait(HUNG)
        self.opened += 1
        return self

    def fail(self, fault: str) -> None:
        self._woken.clear()
        self.fault = fault

    def recover(self) -> None:
        self.fault = ""
        self._woken.set()

    def read(self) -> tuple[bool, Image | None]:
        if self.fault in ("gone", "silent"):
            return False, None
        if self.fault in ("hanging", "stuck"):
            self._woken.wait(HUNG)
        if self.fault != "frozen" or self._shown is None:
            time.sleep(1 / RATE)
            picture = self._pictures[self.given % len(self._pictures)]
            self._shown = picture ^ self._rng.integers(0, 2, picture.shape, np.uint8)
            self.given += 1
        return True, self._shown

    def get(self, prop: int) -> float:
        return 30.0 if prop == cv2.CAP_PROP_FPS else -1.0

    def release(self) -> None:
        self.released += 1


def until(frames: Iterator[Frame], wanted: Callable[[Frame], bool]) -> list[Frame]:
    """Frames up to the first that is wanted."""
    taken, end = [], time.monotonic() + HUNG
    for frame in frames:
        taken.append(frame)
        if wanted(frame):
            return taken
        assert time.monotonic() < end, "it never came"
    raise AssertionError("the frames ended")
