"""The program's camera for its viewers: each frame is read once, and drawn and encoded once, and only if it is wanted.

The program's loop publishes readings from its own thread; all else happens in the server's event loop.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import cv2

from recognizer.reading import Reading
from recognizer.web.metrics import Metrics
from recognizer.web.settings import SETTINGS

Views = dict[str, Callable[[Reading], Reading]]
VIEWS: Views = {"labelled": lambda reading: reading, "debug": lambda reading: replace(reading, debug=True)}
Encode = Callable[[Callable[[], bytes]], Awaitable[bytes]]  # runs a call in another thread


class Shown:
    """A reading as viewers get it.

    Args:
        reading: of one frame.
        serial: counts what was published, from 1 on.
        encode: runs the drawing and encoding.
    """

    def __init__(self, reading: Reading, serial: int, encode: Encode) -> None:
        self.reading, self.serial = reading, serial
        self._encode = encode
        self._jpegs: dict[str, asyncio.Future[bytes]] = {}

    async def jpeg(self, view: str = "labelled") -> bytes:
        """The picture with what was read, or the debug view; whoever asks first has it made, for all."""
        if view not in self._jpegs:
            self._jpegs[view] = asyncio.ensure_future(self._encode(lambda: encoded(VIEWS[view](self.reading))))
        return await asyncio.shield(self._jpegs[view])


def encoded(reading: Reading) -> bytes:
    """A reading's picture as JPEG."""
    return cv2.imencode(".jpg", reading.draw(), [cv2.IMWRITE_JPEG_QUALITY, SETTINGS.jpeg_quality])[1].tobytes()


class Hub:
    """The newest reading, for all who wait for it.

    Args:
        encode: runs a call in a thread of its own.

    Attributes:
        run: names this run of the program; with it a number's id is one of its own.
        metrics: what was counted.
    """

    def __init__(self, encode: Encode) -> None:
        self.run = secrets.token_hex(4)
        self.metrics = Metrics()
        self._encode = encode
        self._loop: asyncio.AbstractEventLoop | None = None
        self._shown: Shown | None = None
        self._next: asyncio.Future[None] | None = None
        self._events: deque[tuple[int, str]] = deque(maxlen=SETTINGS.waiting)
        self._numbers: deque[tuple[int, dict[str, Any]]] = deque(maxlen=SETTINGS.remembered)
        self._serial = self._count = 0
        self._last = time.monotonic()
        self._lock = threading.Lock()

    def begin(self) -> None:
        """From now on this thread's event loop serves."""
        self._loop = asyncio.get_running_loop()

    def publish(self, reading: Reading) -> None:
        """Take the next reading; from any thread, at once."""
        self.metrics.count(reading)
        with self._lock:
            if self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._take, reading)

    def end(self) -> None:
        """The event loop is going to stop: nothing is published any more."""
        with self._lock:
            self._loop = None
        self._wake()

    def _take(self, reading: Reading) -> None:
        self._serial += 1
        self._last = time.monotonic()
        self._shown = Shown(reading, self._serial, self._encode)
        if not reading.frame.lost:
            self._events.append((self._serial, json.dumps(reading.event())))
        for number in reading.steady:
            self._count += 1
            self._numbers.append((self._count, number_row(reading, number, f"{self.run}-{self._count}")))
        self._wake()

    def _wake(self) -> None:
        waiting, self._next = self._next, None
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    @property
    def latest(self) -> Shown | None:
        """The newest reading, if there is one."""
        return self._shown

    @property
    def lost(self) -> bool:
        """Whether the camera gives nothing."""
        silent = time.monotonic() - self._last > SETTINGS.silent
        return self._shown is None or self._shown.reading.frame.lost or silent

    async def after(self, serial: int) -> Shown | None:
        """The newest reading, once there is one after this one; None when the program ends."""
        while self._shown is None or self._shown.serial <= serial:
            if self._loop is None:
                return None
            if self._next is None:
                self._next = self._loop.create_future()
            await asyncio.shield(self._next)
        return self._shown

    def events(self, serial: int) -> list[tuple[int, str]]:
        """The events after this one, as lines of JSON, but for what was dropped."""
        return [event for event in self._events if event[0] > serial]

    def numbers(self, count: int) -> tuple[int, list[dict[str, Any]]]:
        """How many numbers there were, and those that have become steady after so many."""
        return self._count, [row for number, row in self._numbers if number > count]


def number_row(reading: Reading, number: Any, name: str) -> dict[str, Any]:
    """A number that has become steady, as the page lists it: what `--csv` has, and an id."""
    frame = reading.frame
    return {"id": name, "source": frame.source, "frame": frame.index, "time": round(frame.time, 3), "text": number.text,
            "confidence": round(number.confidence, 4), "box": list(number.box)}
