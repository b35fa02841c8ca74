"""Readings as lines of text: events, a table, printed numbers, and the sum of a run."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from types import TracebackType
from typing import Self, TextIO

from recognizer.core.writing import open_alone
from recognizer.errors import OutputError
from recognizer.names import called, one_line
from recognizer.reading import Reading

STDOUT = "-"
CSV_HEADER = ("source", "frame", "time", "text", "confidence", "x", "y", "w", "h", "clock")


class TextSink:
    """Lines of text about each reading, flushed as they happen; `lines` says which.

    Args:
        target: a file's path, or "-" for standard output.
        flag: the one that asked for it, for errors.
        append: what the file holds already stays.

    Attributes:
        apart: entered while something is printed, so that it doesn't mix with what else is on the terminal.

    Raises:
        OutputError: it can't be written, or another program is writing it.
        BrokenPipeError: the reader of standard output has seen enough.
    """

    def __init__(self, target: str, flag: str = "", append: bool = False) -> None:
        self.apart: Callable[[], AbstractContextManager[object]] = nullcontext
        self._name = called(flag, "standard output" if target == STDOUT and not flag else target)
        self._file: TextIO | None = sys.stdout
        try:
            if target != STDOUT:
                descriptor = open_alone(target, self._name, append)
                self._file = os.fdopen(descriptor, "a" if append else "w", encoding="utf-8")
                if append and _is_cut(descriptor):
                    self._write([""])
        except OSError as error:
            raise OutputError(f"{self._name}: can't be written ({error.strerror})") from error

    def lines(self, reading: Reading) -> list[str]:
        raise NotImplementedError

    def write(self, reading: Reading) -> None:
        if not reading.frame.lost:  # otherwise nothing was read
            self._write(self.lines(reading))

    def _write(self, lines: list[str]) -> None:
        if not lines or self._file is None:  # standard output was closed before the start
            return
        try:
            with self.apart() if self._file is sys.stdout else nullcontext():
                self._file.write("".join(f"{line}\n" for line in lines))  # in one piece: a signal may come after it
                self._file.flush()
            if self._file is not sys.stdout and os.fstat(self._file.fileno()).st_nlink == 0:
                raise OutputError(f"{self._name}: the file was removed")
        except OSError as error:
            if isinstance(error, BrokenPipeError) and self._file is sys.stdout:
                raise
            raise OutputError(f"{self._name}: {error.strerror}; what was written stays readable") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None and self._file is not sys.stdout:
            with suppress(OSError):  # every line was flushed; if that failed, it was reported then
                self._file.close()


class EventsSink(TextSink):
    """One JSON object a line for every frame."""

    def lines(self, reading: Reading) -> list[str]:
        return [json.dumps(reading.event())]


class CsvSink(TextSink):
    """One row for every number that has become steady; the first row names the columns."""

    def __init__(self, target: str, flag: str = "", append: bool = False) -> None:
        super().__init__(target, flag, append)
        if not (self._file and append and target != STDOUT and self._file.tell()):  # it has them already
            self._write([",".join(CSV_HEADER)])

    def lines(self, reading: Reading) -> list[str]:
        frame = reading.frame
        return [_row(frame.source, frame.index, round(frame.time, 3), n.text, round(n.confidence, 4), *n.box,
                     frame.moment)
                for n in reading.steady]


class NumbersSink(TextSink):
    """Each number that has become steady, on standard output: with its time and confidence, or bare."""

    def __init__(self, bare: bool = False) -> None:
        super().__init__(STDOUT)
        self._bare = bare

    def lines(self, reading: Reading) -> list[str]:
        frame = reading.frame
        if self._bare:
            return [number.text for number in reading.steady]
        if frame.still:
            odd = " ".join(number.text for number in reading.numbers if number.implausible)
            none = f"no number that fits (found {odd})" if odd else "no digits"
            numbers = " ".join(number.text for number in reading.steady) or none
            return [f"{frame.time:8.2f} s  {numbers}" if frame.live else f"{one_line(frame.source)}: {numbers}"]
        return [f"{frame.time:8.2f} s  {number.text}  ({number.confidence:.0%})" for number in reading.steady]


class SummarySink:
    """Counts what a run has read."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self.frames = self._numbers = self._dropped = 0

    def write(self, reading: Reading) -> None:
        self.frames += not reading.frame.lost
        self._numbers += len(reading.steady)
        self._dropped = reading.frame.dropped

    def __str__(self) -> str:
        """Such as "170 frames in 5.7 s, 29.8 frames a second; 5 numbers read; 0 frames dropped"."""
        seconds = time.monotonic() - self._start
        return (f"{_count(self.frames, 'frame')} in {seconds:.1f} s, {self.frames / max(seconds, 1e-3):.1f} frames a "
                f"second; {_count(self._numbers, 'number')} read; {_count(self._dropped, 'frame')} dropped")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


def _is_cut(descriptor: int) -> bool:
    """Whether a file's last line has no end, as a kill in the midst of a row leaves it."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode) or not os.lseek(descriptor, 0, os.SEEK_END):
        return False
    os.lseek(descriptor, -1, os.SEEK_END)
    return os.read(descriptor, 1) != b"\n"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _row(*cells: object) -> str:
    """A line of CSV, quoted where it has to be."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()
