"""Reads IDX, the format that MNIST was published in (yann.lecun.com/exdb/mnist): big-endian sizes, then bytes."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recognizer.errors import SourceError

BYTES = 0x08  # the type of the elements, in the third byte
PARTS = {"train-images": 3, "train-labels": 1, "t10k-images": 3, "t10k-labels": 1}  # with their dimensions


def find_idx(folder: Path) -> list[Path]:
    """The four files of MNIST in their order, gzipped or not; none where there is no IDX file at all.

    Raises:
        SourceError: some are there, but not all.
    """
    if not any(folder.glob("*idx[13]-ubyte*")):
        return []
    found = []
    for part, dimensions in PARTS.items():
        names = [f"{part}{dot}idx{dimensions}-ubyte{end}" for dot in "-." for end in ("", ".gz")]
        there = [folder / name for name in names if (folder / name).is_file()]
        if not there:
            raise SourceError(f"{folder}: expected {names[0]} (or .gz) beside the other IDX files, found none")
        found.append(there[0])
    return found


def read_idx(file: Path, dimensions: int) -> NDArray[np.uint8]:
    """Read one file of bytes: labels (N,) or pictures (N, H, W), 0 to 255.

    Raises:
        SourceError: it can't be read, is damaged, of another kind, or shorter or longer than it says.
    """
    head = 4 + 4 * dimensions
    try:
        with (gzip.open if file.suffix == ".gz" else open)(file, "rb") as stream:
            content = stream.read()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError(f"{file}: damaged gzip ({error}); get it again") from error
    except OSError as error:
        raise SourceError(f"{file}: can't be read ({error.strerror})") from error
    expected = bytes([0, 0, BYTES, dimensions])
    if content[:4] != expected:
        raise SourceError(f"{file}: expected an IDX file that begins with {expected.hex()}, "
                          f"found {content[:4].hex() or 'nothing'}")
    if len(content) < head:
        raise SourceError(f"{file}: cut short: expected {head} bytes of sizes, found {len(content)}")
    shape = struct.unpack(f">{dimensions}I", content[4:head])
    count = int(np.prod(shape, dtype=object))
    if len(content) != head + count:
        raise SourceError(f"{file}: expected {head + count} bytes for {'×'.join(map(str, shape))}, "
                          f"found {len(content)}: it was cut or is another file")
    return np.frombuffer(content, np.uint8, offset=head).reshape(shape)
