"""Writes readings in a thread of its own, while the next frames are read."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from recognizer.core.channel import DEPTH, Channel
from recognizer.reading import Reading
from recognizer.sinks.base import Sink


class BackgroundSink:
    """A sink whose work is done by a thread of its own; `write` waits only while too much is waiting already.

    Args:
        sink: is entered and left in the main thread, and written to in the other one alone.

    Raises:
        BaseException: what the sink raised, at the next `write` or at the end.
    """

    def __init__(self, sink: Sink, depth: int = DEPTH) -> None:
        self._sink = sink
        self._channel: Channel[Reading] = Channel(depth)
        self._thread = threading.Thread(target=self._work, name=f"write {type(sink).__name__}", daemon=True)

    def _work(self) -> None:
        try:
            for reading in self._channel:
                self._sink.write(reading)
        except BaseException as error:  # whatever it is, it is raised in the other thread
            self._channel.fail(error)

    def write(self, reading: Reading) -> None:
        if not self._channel.put(reading):
            self._channel.raise_failure()

    def __enter__(self) -> Self:
        self._sink.__enter__()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()
        self._thread.join()  # what waits is still written
        self._sink.__exit__(kind, error, trace)
        if error is None:
            self._channel.raise_failure()
