"""What libraries write on standard error by themselves."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def captured_stderr() -> Iterator[list[str]]:
    """Turn libraries' own writing on standard error away; its lines are in the list when the block is over.

    It concerns the whole process, so the block is to be short.
    """
    lines: list[str] = []
    if sys.stderr is None:  # it is closed
        yield lines
        return
    sys.stderr.flush()
    kept = os.dup(2)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)  # when the pipe is full, the rest is dropped
    os.set_blocking(reading, False)
    try:
        os.dup2(writing, 2)
        yield lines
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(writing)
        with os.fdopen(reading, "rb", buffering=0) as pipe:
            lines += (pipe.read(2**16) or b"").decode(errors="replace").splitlines()
