"""How much time lies between two frames: what is steady, gone or changed is decided by it, not by counting alone."""

from __future__ import annotations

from recognizer.tracking.settings import SETTINGS


class Pace:
    """Of one video."""

    def __init__(self) -> None:
        self._last: float | None = None

    def passed(self, time: float | None) -> float:
        """Seconds since the frame before, given a frame's time; a usual frame's length where no time goes on."""
        last, self._last = self._last, time
        return time - last if time is not None and last is not None and time > last else SETTINGS.frame
