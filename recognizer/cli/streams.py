"""Standard streams that are closed, full, or have no reader any more."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from recognizer.cli.say import say
from recognizer.errors import OutputError

STANDARD = 0, 1, 2  # descriptors


def open_closed() -> None:
    """Let the closed ones of the first three descriptors lead nowhere.

    Else the next files to be opened would get them, and all that libraries write on standard error.
    """
    for descriptor in STANDARD:
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest that is free: this one


def tell(text: str) -> None:
    """Print a result on standard output at once.

    Raises:
        OutputError: it can't be written.
        BrokenPipeError: its reader has seen enough.
    """
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"standard output: {error.strerror}") from error


def settled(code: int) -> int:
    """The exit code once all that was printed has gone out; what can't is dropped, else Python's end changes it."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        if not code and not isinstance(error, BrokenPipeError):
            say(f"standard output: {error.strerror}")
            code = OutputError.exit_code
        drop(sys.stdout)
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
    except OSError:
        drop(sys.stderr)
    return code


def drop(stream: TextIO | None) -> None:
    """Let what a stream still holds, and will get, lead nowhere."""
    if stream is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
