"""Parquet files that are there as a whole or not at all, even where the machine loses its power."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from recognizer.core.writing import replacing


def write_table(path: Path, tables: Iterable[pa.Table], schema: pa.Schema) -> int:
    """Write tables of one schema to a file, each a row group; how many rows there are.

    Raises:
        OutputError: they can't be written, such as on a full disk.
    """
    rows = 0
    with replacing(path) as [beside], open(beside, "wb") as file:
        with pq.ParquetWriter(file, schema, compression="zstd") as writer:
            for table in tables:
                rows += table.num_rows
                writer.write_table(table.cast(schema))
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)
    return rows


def sync_folder(folder: Path) -> None:
    """Let what was renamed or removed in a folder be so for good."""
    if os.name == "posix":  # elsewhere a folder can't be opened
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
