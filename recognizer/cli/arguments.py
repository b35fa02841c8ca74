"""The command line's flags, and which of them go together."""

from __future__ import annotations

import argparse
import difflib
import re
from typing import Any, NoReturn

from recognizer import __version__
from recognizer.cli import values
from recognizer.cli.files import check_files, fill_names
from recognizer.cli.say import say
from recognizer.errors import UsageError

# What other programs call these flags.
ELSEWHERE = {"--input": "--source", "--file": "--source", "--video": "--source", "--image": "--source",
             "--url": "--source", "--device": "--camera", "--webcam": "--camera", "--output": "--save",
             "--out": "--save", "--json": "--events", "--headless": "--no-window", "--quiet": "--no-window",
             "--resolution": "--size", "--skip": "--every", "--flip-view": "--mirror", "--list": "--list-cameras"}


class Parser(argparse.ArgumentParser):
    """Reports a wrong call in one line, as all errors are, with what was probably meant; `where` says where it is."""

    where = ""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        parsed, left = self.parse_known_args(args, namespace)
        if left:
            self.error(self._left_over(left, parsed))
        return parsed

    def _left_over(self, left: list[str], parsed: argparse.Namespace) -> str:
        flag = next((word.partition("=")[0] for word in left if re.match(r"-+[^\W\d]", word)), None)
        if flag is None:
            shown = " ".join(left[:2]) + (" …" if len(left) > 2 else "")
            if hasattr(parsed, "names"):
                return f"expected all sources together, before or after the flags, found {shown} apart from the others"
            if not hasattr(parsed, "source"):
                return f"expected nothing more, found {shown}"
            if parsed.source is None:
                return f"expected a flag before {shown}: --source {left[0]}"
            return (f"--source takes one name, and {len(left)} more {'stand' if len(left) > 1 else 'stands'} after it "
                    f"({shown}); a pattern such as '*.jpg' needs quotes, so that the shell hands it on as it is")
        asked = "--" + flag.strip("-").replace("_", "-").lower()
        known = [option for option in self._option_string_actions if option.startswith("--")]
        near = [ELSEWHERE[asked]] if asked in ELSEWHERE else difflib.get_close_matches(asked, known, 1, 0.7)
        return f"no flag is called {flag}" + (f"; the nearest is {near[0]}" if near else "")

    def error(self, message: str) -> NoReturn:
        say(f"{self.where}{message}; --help lists what can be given")
        raise SystemExit(UsageError.exit_code)


class Once(argparse.Action):
    """Takes a value, and refuses a second one instead of forgetting the first."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, value: Any, option: str | None = None
    ) -> None:
        before = getattr(namespace, self.dest)
        if before is not None:
            files = "; for several files give a folder, or a pattern in quotes such as '*.jpg'"
            parser.error(f"expected {option} once, found {before} and {value}{files if self.dest == 'source' else ''}")
        setattr(namespace, self.dest, value)


def parser(where: str = "") -> argparse.ArgumentParser:
    """All flags; docs/flags.md lists them all. `where` begins what it complains of."""
    parser = Parser(
        prog="digit-recognizer",
        description="Finds handwritten digits in a camera's picture, a video or photographs, and reads them.",
        epilog="Without --camera or --source it opens camera 0, or plays a recorded clip where there is none. "
        "In the window h lists the keys. 'digit-recognizer serve' shows a page for browsers instead, 'archive' reads "
        "whole archives, 'teach' learns a hand, 'hand' lists those; each has its own --help. Exit codes: 0 done, "
        "2 wrong usage, 3 the source, 4 the model, 5 an output.",
    )
    parser.where = where
    for add in (add_source, _add_numbers, add_output, add_mqtt, _add_view, add_model):
        add(parser)
    parser.add_argument("--config", type=values.name, metavar="FILE",
                        help="read the cameras of this TOML file, each in a process of its own; stands alone")
    parser.add_argument("--hand", type=values.name, metavar="NAME",
                        help="read with the hand that was taught under this name, none for no hand (default: the one "
                        "used last)")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}", help="print the version")
    return parser


def add_source(parser: argparse.ArgumentParser) -> None:
    source = parser.add_argument_group("source", "what is read")
    where = source.add_mutually_exclusive_group()
    where.add_argument("--camera", action=Once, type=int, metavar="N",
                       help="read the camera with this index, 0 for the first")
    where.add_argument("--source", action=Once, type=values.name, metavar="NAME",
                       help="read a video, a picture, a folder or glob of them, an address, or - for a pipe")
    where.add_argument("--list-cameras", action="store_true",
                       help="print each camera's index, name and, where the system tells them, sizes")
    source.add_argument("--size", type=values.size, metavar="WxH",
                        help="ask the camera for pictures of this size: 1280x720")
    source.add_argument("--fps", type=values.positive, metavar="F", help="ask the camera for so many frames a second")
    source.add_argument("--every", type=values.count, default=1, metavar="N",
                        help="of each video or camera, read one frame of so many; photographs and pages are all read")
    source.add_argument("--poll", type=values.pause, metavar="S",
                        help="look at the --source, a picture at an address or in a file, again every S seconds")
    source.add_argument("--max-seconds", type=values.positive, metavar="S",
                        help="end after so many seconds of a video, or by the clock with a camera and with "
                        "photographs; files after it stay unread")
    source.add_argument("--rotate", type=int, choices=(0, 90, 180, 270), default=0,
                        help="turn the pictures clockwise before they are read, as a camera that hangs askew needs")
    source.add_argument("--flip", choices=("h", "v"), default="",
                        help="swap left and right (h) or up and down (v) before reading; --mirror only shows it so")
    source.add_argument("--roi", type=values.region, action="append", default=[], metavar="X,Y,W,H",
                        help="look only in this part of the picture, in pixels or %%; several may be given")


def _add_numbers(parser: argparse.ArgumentParser) -> None:
    numbers = parser.add_argument_group("numbers", "what counts as one; what doesn't fit is marked in the events, and "
                                        "not told")
    numbers.add_argument("--signs", action="store_true", help="keep / : %% $ € £ in a number's text; else they part")
    numbers.add_argument("--expect", type=values.name, metavar="PATTERN",
                         help="a regular expression that a number must fit as a whole, such as '\\d{5}'")
    numbers.add_argument("--max-step", type=values.positive, metavar="N",
                         help="a value may differ by so much at most from the one told before at its place")
    numbers.add_argument("--no-decrease", action="store_true", help="a value may not be under that one")


def add_output(parser: argparse.ArgumentParser) -> None:
    output = parser.add_argument_group("output", "what is written and printed; any of them together")
    output.add_argument("--numbers", action="store_true",
                        help="print just the numbers, one a line: once when they stand still, again when they change")
    output.add_argument("--events", action=Once, type=values.name, metavar="FILE",
                        help="write what is read, a JSON object a line for each frame; - is standard output; "
                        "{date} and {time} in the name stand for now")
    output.add_argument("--csv", action=Once, type=values.name, metavar="FILE",
                        help="write a row for each number that stands still: time, text, confidence, box; - likewise")
    output.add_argument("--append", action="store_true", help="go on in the files of --events and --csv that are there")
    output.add_argument("--save", action=Once, type=values.name, metavar="FILE",
                        help="write the labelled frames: a video (.mp4, .mkv, .avi), a picture, or a folder for many")
    output.add_argument("--crops", action=Once, type=values.name, metavar="DIR",
                        help="write each crop that the network gets into a folder of its label, for training")


def add_mqtt(parser: argparse.ArgumentParser) -> None:
    mqtt = parser.add_argument_group("mqtt", "who is told; needs the extra [mqtt]")
    mqtt.add_argument("--mqtt", type=values.name, metavar="ADDRESS",
                      help="tell a broker each number that stands still, and the camera's state: "
                      "mqtt[s]://user@host/topic; the password stands in the variable MQTT_PASSWORD")
    mqtt.add_argument("--mqtt-password-file", type=values.name, metavar="FILE", help="or in this file")
    mqtt.add_argument("--mqtt-ca", type=values.name, metavar="FILE",
                      help="trust a broker whose certificate this authority has signed, a PEM file")
    mqtt.add_argument("--mqtt-queue", type=values.name, metavar="FILE",
                      help="keep here what is to be told while the broker is away (default: in the user's folder)")
    mqtt.add_argument("--mqtt-discovery", type=values.name, nargs="?", const="homeassistant", metavar="PREFIX",
                      help="let Home Assistant find it, which looks under this topic (default: homeassistant)")


def _add_view(parser: argparse.ArgumentParser) -> None:
    view = parser.add_argument_group("view", "what is shown")
    window = view.add_mutually_exclusive_group()
    window.add_argument("--window", action="store_true", help="show the window, or end with 5 where no display is")
    window.add_argument("--no-window", action="store_true", help="show nothing; print each number that is read")
    view.add_argument("--mirror", action="store_true",
                      help="show the window's picture as a mirror does; what is read and written stays as it is")
    view.add_argument("--debug", action="store_true",
                      help="show what the program sees: the ink, all candidates and their fate, the crops")


def add_model(parser: argparse.ArgumentParser) -> None:
    model = parser.add_argument_group("model", "the network")
    model.add_argument("--model", type=values.name, metavar="FILE",
                       help="use this .tflite model, its .json manifest beside it")
    model.add_argument("--threshold", type=float, metavar="P",
                       help="report labels from this probability on, 0 to 1 (default: the finder's own for "
                       "being a digit at all, and a half for its label)")


def check(args: argparse.Namespace) -> None:
    """Refuse flags that don't go together, and fill in the names of files."""
    fill_names(args)
    if args.source is not None and (args.size or args.fps):
        raise UsageError("--size and --fps are what a camera is asked for; a --source has its own")
    if args.poll is not None and args.source is None:
        raise UsageError("--poll looks at a picture again and again; give its address or file with --source")
    _check_mqtt(args)
    check_files(args)
    printing = [flag for flag, prints in (("--events -", args.events == "-"), ("--csv -", args.csv == "-"),
                                          ("--numbers", args.numbers)) if prints]
    if len(printing) > 1:
        raise UsageError(f"{' and '.join(printing)} would mix on standard output; give all but one of them a file")


def _check_mqtt(args: argparse.Namespace) -> None:
    """Refuse an address that is none at once, before a camera is opened."""
    if args.mqtt:
        from recognizer.mqtt.address import BrokerAddress

        BrokerAddress.parse(args.mqtt)
    for flag in ("ca", "discovery", "password-file", "queue"):
        if not args.mqtt and getattr(args, f"mqtt_{flag.replace('-', '_')}"):
            raise UsageError(f"--mqtt-{flag} is about a broker; give it, too: --mqtt mqtt://user@host/topic")
