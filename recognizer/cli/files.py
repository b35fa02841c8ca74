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


def places(name: str) -> set[str | tuple[int, int]]:
    """What is the same of two names of one file: its path without links, and where it exists what identifies it."""
    found: set[str | tuple[int, int]] = {os.path.realpath(name)}
    with suppress(OSError):
        found.add(_identity(os.stat(name)))
    return found


def check_files(args: argparse.Namespace) -> None:
    """Refuse to write one file twice, or over one that is read, before anything is opened.

    Raises:
        UsageError: two flags name one file, or one names a file as --save may write it into its folder.
        OutputError: one names a file of the source.
    """
    taken: dict[str | tuple[int, int], str] = {}
    for flag, name in written(args).items():
        for place in places(name):
            other = taken.setdefault(place, flag)
            if other != flag:
                raise UsageError(f"{other} and {flag} would write over each other in {name}; give each a file of its "
                                 "own")
    _check_folder(args)
    there = {_identity(os.stat(name)): f"{flag} {name}" for flag, name in written(args).items() if os.path.exists(name)}
    for lost in there.keys() & (read_by(args.source) if there else set()):
        raise OutputError(f"{there[lost]}: that is the source itself, which would be lost; give another name")


def _check_folder(args: argparse.Namespace) -> None:
    """Refuse names like those of the pictures and videos that --save writes into its folder."""
    from recognizer.sources.images.kinds import PICTURES, VIDEOS

    names = written(args)
    folder = names.pop("--save", "")
    if not folder or not (os.path.isdir(folder) or _ending(folder) not in PICTURES | VIDEOS):
        return
    for flag, name in names.items():
        if _ending(name) in PICTURES | VIDEOS and os.path.realpath(os.path.dirname(name)) == os.path.realpath(folder):
            raise UsageError(f"--save {folder} and {flag} could write over each other in {name}; give {flag} a name "
                             "that no picture or video has, such as one in .jsonl or .csv")


def _ending(name: str) -> str:
    return os.path.splitext(name)[1].lower()


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
