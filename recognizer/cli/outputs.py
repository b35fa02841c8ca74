"""What becomes of readings: the outputs that the flags ask for but for the window, when they end, and their sum."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from recognizer.cli.say import say
from recognizer.errors import UsageError

if TYPE_CHECKING:
    from recognizer.mqtt.sink import MqttSink
    from recognizer.reading import Reading
    from recognizer.sinks.base import Sink
    from recognizer.sinks.labelled import LabelledSink
    from recognizer.sinks.text import SummarySink
    from recognizer.sources.base import Source


def outputs_of(args: argparse.Namespace, source: Source, save: LabelledSink | None) -> Iterator[Sink]:
    """What the flags ask for, in the order in which they are entered.

    Raises:
        UsageError: the library of an extra isn't installed, or a flag can't be meant.
        OutputError: one can't be written.
    """
    from recognizer.sinks.background import BackgroundSink
    from recognizer.sinks.crops import CropsSink
    from recognizer.sinks.text import STDOUT, CsvSink, EventsSink, NumbersSink, TextSink
    from recognizer.sources.files import Files

    lines: list[TextSink] = []
    if args.events:
        lines.append(EventsSink(args.events, "--events", args.append))
    if args.csv:
        lines.append(CsvSink(args.csv, "--csv", args.append))
    if args.numbers or (args.no_window and STDOUT not in (args.events, args.csv)):
        lines.append(NumbersSink(bare=args.numbers))
    yield from lines
    if args.mqtt:
        yield _mqtt_sink(args)
    if args.crops:
        yield CropsSink(args.crops, "--crops")
    if save:
        yield BackgroundSink(save)
    if args.no_window and isinstance(source, Files) and sys.stderr and sys.stderr.isatty():
        from recognizer.sinks.progress import ProgressSink, apart

        for printed in lines:
            printed.apart = apart
        yield ProgressSink(len(source))


def _mqtt_sink(args: argparse.Namespace) -> MqttSink:
    try:
        from recognizer.mqtt.sink import MqttSink
    except ImportError as error:
        raise UsageError(f"--mqtt: expected the libraries of the extra [mqtt], found none ({error}); install them with "
                         "pip install '.[mqtt]'") from error
    from recognizer.mqtt.address import BrokerAddress, read_password, tls_context

    address = BrokerAddress.parse(args.mqtt)
    return MqttSink(address, read_password(address, args.mqtt_password_file), tls_context(address, args.mqtt_ca),
                    Path(args.mqtt_queue) if args.mqtt_queue else None, args.mqtt_discovery)


def until(readings: Iterator[Reading], seconds: float | None, source: Source | None = None) -> Iterator[Reading]:
    """The readings of so many seconds: of a video's own time, of the clock's for all else; says what stays unread."""
    start = time.monotonic()
    for reading in readings:
        frame = reading.frame
        passed = time.monotonic() - start if frame.live or frame.still else frame.time
        if seconds is not None and passed >= seconds:
            _say_unread(reading, source)
            return
        yield reading


def _say_unread(last: Reading, source: Source | None) -> None:
    """Say how many files a reading that comes too late, and those after it, leave unread."""
    from recognizer.sources.files import Files

    if isinstance(source, Files):
        unread = source.after(last.frame.source) + last.frame.still
        if unread:
            say(f"--max-seconds: {unread} of {len(source)} files left unread")


def sum_up(summary: SummarySink, save: LabelledSink | None) -> None:
    if save and save.frames and not save.failed:
        say(f"labelled frames are in {save.target}")
    if summary.frames:
        say(str(summary))
