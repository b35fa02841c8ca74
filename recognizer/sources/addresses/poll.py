"""A snapshot that is asked for every so many seconds, at an address or in a file that is written anew."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import TracebackType
from typing import Self

from recognizer.core.frame import Frame
from recognizer.errors import SourceError

log = logging.getLogger("recognizer")


class Poll:
    """One picture, asked for again and again; each is a photograph of its own.

    When it can't be had any more that is told in the log, once, and it is asked for on.

    Args:
        read: gives the picture as it is now; raises SourceError when it can't.
        name: what it is called in the log.
        seconds: from one look to the next.
    """

    def __init__(self, read: Callable[[], Iterator[Frame]], name: str, seconds: float) -> None:
        self._read, self._name, self._seconds = read, name, seconds
        self._over = threading.Event()

    def __iter__(self) -> Iterator[Frame]:
        start, index, lost_since = time.monotonic(), 0, 0.0
        while not self._over.is_set():
            asked = time.monotonic()
            try:
                frame = next(iter(self._read()))
                if not frame.still:
                    raise SourceError(f"{self._name}: expected a picture to look at again and again, found a video")
            except SourceError as error:
                if not index:
                    raise
                if not lost_since:
                    lost_since = asked
                    log.warning("%s; asking again every %g s", error, self._seconds)
            else:
                if lost_since:
                    log.warning("%s: the picture is back after %.1f s", self._name, asked - lost_since)
                    lost_since = 0.0
                yield replace(frame, index=index, time=asked - start, still=True, live=True, captured=asked)
                index += 1
            self._over.wait(max(0.0, asked + self._seconds - time.monotonic()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
