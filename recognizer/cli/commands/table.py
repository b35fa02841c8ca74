"""What the first word of the command line may ask for; without one of these it reads a source as it comes."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from recognizer.cli.commands.archive import archive, archive_parser, check_archive
from recognizer.cli.commands.hand import hand_parser, hands, teach, teach_parser
from recognizer.cli.commands.serve import check_serve, serve, serve_parser
from recognizer.cli.signals import Interrupt


def _anything(_: argparse.Namespace) -> None:
    """All flags go together."""


@dataclass(frozen=True)
class Command:
    """Its flags, what does it and gives the exit code, and what refuses flags that don't go together."""

    parser: Callable[[], argparse.ArgumentParser]
    run: Callable[[argparse.Namespace, Interrupt], int]
    check: Callable[[argparse.Namespace], None] = _anything


COMMANDS = {
    "archive": Command(archive_parser, archive, check_archive),
    "hand": Command(hand_parser, hands),
    "serve": Command(serve_parser, serve, check_serve),
    "teach": Command(teach_parser, teach),
}
