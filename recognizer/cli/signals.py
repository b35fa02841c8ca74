"""Signals that end the program in good order: the frame at work is finished, and every output is closed."""

from __future__ import annotations

import os
import signal
from types import FrameType, TracebackType
from typing import Self

GRACE = 0.5  # seconds for the loop to end by itself; then whatever blocks it is broken off


def end_at_once() -> None:
    """Let SIGINT end the process without a word while nothing is open: before an `Interrupt`, and after it."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda number, _: os._exit(128 + number))


class Interrupt:
    """Within its block SIGINT, SIGTERM and a closed terminal's SIGHUP are a wish to end, which the loop looks at.

    An exception at any point of the program could leave an output half-written. So one is raised only when the loop
    doesn't get to look: while a source opens, a photograph waits for a key, or a pipe's reader is slow.
    """

    def __init__(self) -> None:
        self._number = 0
        self._closing = False
        self._before: dict[int, object] = {}

    @property
    def code(self) -> int:
        """The exit code as a shell reports the signal; 0 while there was none."""
        return 128 + self._number if self._number else 0

    def closing(self) -> None:
        """From now on the outputs are closed, which nothing is to break off."""
        self._closing = True

    def _ask(self, number: int, _: FrameType | None) -> None:
        if self._number or self._closing:
            return
        self._number = number
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, GRACE)
        else:
            self._insist(number, None)

    def _insist(self, _: int, __: FrameType | None) -> None:
        if not self._closing:
            raise SystemExit(self.code)

    def __enter__(self) -> Self:
        handlers = {"SIGINT": self._ask, "SIGTERM": self._ask, "SIGHUP": self._ask, "SIGALRM": self._insist}
        for name, handler in handlers.items():
            number = getattr(signal, name, None)  # Windows has fewer
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # as nohup asks
                self._before[number] = signal.signal(number, handler)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
