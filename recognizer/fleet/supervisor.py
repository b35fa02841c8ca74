"""Runs a process for each camera, and starts it again when it dies."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO

from recognizer.errors import UsageError
from recognizer.fleet.config import Member
from recognizer.fleet.settings import SETTINGS

PREFIX = "recognizer: "  # of all that the program says on standard error


class Camera:
    """The process of one camera, and its successors.

    What it says is handed on line by line, with the camera's name before it.

    Args:
        member: what it is called, and called with.
        command: the program, which ends when its standard input does.
        again: flags that its successors are called with besides.
        say: takes a line for standard error.

    Attributes:
        code: the exit code of the last process, negative for a signal; None while it runs.
        done: it isn't started any more: it has come to its end, or can't run at all.
    """

    def __init__(
        self, member: Member, command: Sequence[str], say: Callable[[str], None], again: Sequence[str] = ()
    ) -> None:
        self._name, self._command, self._say = member.name, [*command, *member.flags], say
        self._again = again
        self._pause, self._next = SETTINGS.first_pause, 0.0
        self._process: subprocess.Popen[str] | None = None
        self._readers: list[threading.Thread] = []
        self.code: int | None = None
        self.done = False

    def look(self) -> None:
        """Start the process where there is none and it is time, and see whether it has died."""
        now = time.monotonic()
        if self._process is None:
            if not self.done and now >= self._next:
                self._start(now)
        elif self._process.poll() is not None:
            self._ended()
            self._command += self._again
            self._again = ()
            self.done = self.code in (0, UsageError.exit_code)
            if not self.done:
                self._pause = SETTINGS.first_pause if now - self._started > SETTINGS.healthy else self._pause
                self._say(f"{self._name}: ended with {self.code}; starting it again in {self._pause:.0f} s")
                self._next, self._pause = now + self._pause, min(2 * self._pause, SETTINGS.longest_pause)

    def ask_to_end(self) -> None:
        self.done = True
        if self._process is not None and self._process.stdin:
            self._process.stdin.close()

    def end(self, seconds: float) -> None:
        """Wait so long for its end, and kill it then."""
        if self._process is not None:
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self._say(f"{self._name}: doesn't end, and is killed")
                self._process.kill()
            self._ended()

    def _start(self, now: float) -> None:
        self._started, self.code = now, None
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="backslashreplace")
        self._readers = [threading.Thread(target=self._hand_on, args=args, daemon=True)
                         for args in ((self._process.stdout, print), (self._process.stderr, self._say))]
        for reader in self._readers:
            reader.start()

    def _hand_on(self, pipe: IO[str], take: Callable[[str], None]) -> None:
        with pipe:
            for line in pipe:
                with suppress(OSError):  # nobody reads it any more
                    take(f"{self._name}: {line.removeprefix(PREFIX).rstrip()}")

    def _ended(self) -> None:
        assert self._process
        self.code = self._process.wait()
        for reader in self._readers:
            reader.join()
        if self._process.stdin:
            self._process.stdin.close()
        self._process = None


def supervise(cameras: Sequence[Camera], over: Callable[[], bool]) -> None:
    """Keep all cameras going, until `over` says so or none has anything left to do; then end them."""
    try:
        while not over() and not all(camera.done for camera in cameras):
            for camera in cameras:
                camera.look()
            time.sleep(SETTINGS.look)
    finally:
        for camera in cameras:
            camera.ask_to_end()
        end = time.monotonic() + SETTINGS.farewell
        for camera in cameras:
            camera.end(max(0.0, end - time.monotonic()))
