"""`--config`: reads several cameras, each in a process of its own. As a module it is one of those processes."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from functools import partial
from pathlib import Path

from recognizer.cli.arguments import check, parser
from recognizer.cli.files import places, written
from recognizer.cli.main import run
from recognizer.cli.say import say
from recognizer.cli.signals import Interrupt
from recognizer.core.stderr import divert_stderr
from recognizer.errors import RecognizerError, UsageError
from recognizer.fleet.config import Member, read_config
from recognizer.fleet.supervisor import Camera, supervise

MEMBER = (sys.executable, "-m", "recognizer.cli.commands.fleet", "--no-window")
AGAIN = ("--append",)  # or a process that is started again would empty the files of the one before
STDIN = 0
ONE_ONLY = ("window", "list_cameras", "config")  # flags that make no sense for one of many


def run_fleet(args: argparse.Namespace, interrupt: Interrupt) -> int:
    """Keep all cameras of `--config` going until a signal comes or each has come to its end; the exit code.

    Raises:
        UsageError: the file can't be meant, or a flag stands beside it.
    """
    beside = [name for name, value in vars(args).items() if name != "config" and value != parser().get_default(name)]
    if beside:
        raise UsageError(f"--config tells all flags by itself; write {beside[0].replace('_', '-')} into {args.config}, "
                         "under [defaults] for all cameras")
    members = read_config(Path(args.config))
    check_members(args.config, members)
    cameras = [Camera(member, MEMBER, say, AGAIN) for member in members]
    supervise(cameras, partial(_over, interrupt))
    return interrupt.code or max(camera.code or 0 for camera in cameras)


def _over(interrupt: Interrupt) -> bool:
    if interrupt.code:
        interrupt.closing()  # the processes get their time
    return bool(interrupt.code)


def check_members(config: str, members: list[Member]) -> None:
    """Look at all cameras of a file before any is started.

    Raises:
        UsageError: one is what the program would refuse, or can't be one of several.
    """
    taken: dict[str | tuple[int, int], str] = {}
    for member in members:
        where = f"--config {config}, camera {member.name}: "
        flags = parser(where).parse_args(member.flags)
        try:
            check(flags)
        except RecognizerError as error:
            raise UsageError(f"{where}{error}") from error
        alone = [name for name in ONE_ONLY if getattr(flags, name)]
        alone += [name for name in ("events", "csv", "source") if getattr(flags, name) == "-"]
        if alone:
            raise UsageError(f"{where}{alone[0].replace('_', '-')} is for one camera alone, not for one of several; "
                             "leave it out, or give a file or another source")
        if flags.camera is None and flags.source is None:
            raise UsageError(f"{where}expected camera or source, found neither")
        _check_shared(where, member.name, flags, taken)


def _check_shared(where: str, name: str, flags: argparse.Namespace, taken: dict[str | tuple[int, int], str]) -> None:
    """Refuse what a camera before has; `taken` is that, and gets this one's."""
    advice = "which stands for the camera's name"
    if flags.mqtt and taken.setdefault(flags.mqtt, name) != name:
        raise UsageError(f"{where}camera {taken[flags.mqtt]} tells its numbers to {flags.mqtt}, too; write "
                         f"{{name}} into it, {advice}")
    for flag, file in written(flags).items():
        for place in places(file):
            other = taken.setdefault(place, name)
            if other != name:
                raise UsageError(f"{where}camera {other} writes {file}, too; write {{name}} into {flag[2:]}, {advice}")


def _end_with_the_fleet() -> None:
    """Ask this process to end when standard input does: the fleet has closed it, or is dead."""
    while os.read(STDIN, 1):
        pass
    if os.name == "posix":
        os.kill(os.getpid(), signal.SIGTERM)  # so that what the main thread waits for is broken off
    else:
        signal.raise_signal(signal.SIGINT)


if __name__ == "__main__":
    divert_stderr()  # which it can while there is one thread
    threading.Thread(target=_end_with_the_fleet, daemon=True).start()
    run()
