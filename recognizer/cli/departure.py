"""Ends the program in good order where a library ends the process: Qt does when its X server dies."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from contextlib import suppress

_kept: list[object] = []  # C's end of the process calls them


def guard(last: Callable[[], int]) -> None:
    """Call this when C's `exit` is called, and end with the code that it gives.

    From then on Python must be ended by `leave`, for C would call it when there is no Python any more.
    """
    if not sys.platform.startswith("linux"):  # elsewhere no X server is asked
        return

    def depart(_: int | None) -> None:
        code = 1
        with suppress(Exception):
            code = last()
        leave(code)

    callback = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(depart)
    register = getattr(ctypes.CDLL(None), "__cxa_atexit", None)  # plain `atexit` isn't in the shared library
    if register and register(callback, None, None) == 0:
        _kept.append(callback)


def guarded() -> bool:
    """Whether the process is to be ended by `leave`."""
    return bool(_kept)


def leave(code: int) -> None:
    """End the process at once, with all that was printed."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)
