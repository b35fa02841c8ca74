"""How files are written: whole or not at all, or line by line, by one program at a time."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from recognizer.errors import OutputError

NEW = ".new-"  # before the name of a file that is being written
HELD = errno.EAGAIN, errno.EACCES
PLACE = 2**62  # of the byte that is locked, where no file has one: on some network drives nobody could read it
PERMISSIONS = 0o666  # less what the user's mask takes away


@contextmanager
def replacing(*paths: Path) -> Iterator[list[Path]]:
    """Names beside `paths` to write to; when all went well the new files take the places of the old.

    Raises:
        OutputError: they can't be written, the disk is full; what stood there before still does.
    """
    new = [path.with_name(f"{NEW}{path.name}") for path in paths]  # libraries choose a format by the ending
    try:
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
        yield new
        for beside, path in zip(new, paths, strict=True):
            os.replace(beside, path)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        names = ", ".join(map(str, paths))
        raise OutputError(f"{names}: can't be written ({reason}); nothing was half-written, what was there is kept, "
                          "make room or choose another folder") from error
    finally:
        for beside in new:
            with suppress(OSError):
                beside.unlink()


def open_alone(path: str | os.PathLike[str], name: str, append: bool = False) -> int:
    """Open a file to write it, empty unless `append`; the descriptor, which holds the file until it is closed.

    Several programs may append to one. Pipes and devices are held by nobody, nor is anything where the system has no
    locks of this kind.

    Args:
        path: of the file; it need not exist.
        name: of the output, for the error.
        append: what the file holds stays.

    Raises:
        OutputError: another program is writing it.
        OSError: it can't be opened.
    """
    flags = os.O_CREAT | getattr(os, "O_BINARY", 0) | (os.O_APPEND if append else 0)
    lasting = not os.path.exists(path) or os.path.isfile(path)
    descriptor = os.open(path, flags | (os.O_RDWR if lasting else os.O_WRONLY), PERMISSIONS)
    try:
        if lasting:
            _hold(descriptor, name, shared=append)
            if not append:
                os.ftruncate(descriptor, 0)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _hold(descriptor: int, name: str, shared: bool) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.lockf(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB, 1, PLACE)
    except OSError as error:
        if error.errno in HELD:
            raise OutputError(f"{name}: another program is writing it; end that one, or give another name") from error
        # This file system has none.
