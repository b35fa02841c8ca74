"""What comes out of a source: rows of digits and numbers, as tables of Arrow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from recognizer.archive.entries import UNKNOWN, Entry
from recognizer.archive.settings import SETTINGS
from recognizer.core.digits import Number
from recognizer.core.geometry import Box, at_one_place
from recognizer.reading import Reading

_BOX = [(side, pa.int32()) for side in "xywh"]
_WHERE = [("source", pa.string()), ("frame", pa.int64()), ("time", pa.float64())]
DIGITS = pa.schema([*_WHERE, ("label", pa.int8()), ("confidence", pa.float32()), *_BOX, ("track", pa.int32())])
NUMBERS = pa.schema([*_WHERE, ("text", pa.string()), ("confidence", pa.float32()), *_BOX])
SOURCES = pa.schema([
    ("source", pa.string()), ("status", pa.string()), ("reason", pa.string()), ("frames", pa.int64()),
    ("seconds", pa.float64()), ("digits", pa.int64()), ("numbers", pa.int64()), ("size", pa.int64()),
    ("modified", pa.timestamp("ns", tz="UTC"))])
SCHEMAS = {"digits": DIGITS, "numbers": NUMBERS, "sources": SOURCES}
READ, FAILED = "read", "failed"


@dataclass(frozen=True)
class Task:
    """Something for a worker to read.

    Attributes:
        entry: the source.
        part: of a video that is cut, which part, from 0 on; None for all of a source.
        parts: how many there are.
        attempt: how often it was tried before.
    """

    entry: Entry
    part: int | None = None
    parts: int = 1
    attempt: int = 0


@dataclass(frozen=True)
class Held:
    """A number that was told and seen shortly before a cut.

    Attributes:
        text: its digits.
        places: where it stood, each with when it was last seen there, in seconds of its video.
    """

    text: str
    places: tuple[tuple[Box, float], ...]

    def stood(self, box: Box, since: float) -> bool:
        """Whether it stood at a box then or later."""
        return any(last >= since and at_one_place(place, box) for place, last in self.places)


@dataclass(frozen=True)
class Result:
    """What a task gave.

    Attributes:
        digits: as DIGITS.
        numbers: as NUMBERS; of a part also those that were told before its first frame, whose frame is below 0.
        frames: that were read.
        length: frames that there are, those among them that `--every` passes over.
        seconds: the time of the last frame.
        declared, fps: frames that a video declares to have, and how many a second; 0 where that isn't known.
        held: of a part, what was told and stands at its end.
        reason: why it could not be read, or not to its end; empty when all went well.
        cut: the video is too long to be read at once, and is to be read in so many parts; 0 when it was read.
    """

    digits: pa.Table = field(default_factory=DIGITS.empty_table)
    numbers: pa.Table = field(default_factory=NUMBERS.empty_table)
    frames: int = 0
    length: int = 0
    seconds: float = 0.0
    declared: int = 0
    fps: float = 0.0
    held: tuple[Held, ...] = ()
    reason: str = ""
    cut: int = 0

    def but(self, **changes: Any) -> Result:
        """The same with other values."""
        return replace(self, **changes)


class Rows:
    """Gathers the rows of one source, few at a time as Python's objects."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._gathered: dict[str, list[Mapping[str, object]]] = {"digits": [], "numbers": []}
        self._packed: dict[str, list[pa.RecordBatch]] = {"digits": [], "numbers": []}

    def add_digits(self, reading: Reading, frame: int) -> None:
        where = {"source": self._source, "frame": frame, "time": round(reading.frame.time, 3)}
        self._add("digits", [
            {**where, "label": digit.label, "confidence": round(digit.confidence, 4), **_box(digit.box),
             "track": digit.track} for digit in reading.digits])

    def add_number(self, number: Number, time: float, frame: int) -> None:
        self._add("numbers", [
            {"source": self._source, "frame": frame, "time": round(time, 3), "text": number.text,
             "confidence": round(number.confidence, 4), **_box(number.box)}])

    def table(self, name: str) -> pa.Table:
        """All rows, as the schema of this name."""
        self._pack(name)
        return pa.Table.from_batches(self._packed[name], SCHEMAS[name])

    def _add(self, name: str, rows: list[Mapping[str, object]]) -> None:
        self._gathered[name] += rows
        if len(self._gathered[name]) >= SETTINGS.rows:
            self._pack(name)

    def _pack(self, name: str) -> None:
        if self._gathered[name]:
            self._packed[name].append(pa.RecordBatch.from_pylist(self._gathered[name], SCHEMAS[name]))
            self._gathered[name] = []


def source_row(entry: Entry, result: Result, digits: int) -> dict[str, object]:
    """The row of a source, as SOURCES, given how many digits were read in it."""
    reason = result.reason.removeprefix(f"{entry.name}: ")
    return {
        "source": entry.name, "status": FAILED if reason else READ, "reason": reason or None,
        "frames": result.frames, "seconds": round(result.seconds, 3), "digits": digits,
        "numbers": result.numbers.num_rows, "size": _known(entry.size), "modified": _known(entry.modified)}


def _known(value: int) -> int | None:
    return None if value == UNKNOWN else value


def _box(box: Box) -> dict[str, object]:
    return dict(zip("xywh", box, strict=True))
