"""What the program tells people: a line each on standard error."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress

from recognizer.names import one_line
from recognizer.secrets import masked


def say(message: str) -> None:
    """One line on standard error."""
    if sys.stderr is None:  # it was closed before the start, and print would take standard output
        return
    with suppress(OSError):  # the terminal was closed
        print(f"recognizer: {masked(one_line(message))}", file=sys.stderr, flush=True)


def say_warnings() -> None:
    """Warnings that are logged go there, too, a line each."""
    logging.basicConfig(format="recognizer: %(message)s", level=logging.WARNING)
    for handler in logging.getLogger().handlers:
        handler.addFilter(_in_one_line)


def _in_one_line(record: logging.LogRecord) -> bool:
    record.msg, record.args = one_line(record.getMessage()), ()
    return True
