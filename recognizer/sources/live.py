"""Cameras and streams as a source: the latest frame, and patience while there is none."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from recognizer.core.frame import Frame
from recognizer.errors import SourceError
from recognizer.secrets import masked
from recognizer.sources.capture_thread import Capture, CapturedFrame, CaptureThread, LatestFrame
from recognizer.sources.settings import SETTINGS

log = logging.getLogger("recognizer")


class Live:
    """A camera or stream: gives the latest frame, and drops those that came between.

    When no picture comes any more, the last one is given as a frame that is `lost`, some times a second; the loss is
    reported in the log, once. Until it is back or the block is left, new captures are opened with pauses that grow to a
    second. A call that doesn't return can't be ended: its thread is left alone and another one tries, after
    longer and longer times when many hang.

    Args:
        open_capture: opens the camera or stream, first now and again after a loss; raises SourceError when it can't.
        name: what the frames call their source.
        noisy: no two pictures of it are the same, for a sensor has noise; when they are, it counts as lost. A stream
            may well repeat a picture.
        patience: seconds that opening may take.

    Raises:
        SourceError: there is no first picture.
    """

    def __init__(
        self, open_capture: Callable[[], Capture], name: str, noisy: bool = False, patience: float = SETTINGS.patience
    ) -> None:
        self._open, self._name, self._noisy, self._patience = open_capture, masked(name), noisy, patience
        self._latest = LatestFrame()
        self._threads: list[CaptureThread] = []
        self._next_thread = 0.0  # not before this time
        self._start = time.monotonic()
        self._dropped = 0
        self._send_thread()
        try:
            if self._latest.wait(0, patience) is None:
                raise self._latest.error or SourceError(
                    f"{name}: no picture within {patience:.0f} s; check that its sender runs, or give another source")
        except BaseException:
            self._latest.over.set()
            raise

    def __iter__(self) -> Iterator[Frame]:
        given, lost_since, due = -1, 0.0, time.monotonic() + SETTINGS.stale
        while True:
            picture = self._latest.wait(given + 1, max(0.0, due - time.monotonic()))
            assert picture is not None  # there was a first one
            if self._latest.ended and picture.index <= given:
                return
            now = time.monotonic()
            silent = now - picture.moment
            if picture.index > given and silent < SETTINGS.stale:
                if lost_since:
                    log.warning("%s: the camera is back after %.1f s", self._name, now - lost_since)
                self._dropped += picture.index - given - 1
                given, lost_since, due = picture.index, 0.0, picture.moment + SETTINGS.stale
                yield self._frame(picture)
                continue
            given, due = picture.index, now + SETTINGS.beat  # one that nobody took in time is old, too
            if silent > SETTINGS.lost:
                if not lost_since:
                    lost_since = picture.moment
                    log.warning("%s: camera lost, no new picture from it; trying again until it is back", self._name)
                self._send_thread()
            yield self._frame(picture, lost=True)

    def _frame(self, picture: CapturedFrame, lost: bool = False) -> Frame:
        moment = (time.monotonic() if lost else picture.moment) - self._start
        return Frame(picture.picture, picture.index, moment, self._name, still=False, live=True, fps=picture.fps,
                     captured=picture.moment, dropped=self._dropped, lost=lost)

    def _send_thread(self) -> None:
        """Start one more reader where all that there are hang."""
        self._threads = [reader for reader in self._threads if reader.is_alive()]
        if time.monotonic() < self._next_thread or not all(reader.hangs for reader in self._threads):
            return
        self._next_thread = time.monotonic() + SETTINGS.lost * 2.0 ** max(0, len(self._threads) - SETTINGS.most_hanging)
        self._threads.append(CaptureThread(self._name, self._open, self._latest, self._noisy, self._patience))
        self._threads[-1].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._latest.over.set()
        end = time.monotonic() + SETTINGS.farewell
        while self._threads:
            reader = self._threads.pop()
            if not reader.hangs:
                reader.join(max(0.0, end - time.monotonic()))
