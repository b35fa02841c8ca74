"""Memory that is free goes back to the system."""

from __future__ import annotations

import ctypes
import time
from contextlib import suppress

PAUSE = 1.0  # seconds from one time to the next: it takes about a millisecond

_next = 0.0  # by the monotonic clock


def give_back() -> None:
    """Give back what is free, now and then.

    The C library of Linux keeps what decoders and networks have let go of, in pieces that no larger frame fits
    into: a process that reads thousands of files would hold hundreds of megabytes more than it uses.
    """
    global _next
    if time.monotonic() < _next:
        return
    _next = time.monotonic() + PAUSE
    with suppress(AttributeError, OSError, TypeError):  # other C libraries have no such function
        ctypes.CDLL(None).malloc_trim(0)
