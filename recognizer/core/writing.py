"""Files appear whole or not at all, and are written by one program at a time."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from recognizer.errors import OutputError

NEW = ".new-"  # before the name of a file that is being written
HELD = errno.EWOULDBLOCK, errno.EACCES
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
    """Open a file to write it, empty unless `append`; the descriptor, which holds it until it is closed or dies.

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
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0) | (os.O_APPEND if append else 0),
                         PERMISSIONS)
    try:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
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
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in HELD:
            raise OutputError(f"{name}: another program is writing it; end that one, or give another name") from error
        # This file system has none.
