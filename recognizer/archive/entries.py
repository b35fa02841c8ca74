"""What is to be read: each picture and video of an archive, with what tells whether it has changed."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from recognizer.errors import SourceError
from recognizer.names import shown
from recognizer.secrets import masked
from recognizer.sources.folder import paths_of

LIST = "@"  # before the name of a file that lists sources
UNKNOWN = -1


@dataclass(frozen=True)
class Entry:
    """A picture or a video.

    Attributes:
        place: where a worker finds it: a whole path, or an address.
        name: as the rows call it: as given, `***` for a password.
        size: in bytes; UNKNOWN where its place doesn't tell.
        modified: when it was changed last, in nanoseconds since 1970, likewise.
        reason: why it can't be read, as far as that is known before; empty where it isn't.
    """

    place: str
    name: str
    size: int = UNKNOWN
    modified: int = UNKNOWN
    reason: str = ""

    @property
    def identity(self) -> str:
        """The same as long as it is the same source and hasn't changed."""
        return identity_of(self.name, self.size, self.modified)


def identity_of(name: str, size: int, modified: int) -> str:
    return hashlib.blake2b(f"{name}\0{size}\0{modified}".encode(errors="surrogateescape"), digest_size=10).hexdigest()


def entries_of(names: Iterable[str]) -> Iterator[Entry]:
    """Everything that names stand for, in order; what isn't there is an entry, too, with a reason.

    Args:
        names: files, folders, globs, addresses; `@list.txt` is a file with such a name a line.

    Raises:
        SourceError: a list can't be read.
    """
    for name in names:
        for one in _lines(name.removeprefix(LIST)) if name.startswith(LIST) else (name,):
            try:
                yield from _entries(one)
            except SourceError as error:
                yield Entry(one, masked(shown(one)), reason=str(error))


def _lines(path: str) -> Iterator[str]:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            yield from (line for line in map(str.strip, file) if line)
    except OSError as error:
        raise SourceError(f"{LIST}{shown(path)}: can't be read ({error.strerror}); expected a file with a source a "
                          "line") from error


def _entries(name: str) -> Iterator[Entry]:
    if "://" in name:
        from recognizer.sources.addresses.address import local_path

        path = local_path(name)
        if path is None:
            from recognizer.archive.addresses import entries_at

            yield from entries_at(name)
            return
        name = path
    for found in paths_of(name):
        yield _local(found)


def _local(path: Path) -> Entry:
    name = shown(path)
    try:
        about = os.stat(path)
    except OSError as error:
        return Entry(name, name, reason=f"{name}: can't be read ({error.strerror})")
    if not stat.S_ISREG(about.st_mode):
        return Entry(name, name, reason=f"{name}: expected a file, found a device or a pipe; read it without 'archive'")
    return Entry(os.path.abspath(path), name, about.st_size, about.st_mtime_ns)
