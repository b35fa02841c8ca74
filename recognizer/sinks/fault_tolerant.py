"""Outputs that may stop without stopping the others."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from recognizer.errors import OutputError
from recognizer.reading import Reading
from recognizer.sinks.base import Sink


class FaultTolerantSink:
    """A sink that goes quiet when its output can't be written any more, as on a disk that fills.

    One that fails at its very first reading never worked, and its error is raised.

    Args:
        sink: is closed when it fails, so that what was written can be read.
        report: takes the line that says which output stopped, once.

    Attributes:
        stopped: it takes nothing any more.
    """

    def __init__(self, sink: Sink, report: Callable[[str], None]) -> None:
        self._sink, self._report = sink, report
        self._worked = False
        self.stopped = False

    def write(self, reading: Reading) -> None:
        if self.stopped:
            return
        try:
            self._sink.write(reading)
            self._worked = True
        except OutputError as error:
            if not self._worked:
                raise
            self._stop(error)
            with suppress(OutputError):  # the same once more
                self._sink.__exit__(None, None, None)

    def _stop(self, error: OutputError) -> None:
        self.stopped = True
        self._report(f"{error}; the rest goes on without it")

    def __enter__(self) -> Self:
        self._sink.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.stopped:
            return
        try:
            self._sink.__exit__(kind, error, trace)
        except OutputError as failure:
            if isinstance(error, OutputError):  # raised already, and reported then
                return
            self._stop(failure)
