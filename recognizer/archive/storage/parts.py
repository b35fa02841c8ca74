"""Parts of long videos: kept until all of them are there, then joined to one source."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from recognizer.archive.entries import Entry
from recognizer.archive.rows import DIGITS, Held, Result, Task
from recognizer.archive.settings import SETTINGS
from recognizer.archive.storage.files import write_table
from recognizer.core.geometry import Box
from recognizer.errors import SourceError
from recognizer.sources.recordings.read_video import check_whole

KEY = b"part"  # of what is said of a part beside its rows


class Parts:
    """The parts that were read so far, in files of a folder, each there as a whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def missing(self, entry: Entry, count: int) -> list[Task]:
        """What is still to be read of a video that is cut into so many parts."""
        return [Task(entry, part, count) for part in range(count) if not self._file(entry, part, "numbers").exists()]

    def add(self, task: Task, result: Result) -> None:
        """Keep a part.

        Raises:
            OutputError: it can't be written.
        """
        about = {name: getattr(result, name)
                 for name in ("frames", "length", "seconds", "declared", "fps", "reason")}
        about["held"] = [asdict(held) for held in result.held]
        write_table(self._file(task.entry, task.part, "digits"), [result.digits], result.digits.schema)
        described = result.numbers.schema.with_metadata({KEY: json.dumps(about).encode()})
        write_table(self._file(task.entry, task.part, "numbers"), [result.numbers], described)  # with it, it counts

    def joined(self, entry: Entry, count: int, length: float) -> tuple[Result, Iterator[pa.Table]]:
        """A video whose parts are all there, `length` seconds each: what was read, and its digits part by part."""
        parts = [self._read(entry, part) for part in range(count)]
        numbers, offset = [], 0
        for place, part in enumerate(parts):
            cut = place * length
            told = part.numbers if not place else _told(part.numbers, parts[place - 1].held, cut)
            numbers.append(_shifted(told, offset))
            offset += part.length
        last = max(parts, key=lambda part: part.seconds)
        whole = Result(
            numbers=pa.concat_tables(numbers), frames=sum(part.frames for part in parts), length=offset,
            seconds=last.seconds, declared=last.declared, fps=last.fps,
            reason=next((part.reason for part in parts if part.reason), ""))
        if not whole.reason:
            try:
                check_whole(entry.name, whole.declared, whole.length, whole.seconds, whole.fps)
            except SourceError as error:
                whole = whole.but(reason=str(error))
        return whole, self._digits(entry, [part.length for part in parts])

    def clear(self, entry: Entry | None = None) -> None:
        """Remove the parts of a video, or all."""
        if entry is None:
            shutil.rmtree(self._folder, ignore_errors=True)
        else:
            for file in self._folder.glob(f"{entry.identity}.*"):
                with suppress(OSError):
                    file.unlink()

    def _digits(self, entry: Entry, lengths: Sequence[int]) -> Iterator[pa.Table]:
        """The digits of each part, with frames and tracks that count on from one part to the next."""
        frames = tracks = 0
        for part, length in enumerate(lengths):
            digits = _shifted(pq.read_table(self._file(entry, part, "digits"), schema=DIGITS), frames)
            most = pc.max(digits["track"]).as_py()
            column = digits.schema.get_field_index("track")
            shifted = pc.add(digits["track"], pa.scalar(tracks, pa.int32()))
            yield digits.set_column(column, digits.schema.field("track"), shifted)
            frames, tracks = frames + length, tracks + (most or 0) + 1

    def _read(self, entry: Entry, part: int) -> Result:
        numbers = pq.read_table(self._file(entry, part, "numbers"))
        about: dict[str, Any] = json.loads(cast(bytes, numbers.schema.metadata[KEY]))
        held = tuple(Held(one["text"], tuple((Box(*box), last) for box, last in one["places"]))
                     for one in about.pop("held"))
        return Result(numbers=numbers.replace_schema_metadata(None), held=held, **about)

    def _file(self, entry: Entry, part: int | None, what: str) -> Path:
        return self._folder / f"{entry.identity}.{part}.{what}.parquet"


def _told(numbers: pa.Table, held: Sequence[Held], cut: float) -> pa.Table:
    """The numbers of a part without those that the part before told already.

    Each number which that one held is told by this one, too: once, before the cut as soon as it is seen, or after it,
    if it stood until then. When it is told a second time, it was away.
    """
    left = list(held)

    def is_new(row: dict[str, Any]) -> bool:
        if row["time"] >= cut + SETTINGS.overlap:
            return True
        since = cut - (SETTINGS.overlap if row["frame"] < 0 else SETTINGS.seam)
        box = Box(row["x"], row["y"], row["w"], row["h"])
        same = next((one for one in left if one.text == row["text"] and one.stood(box, since)), None)
        if same:
            left.remove(same)
        return not same

    return numbers.filter(pa.array([is_new(row) for row in numbers.to_pylist()], pa.bool_()))


def _shifted(table: pa.Table, frames: int) -> pa.Table:
    """A table whose frames are counted from so many on."""
    column = table.schema.get_field_index("frame")
    return table.set_column(column, table.schema.field("frame"), pc.add(table["frame"], frames))
