"""What libraries write on standard error by themselves.

The descriptor belongs to the whole process, and swapping it would take other threads' messages away. So it is swapped
only where there is one thread alone; a program that will have more diverts it once, before it starts them.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

STDERR = 2
MOST_BYTES = 2**16  # of what is kept; the rest is dropped

_diverted: int | None = None  # what libraries write there can be read here


def divert_stderr() -> None:
    """From now on libraries' own writing there is turned away for good, and Python's own goes where it went.

    It does nothing where there are other threads already, or where standard error is no descriptor of this process.
    """
    global _diverted
    with suppress(OSError, ValueError, AttributeError):  # it is closed, or something that a test put there
        if _diverted is None and threading.active_count() == 1 and sys.stderr.fileno() == STDERR:
            sys.stderr.flush()
            kept = os.dup(STDERR)
            sys.stderr = open(kept, "w", buffering=1, encoding=sys.stderr.encoding,  # noqa: SIM115
                              errors="backslashreplace", closefd=False)
            _diverted, writing = _pipe()
            os.dup2(writing, STDERR)
            os.close(writing)


@contextmanager
def captured_stderr() -> Iterator[list[str]]:
    """Turn libraries' own writing on standard error away; its lines are in the list when the block is over.

    There are none, and nothing is turned away, in one of several threads of a program that didn't divert it.
    """
    lines: list[str] = []
    if _diverted is not None:
        _read(_diverted)
        yield lines
        lines += _read(_diverted)
    elif sys.stderr is None or threading.active_count() > 1:  # closed, or not this thread's alone
        yield lines
    else:
        sys.stderr.flush()
        kept = os.dup(STDERR)
        reading, writing = _pipe()
        try:
            os.dup2(writing, STDERR)
            yield lines
        finally:
            os.dup2(kept, STDERR)
            os.close(kept)
            os.close(writing)
            lines += _read(reading)
            os.close(reading)


def _pipe() -> tuple[int, int]:
    """Both ends of a pipe that nobody waits for: when it is full, the rest is dropped."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    return reading, writing


def _read(pipe: int) -> list[str]:
    """The lines that wait in a pipe."""
    with suppress(BlockingIOError):  # none do
        return os.read(pipe, MOST_BYTES).decode(errors="replace").splitlines()
    return []
