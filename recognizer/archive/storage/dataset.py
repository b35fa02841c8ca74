"""The Parquet data sets of an archive: `digits`, `numbers` and `sources`, each source in them exactly once.

One process alone writes them, in batches: a file in each folder, named by the batch and its generation, such as
000007.0.parquet. A batch counts from the moment when its file in `sources` is there, which is written last. A batch
that loses rows is written anew as the next generation. So names alone tell what a killed run left half done.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import filelock
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from recognizer.archive.entries import UNKNOWN, Entry, identity_of
from recognizer.archive.rows import READ, SCHEMAS, SOURCES, Result, source_row
from recognizer.archive.settings import SETTINGS
from recognizer.archive.storage.files import sync_folder, write_table
from recognizer.core.writing import NEW, replacing
from recognizer.errors import OutputError, UsageError

COMMIT = "sources"  # the folder whose file is written last
OPTIONS = "options.json"
BATCH = re.compile(r"(\d{6,})\.(\d+)\.parquet")


class Dataset:
    """What an archive's folder holds; a context manager that writes what waits, and lets another run have it.

    Args:
        folder: made where there is none.
        options: how everything is read; kept beside the rows.

    Attributes:
        folder: as given.

    Raises:
        UsageError: it was begun with other options.
        OutputError: it can't be written, or another run writes there.
    """

    def __init__(self, folder: Path, options: dict[str, Any]) -> None:
        self.folder = folder
        try:
            for name in SCHEMAS:
                (folder / name).mkdir(parents=True, exist_ok=True)
            logging.getLogger("filelock").setLevel(logging.WARNING)
            self._lock = filelock.FileLock(folder / ".lock")
            self._lock.acquire(timeout=0)
        except filelock.Timeout as error:
            raise OutputError(f"--out {folder}: another run writes there; wait for it, or name another") from error
        except OSError as error:
            raise OutputError(f"--out {folder}: can't be written ({error.strerror})") from error
        try:
            self._check(options)
            self._batches = self._repaired()
        except BaseException:
            self._lock.release()
            raise
        self._next = max(self._batches, default=-1) + 1
        self._tables: dict[str, list[pa.Table]] = {"digits": [], "numbers": []}
        self._sources: list[dict[str, object]] = []
        self._begun, self._bytes = time.monotonic(), 0

    def _check(self, options: dict[str, Any]) -> None:
        file = self.folder / OPTIONS
        if not file.exists():
            with replacing(file) as [new]:
                new.write_text(json.dumps(options, indent=1), encoding="utf-8")
            return
        before = json.loads(file.read_text(encoding="utf-8"))
        other = [name for name in options if options[name] != before.get(name)]
        if other:
            was = ", ".join(f"{name} {before.get(name)}" for name in other)
            now = ", ".join(f"{name} {options[name]}" for name in other)
            raise UsageError(f"--out {self.folder}: expected the options that it was begun with ({was}), found {now}; "
                             "give another folder, or the same options")

    def _repaired(self) -> dict[int, int]:
        """The batches that count, with their generations; files of others are removed."""
        counting: dict[int, int] = {}
        for file in (self.folder / COMMIT).iterdir():
            if named := BATCH.fullmatch(file.name):
                batch, generation = int(named[1]), int(named[2])
                counting[batch] = max(generation, counting.get(batch, 0))
        kept = {_name(*batch) for batch in counting.items()}
        for name in (COMMIT, *SCHEMAS):  # a batch ceases to count before its rows go
            for file in (self.folder / name).iterdir():
                if file.name not in kept and BATCH.fullmatch(file.name.removeprefix(NEW)):
                    file.unlink()
            sync_folder(self.folder / name)
        return counting

    def rows(self) -> Iterator[tuple[str, str, bool]]:
        """Of each source that is there: its name, its identity, and whether it was read well."""
        for table in map(self._of, self._batches.items()):
            for row in table.select(["source", "status", "size", "modified"]).to_pylist():
                about = (UNKNOWN if row[name] is None else row[name] for name in ("size", "modified"))
                identity = identity_of(row["source"], *about)
                yield row["source"], identity, row["status"] == READ

    def remove(self, names: set[str]) -> None:
        """Take these sources out, since they are read anew."""
        values = pa.array(sorted(names), pa.string())
        for batch, generation in list(self._batches.items()):
            sources = self._of((batch, generation))
            gone = pc.is_in(sources["source"], values)
            if not pc.any(gone).as_py():
                continue
            kept = sources.filter(pc.invert(gone))
            if kept.num_rows:
                self._write(batch, generation + 1, {
                    name: self._without(name, batch, generation, values) for name in SCHEMAS})
            else:
                (self.folder / COMMIT / _name(batch, generation)).unlink()
        self._batches = self._repaired()

    def add(self, entry: Entry, result: Result) -> None:
        """Take what was read in a source; it is written with others, soon."""
        self._tables["digits"].append(result.digits)
        self._tables["numbers"].append(result.numbers)
        self._sources.append(source_row(entry, result, result.digits.num_rows))
        self._bytes += result.digits.nbytes + result.numbers.nbytes
        self.flush(late=True)

    def add_joined(self, entry: Entry, result: Result, digits: Iterable[pa.Table]) -> None:
        """Take and write a long video, whose digits come in several tables."""
        self.flush()
        batch, self._next = self._next, self._next + 1
        count = write_table(self.folder / "digits" / _name(batch, 0), digits, SCHEMAS["digits"])
        self._write(batch, 0, {"numbers": [result.numbers], COMMIT: [_sources([source_row(entry, result, count)])]})

    def flush(self, late: bool = False) -> None:
        """Write what waits; `late`, only if it has waited for long, or is much.

        Raises:
            OutputError: it can't be written.
        """
        if not self._sources or (late and self._bytes < SETTINGS.batch_bytes
                                 and time.monotonic() - self._begun < SETTINGS.batch_seconds):
            return
        batch, self._next = self._next, self._next + 1
        gathered = {name: [pa.concat_tables(tables).combine_chunks()] for name, tables in self._tables.items()}
        self._write(batch, 0, gathered | {COMMIT: [_sources(self._sources)]})
        self._tables = {name: [] for name in self._tables}
        self._sources, self._begun, self._bytes = [], time.monotonic(), 0

    def _write(self, batch: int, generation: int, tables: dict[str, Iterable[pa.Table]]) -> None:
        for name in sorted(tables, key=lambda name: name == COMMIT):
            write_table(self.folder / name / _name(batch, generation), tables[name], SCHEMAS[name])

    def _of(self, batch: tuple[int, int]) -> pa.Table:
        table = pq.read_table(self.folder / COMMIT / _name(*batch))
        column = table.schema.get_field_index("modified")
        return table.set_column(column, "modified", table["modified"].cast(pa.int64()))  # Python's has no nanoseconds

    def _without(self, name: str, batch: int, generation: int, values: pa.Array) -> Iterator[pa.Table]:
        file = pq.ParquetFile(self.folder / name / _name(batch, generation))
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            yield table.filter(pc.invert(pc.is_in(table["source"], values)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.flush()
        finally:
            self._lock.release()


def _name(batch: int, generation: int) -> str:
    return f"{batch:06d}.{generation}.parquet"


def _sources(rows: list[dict[str, object]]) -> pa.Table:
    modified = pa.array([row["modified"] for row in rows], pa.int64()).cast(SOURCES.field("modified").type)
    table = pa.Table.from_pylist([row | {"modified": None} for row in rows], SOURCES)
    return table.set_column(SOURCES.get_field_index("modified"), SOURCES.field("modified"), modified)
