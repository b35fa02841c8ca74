"""The command line's flags, and which of them go together."""

from __future__ import annotations

import argparse
import os
import re
import sys
from typing import NoReturn

from recognizer import __version__
from recognizer.errors import OutputError, UsageError


class _Parser(argparse.ArgumentParser):
    """Reports a wrong call in one line, as all errors are."""

    def error(self, message: str) -> NoReturn:
        print(f"recognizer: {message}; --help lists what can be given", file=sys.stderr)
        raise SystemExit(UsageError.exit_code)


def parser() -> argparse.ArgumentParser:
    """All flags; each has its help, and the table of docs/flags.md lists them all."""
    parser = _Parser(
        prog="digit-recognizer",
        description="Finds handwritten digits in a camera's picture, a video or photographs, and reads them.",
        epilog="Without --camera or --source it opens camera 0, or plays a recorded clip where there is none. "
        "In the window h lists the keys. 'digit-recognizer serve' shows a page for browsers instead; its own flags "
        "tells 'serve --help'. Exit codes: 0 done, "
        "2 wrong usage, 3 the source, 4 the model, 5 an output.",
    )
    for add in (_add_source, _add_output, _add_view, _add_model):
        add(parser)
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}", help="print the version")
    return parser


def serve_parser() -> argparse.ArgumentParser:
    """All flags of `serve`, the program's page for browsers."""
    parser = _Parser(
        prog="digit-recognizer serve",
        description="Serves a page that shows what a camera sees and reads, and that makes any phone a camera.",
        epilog="Without --camera and --source it reads only what browsers send. A file plays at its own speed, again "
        "and again. Ctrl-C ends it. Exit codes are those of digit-recognizer.",
    )
    for add in (_add_web, _add_source, _add_output, _add_model):
        add(parser)
    parser.set_defaults(no_window=False, debug=False)
    return parser


def _add_web(parser: argparse.ArgumentParser) -> None:
    web = parser.add_argument_group("web", "who may look, and how")
    web.add_argument("--host", type=_name, default="127.0.0.1", metavar="NAME",
                     help="listen at this name or address, 0.0.0.0 for all of this machine's (default: 127.0.0.1)")
    web.add_argument("--port", type=_port, default=8000, metavar="N",
                     help="listen at this port, 0 for any that is free (default: 8000)")
    web.add_argument("--token", type=_name, metavar="TEXT",
                     help="ask clients for this token (default: a random one where other machines can connect)")
    web.add_argument("--tls", action="store_true",
                     help="encrypt with a certificate made for this machine; browsers give their camera to such pages")
    web.add_argument("--cert", type=_name, metavar="FILE", help="encrypt with this certificate, a PEM file")
    web.add_argument("--key", type=_name, metavar="FILE", help="the key of --cert, a PEM file without a password")
    web.add_argument("--clients", type=_count, default=100, metavar="N",
                     help="let in so many clients at once (default: 100)")


def _add_source(parser: argparse.ArgumentParser) -> None:
    source = parser.add_argument_group("source", "what is read")
    where = source.add_mutually_exclusive_group()
    where.add_argument("--camera", type=int, metavar="N", help="read the camera with this index, 0 for the first")
    where.add_argument("--source", type=_name, metavar="NAME",
                       help="read a video, a picture, a folder or glob of them, or a stream's URL")
    where.add_argument("--list-cameras", action="store_true",
                       help="print each camera's index, name and, where the system tells them, sizes")
    source.add_argument("--size", type=_size, metavar="WxH", help="ask the camera for pictures of this size: 1280x720")
    source.add_argument("--fps", type=_positive, metavar="F", help="ask the camera for so many frames a second")
    source.add_argument("--every", type=_count, default=1, metavar="N",
                        help="read one frame of so many, and pass over the others")
    source.add_argument("--max-seconds", type=_positive, metavar="S",
                        help="end after so many seconds of a video, or by the clock with a camera")


def _add_output(parser: argparse.ArgumentParser) -> None:
    output = parser.add_argument_group("output", "what is written and printed; any of them together")
    output.add_argument("--numbers", action="store_true",
                        help="print just the numbers, one a line: once when they stand still, again when they change")
    output.add_argument("--events", type=_name, metavar="FILE",
                        help="write what is read, a JSON object a line for each frame; - is standard output")
    output.add_argument("--csv", type=_name, metavar="FILE",
                        help="write a row for each number that stands still: time, text, confidence, box; - likewise")
    output.add_argument("--save", type=_name, metavar="FILE",
                        help="write the labelled frames: a video (.mp4, .mkv, .avi), a picture, or a folder for many")
    output.add_argument("--crops", type=_name, metavar="DIR",
                        help="write each crop that the network gets into a folder of its label, for training")


def _add_view(parser: argparse.ArgumentParser) -> None:
    view = parser.add_argument_group("view", "what is shown")
    window = view.add_mutually_exclusive_group()
    window.add_argument("--window", action="store_true", help="show the window, or end with 5 where no display is")
    window.add_argument("--no-window", action="store_true", help="show nothing; print each number that is read")
    view.add_argument("--mirror", action="store_true",
                      help="show the window's picture as a mirror does; what is read and written stays as it is")
    view.add_argument("--debug", action="store_true",
                      help="show what the program sees: the cleaned picture, all candidates, the crops")


def _add_model(parser: argparse.ArgumentParser) -> None:
    model = parser.add_argument_group("model", "the network")
    model.add_argument("--model", type=_name, metavar="FILE",
                       help="use this .tflite model, its .json manifest beside it")
    model.add_argument("--threshold", type=float, metavar="P",
                       help="report digits from this probability on, 0 to 1 (default: the model's own)")


def check(args: argparse.Namespace) -> None:
    """Refuse flags that don't go together."""
    if args.source is not None and (args.size or args.fps):
        raise UsageError("--size and --fps are what a camera is asked for; a --source has its own")
    _check_files(args)
    printing = [flag for flag, prints in (("--events -", args.events == "-"), ("--csv -", args.csv == "-"),
                                          ("--numbers", args.numbers)) if prints]
    if len(printing) > 1:
        raise UsageError(f"{' and '.join(printing)} would mix on standard output; give all but one of them a file")


def check_serve(args: argparse.Namespace) -> None:
    """Refuse flags of `serve` that don't go together."""
    check(args)
    if bool(args.cert) != bool(args.key):
        raise UsageError("--cert and --key belong together; give both, or --tls for a certificate made for you")
    if args.cert and args.tls:
        raise UsageError("--tls makes a certificate, and --cert gives one; leave one of them out")
    if args.camera is None and args.source is None:
        kept = [flag for flag in ("events", "csv", "save", "crops", "numbers") if getattr(args, flag)]
        if kept:
            raise UsageError(f"--{kept[0]} takes what the program's own camera reads; give --camera or --source, too")


def _check_files(args: argparse.Namespace) -> None:
    """Refuse to write one file twice, or over the one that is read."""
    taken: dict[str, str] = {}
    for flag, name in (("--events", args.events), ("--csv", args.csv), ("--save", args.save)):
        if name in (None, "-") or (os.path.exists(name) and not os.path.isfile(name)):
            continue
        if args.source and os.path.exists(name) and os.path.exists(args.source) and os.path.samefile(name, args.source):
            raise OutputError(f"{flag} {name}: that is the source itself, which would be lost; give another name")
        other = taken.setdefault(os.path.realpath(name), flag)
        if other != flag:
            raise UsageError(f"{other} and {flag} would write over each other in {name}; give each a file of its own")


def _name(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("expected a name, found nothing")
    return text


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected a port from 0 to 65535, found {text}")
    return int(text)


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([1-9]\d{0,4})[x×]([1-9]\d{0,4})", text)
    if not found:
        raise argparse.ArgumentTypeError(f"expected a width and a height such as 1280x720, found {text}")
    return int(found[1]), int(found[2])


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number over 0, found {text}")
    return value


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, found {text}")
    return int(text)
