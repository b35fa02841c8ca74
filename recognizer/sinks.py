"""Where readings go: events and printed numbers here, labelled pictures and videos in `save`, the window in `display`.

Each is a context manager that is complete and readable in every exit.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from types import TracebackType
from typing import Protocol, Self, TextIO

from recognizer.errors import OutputError
from recognizer.types import Box, Reading

STEADY = 5  # frames for which a number must stand still before it is printed
STILL = 0.06  # how far it may move from one to the next, in its heights

_Tracks = tuple[int | None, ...]  # of a number's digits


class Sink(Protocol):
    """Takes every reading, in order."""

    def write(self, reading: Reading) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Events:
    """One JSON object a line for every frame that was read, flushed as it happens.

    Args:
        target: a file's path, or "-" for standard output.

    Raises:
        OutputError: it can't be written.
    """

    def __init__(self, target: str) -> None:
        self._name = target
        try:
            self._file: TextIO = sys.stdout if target == "-" else open(target, "w", encoding="utf-8")  # noqa: SIM115
        except OSError as error:
            raise OutputError(f"--events {target}: can't be written ({error.strerror})") from error

    def write(self, reading: Reading) -> None:
        if reading.frame.lost:  # nothing was read
            return
        try:
            self._file.write(json.dumps(reading.event()) + "\n")  # in one piece: a signal may come after it
            self._file.flush()
            if self._file is not sys.stdout and os.fstat(self._file.fileno()).st_nlink == 0:
                raise OutputError(f"--events {self._name}: the file was removed")
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"--events {self._name}: {error.strerror}; what was written stays readable") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not sys.stdout:
            with suppress(OSError):  # every line was flushed; if that failed, it was told then
                self._file.close()


class Numbers:
    """Prints each number once when it has stood still for some frames, and again when it changes."""

    def __init__(self) -> None:
        self._source = ""
        self._stood: dict[_Tracks, tuple[str, Box, int]] = {}  # the text, where, and for how many frames
        self._printed: dict[_Tracks, str] = {}

    def write(self, reading: Reading) -> None:
        frame = reading.frame
        if frame.source != self._source:
            self._source = frame.source
            self._stood.clear()
            self._printed.clear()
        if frame.still:
            _print(f"{frame.source}: {' '.join(n.text for n in reading.numbers) or 'no digits'}")
            return
        before, self._stood = self._stood, {}
        for number in reading.numbers:
            tracks = tuple(reading.digits[i].track for i in number.digits)
            text, box, frames = before.get(tracks, ("", number.box, 0))
            moved = max(abs(number.box.x - box.x), abs(number.box.y - box.y))
            frames = frames + 1 if text == number.text and moved <= STILL * box.h else 1
            self._stood[tracks] = number.text, number.box, frames
            if frames == STEADY and self._printed.get(tracks) != number.text:
                self._printed[tracks] = number.text
                _print(f"{frame.time:8.2f} s  {number.text}  ({number.confidence:.0%})")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


def _print(line: str) -> None:
    try:
        print(line, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"standard output: {error.strerror}; what was written stays readable") from error
