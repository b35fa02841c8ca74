"""What the first word of the command line may ask for; without one of these it reads a source as it comes."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from recognizer.cli.archive import archive, archive_parser, check_archive
from recognizer.cli.arguments import check_serve, serve_parser
from recognizer.cli.signals import Interrupt


@dataclass(frozen=True)
class Command:
    """Its flags, what refuses those that don't go together, and what does it and gives the exit code."""

    parser: Callable[[], argparse.ArgumentParser]
    check: Callable[[argparse.Namespace], None]
    run: Callable[[argparse.Namespace, Interrupt], int]


def _serve(args: argparse.Namespace, interrupt: Interrupt) -> int:
    from recognizer.cli.serve import serve

    return serve(args, interrupt)


COMMANDS = {
    "archive": Command(archive_parser, check_archive, archive),
    "serve": Command(serve_parser, check_serve, _serve),  # the page for browsers
}
