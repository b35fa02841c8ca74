"""Files at addresses: those of pyarrow's file systems, such as s3:// and gs://, and those of the web."""

from __future__ import annotations

import fnmatch
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import urlsplit

from recognizer.archive.entries import UNKNOWN, Entry
from recognizer.errors import SourceError
from recognizer.secrets import masked
from recognizer.sources.addresses.address import is_http, modified_at
from recognizer.sources.images.kinds import PICTURES, RAWS, VIDEOS

if TYPE_CHECKING:
    from pyarrow.fs import FileInfo

BUFFER = 1 << 20  # bytes that are asked for at a time
MAGIC = "*["  # a ? begins an address's query


def entries_at(address: str) -> Iterator[Entry]:
    """What is at an address: a file, the pictures and videos of a folder, or what a pattern in it fits.

    Raises:
        SourceError: nothing is there, or no file system is known for it.
    """
    name = masked(address)
    if is_http(address):
        yield Entry(address, name, *modified_at(address))
        return
    base, wanted = _without_pattern(address)
    system, path = _system(base)
    from pyarrow.fs import FileSelector, FileType

    try:
        about = system.get_file_info(path)
        if about.type == FileType.File:
            yield _entry(address, about)
            return
        if about.type == FileType.NotFound:
            raise SourceError(f"{name}: nothing is there; check the address")
        found = system.get_file_info(FileSelector(path, recursive=bool(wanted)))
    except OSError as error:
        raise SourceError(f"{name}: can't be read ({_first_line(error)})") from error
    for info in sorted(found, key=lambda info: str(info.path)):
        readable = f".{info.extension.lower()}" in PICTURES | VIDEOS | RAWS
        fits = fnmatch.fnmatchcase(info.path[len(path):].strip("/"), wanted) if wanted else readable
        if info.type == FileType.File and fits:
            yield _entry(_with_path(base, path, info.path), info)


@contextmanager
def opened(address: str) -> Iterator[BinaryIO]:
    """A file of one of pyarrow's file systems, which can be sought.

    Raises:
        SourceError: it can't be opened.
    """
    system, path = _system(address)
    try:
        file = system.open_input_file(path)
    except OSError as error:
        raise SourceError(f"{masked(address)}: can't be read ({_first_line(error)})") from error
    with file, io.BufferedReader(cast(Any, file), BUFFER) as buffered:
        yield buffered


def _system(address: str) -> tuple[Any, str]:
    from pyarrow import ArrowException
    from pyarrow.fs import FileSystem

    try:
        return cast("tuple[Any, str]", FileSystem.from_uri(address))
    except (ArrowException, ValueError, OSError) as error:
        raise SourceError(f"{masked(address)}: expected a file, a folder, http(s):// or an address that pyarrow's file "
                          f"systems know, such as s3:// or gs:// ({_first_line(error)})") from error


def _without_pattern(address: str) -> tuple[str, str]:
    """An address up to the folder above its first * or [, and the pattern from there on; that is empty for none."""
    bare, mark, query = address.partition("?")
    first = min((bare.find(sign) for sign in MAGIC if sign in bare), default=-1)
    if first < 0:
        return address, ""
    folder = bare.rfind("/", 0, first)
    return bare[:folder] + mark + query, bare[folder + 1 :]


def _with_path(base: str, path: str, other: str) -> str:
    """The address of another path of the file system that `base` is an address of."""
    parts = urlsplit(base)
    return base.replace(parts.netloc + parts.path, f"{parts.netloc}{parts.path.rstrip('/')}{other[len(path):]}", 1)


def _entry(address: str, about: FileInfo) -> Entry:
    return Entry(address, masked(address), about.size, about.mtime_ns or UNKNOWN)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
