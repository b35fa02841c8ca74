"""Which files a call writes: each once, and none that it reads."""

from __future__ import annotations

import argparse
import logging
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from recognizer.errors import OutputError, SourceError, UsageError

FLAGS = ("events", "csv", "save")  # that name a file


def fill_names(args: argparse.Namespace) -> None:
    """Write the date and the time of now into the names of what is written, in a form that every system takes."""
    for flag in (*FLAGS, "crops"):
        name = getattr(args, flag)
        if name:
            setattr(args, flag, name.replace("{date}", time.strftime("%Y-%m-%d"))
                    .replace("{time}", time.strftime("%H-%M-%S")))


def written(args: argparse.Namespace) -> dict[str, str]:
    """The names of the files and folders that are written, by their flags; pipes and devices are none."""
    names = {f"--{flag}": getattr(args, flag) for flag in FLAGS}
    return {flag: name for flag, name in names.items() if name not in (None, "-")
            and (not os.path.exists(name) or os.path.isfile(name) or os.path.isdir(name))}


def check_files(args: argparse.Namespace) -> None:
    """Refuse to write one file twice, or over one that is read, before anything is opened.

    Raises:
        UsageError: two flags name one file.
        OutputError: one names a file of the source.
    """
    taken: dict[str, str] = {}
    for flag, name in written(args).items():
        other = taken.setdefault(os.path.realpath(name), flag)
        if other != flag:
            raise UsageError(f"{other} and {flag} would write over each other in {name}; give each a file of its own")
    there = {_identity(os.stat(name)): f"{flag} {name}" for flag, name in written(args).items() if os.path.exists(name)}
    for lost in there.keys() & (read_by(args.source) if there else set()):
        raise OutputError(f"{there[lost]}: that is the source itself, which would be lost; give another name")


def read_by(source: str | None) -> set[tuple[int, int]]:
    """What identifies each file of this machine that a source's name stands for; what can't be read has nothing."""
    from recognizer.sources.addresses.address import local_path
    from recognizer.sources.addresses.pipe import descriptor_of
    from recognizer.sources.folder import paths_of

    found = set[tuple[int, int]]()
    if source is None:  # a camera
        return found
    with suppress(SourceError), _quiet():  # who opens the source tells what is wrong with it
        descriptor = descriptor_of(source)
        for file in [descriptor] if descriptor is not None else paths_of(local_path(source) or source):
            with suppress(OSError):
                status = os.stat(file)
                if stat.S_ISREG(status.st_mode):
                    found.add(_identity(status))
    return found


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the log's warnings."""
    log = logging.getLogger("recognizer")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)
