"""`teach` and `hand`: what a user teaches by files, and the hands that are kept."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from recognizer.cli import values
from recognizer.cli.arguments import Parser
from recognizer.cli.say import say
from recognizer.cli.signals import Interrupt
from recognizer.cli.streams import tell
from recognizer.errors import ModelError, SourceError, UsageError

if TYPE_CHECKING:
    from recognizer.hand.examples import Examples
    from recognizer.hand.hand import Hand
    from recognizer.reader import Recognizer


def teach_parser() -> argparse.ArgumentParser:
    """All flags of `teach`."""
    parser = Parser(
        prog="digit-recognizer teach",
        description="Teaches the program a hand by crops whose labels are known, as --crops writes them and a person "
        "has sorted them anew. In the window a click on a digit, or Tab, and the right digit's key do the same.",
    )
    parser.add_argument("--crops", type=values.name, required=True, metavar="DIR",
                        help="a folder with pictures of 28x28 in the folders 0 to 9, and none for what is no digit")
    _add_hand(parser, "teach this hand")
    return parser


def hand_parser() -> argparse.ArgumentParser:
    """What `hand` takes."""
    parser = Parser(prog="digit-recognizer hand", description="Lists, shows and moves the hands that were taught.")
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT", parser_class=Parser)
    what.add_parser("list", help="print the names of all hands")
    for name, told in (("show", "print what a hand was taught"), ("remove", "remove a hand"),
                       ("export", "write a hand to a file, to be taken elsewhere")):
        one = what.add_parser(name, help=told)
        one.add_argument("name", type=values.name, metavar="NAME", help="the hand")
        if name == "export":
            one.add_argument("file", type=values.name, metavar="FILE", help="where it is written, an .npz file")
    into = what.add_parser("import", help="add what such a file holds to a hand, and learn it with this model")
    into.add_argument("file", type=values.name, metavar="FILE", help="an exported hand")
    _add_hand(into, "add it to this hand")
    return parser


def _add_hand(parser: argparse.ArgumentParser, told: str) -> None:
    parser.add_argument("--hand", type=values.name, metavar="NAME", help=f"{told} (default: the one used last)")
    parser.add_argument("--model", type=values.name, metavar="FILE",
                        help="the .tflite model that learns (default: the shipped one)")


def take_up(recognizer: Recognizer, name: str | None) -> None:
    """Read with the hand of a name, by default the one used last; where that can't be, say so and go on without it."""
    from recognizer.hand.store import NONE, Store

    if name == NONE:
        return
    store = Store()
    wanted = name or store.last
    try:
        recognizer.take_up(wanted)
    except ModelError as error:
        if name or store.file(wanted).exists():
            say(f"{error}; going on without it")
        return
    if name:
        store.use(name)


def teach(args: argparse.Namespace, _: Interrupt) -> int:
    """Learn the crops of a folder; the exit code.

    Raises:
        SourceError: there are none, or one is no picture of 28×28.
        ModelError, OutputError: as in `Hand`.
    """
    from recognizer.classification.classifier import NO_DIGIT
    from recognizer.hand.hand import spoken
    from recognizer.hand.pictures import labelled_crops

    crops = labelled_crops(Path(args.crops))
    hand = _hand(args)

    def more(examples: Examples) -> Examples:
        for label, some in crops.items():
            examples = examples.taught(some, label)
        return examples

    hand.add(more)
    told = ", ".join(f"{spoken(label)} ({len(crops[label])})" for label in range(NO_DIGIT + 1) if label in crops)
    say(f"learnt {told}; {hand.summary}")
    return 0


def hands(args: argparse.Namespace, _: Interrupt) -> int:
    """Do what `hand` is asked for; the exit code. Errors are those of `Store` and `Hand`."""
    commands: dict[str, Callable[[argparse.Namespace], None]] = {
        "list": _list, "show": _show, "remove": _remove, "export": _export, "import": _import}
    commands[args.what](args)
    return 0


def _list(_: argparse.Namespace) -> None:
    from recognizer.hand.store import Store

    store = Store()
    for name in store.names():
        tell(f"{name}{' (used last)' if name == store.last else ''}")


def _show(args: argparse.Namespace) -> None:
    from recognizer.hand.examples import Examples
    from recognizer.hand.hand import spoken
    from recognizer.hand.store import Store

    file = Store().existing(args.name)
    examples = Examples.load(file)
    counts = Counter(examples.labels.tolist())
    tell(f"{file}: {len(examples)} crops, of the model {examples.model[:12]}…")
    for label in sorted(counts):
        tell(f"{spoken(label)}: {counts[label]}")


def _remove(args: argparse.Namespace) -> None:
    from recognizer.hand.store import Store

    Store().remove(args.name)


def _export(args: argparse.Namespace) -> None:
    from recognizer.hand.examples import Examples
    from recognizer.hand.store import Store

    file = Path(args.file)
    if file.suffix != ".npz":
        raise UsageError(f"hand export: expected a name that ends in .npz, found {file}")
    Examples.load(Store().existing(args.name)).save(file)


def _import(args: argparse.Namespace) -> None:
    from recognizer.hand.examples import Examples

    if not Path(args.file).is_file():
        raise SourceError(f"hand import {args.file}: no such file; expected one that 'hand export' wrote")
    other = Examples.load(Path(args.file))
    hand = _hand(args, adopt=True)
    itself = hand.file.exists() and hand.file.samefile(args.file)
    hand.add(lambda examples: examples if itself else examples.with_lessons_of(other))
    say(f"learnt {len(other)} crops; {hand.summary}")


def _hand(args: argparse.Namespace, adopt: bool = False) -> Hand:
    """The hand that is to learn; with `adopt` it may have been another model's."""
    from recognizer.classification.classifier import Classifier
    from recognizer.core.assets import shipped
    from recognizer.hand.hand import Hand
    from recognizer.hand.store import NONE, Store

    store = Store()
    name = args.hand or store.last
    if name == NONE:
        raise UsageError("--hand: expected the name of the hand that is to learn, found none")
    classifier = Classifier.load(Path(args.model) if args.model else shipped("models/digits.tflite"))
    return Hand(name, classifier, store, adopt)
