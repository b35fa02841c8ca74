"""The command line: opens what is to be read and what takes the results, and runs the loop."""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
import threading
import warnings
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from recognizer.cli.arguments import check, parser
from recognizer.cli.commands.hand import take_up
from recognizer.cli.commands.table import COMMANDS
from recognizer.cli.departure import guard, guarded, leave
from recognizer.cli.files import read_by
from recognizer.cli.outputs import outputs_of, sum_up, until
from recognizer.cli.say import say, say_warnings
from recognizer.cli.signals import Interrupt
from recognizer.cli.streams import drop, open_closed, settled, tell
from recognizer.core.stderr import divert_stderr
from recognizer.errors import OutputError, RecognizerError, SourceError

if TYPE_CHECKING:
    from recognizer.core.geometry import Box
    from recognizer.reader import Recognizer
    from recognizer.sources.base import Source
    from recognizer.window.window import Window

DEMO = "fixtures/clips/demo.mp4"
DEMO_RESULT = "recognized.mp4"
GONE = "the window's display is gone; what was written stays, start again where one is"
INTERRUPTED = 130  # as a shell reports the signal


def run() -> NoReturn:
    """Run the program as a process of its own, and end it."""
    open_closed()
    divert_stderr()
    try:
        code = main(own_process=True)
    except SystemExit as asked:
        code = asked.code if isinstance(asked.code, int) else 1
    code = settled(code)
    if guarded() or any(thread.daemon for thread in threading.enumerate()):
        # One hangs in a library; the process would be aborted if it came back while the interpreter is taken down.
        leave(code)
    sys.exit(code)


def main(argv: list[str] | None = None, own_process: bool = False) -> int:
    """Run the program; the exit code. In a process of its own it is ended well where a library ends that."""
    words = sys.argv[1:] if argv is None else argv
    command = COMMANDS.get(words[0]) if words else None
    args = command.parser().parse_args(words[1:]) if command else parser().parse_args(words)
    # Libraries' own complaints would drown the one line that says what to do.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    os.environ.setdefault("QT_LOGGING_RULES", "*=false")
    warnings.filterwarnings("ignore", module=r"PIL\.")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file's name may hold what the terminal can't show
    try:
        (command.check if command else check)(args)
        with Interrupt() as interrupt:
            if getattr(args, "list_cameras", False):
                return _list_cameras()
            if command:
                return command.run(args, interrupt)
            return _fleet(args, interrupt) if args.config else _run(args, interrupt, own_process)
    except RecognizerError as error:
        say(str(error))
        return error.exit_code
    except BrokenPipeError:  # the reader of our output has seen enough
        drop(sys.stdout)
    except KeyboardInterrupt:
        return INTERRUPTED
    except ImportError as error:
        say(f"a library can't be loaded ({error}); reinstall with 'pip install .', and on Debian or Ubuntu "
            "'apt install libgl1 libglib2.0-0'")
        return 1
    return 0


def _list_cameras() -> int:
    from recognizer.sources.list_cameras import list_cameras

    cameras = list_cameras()
    if not cameras:
        raise SourceError("no camera found; plug one in, or give a --source")
    tell("\n".join(map(str, cameras)))
    return 0


def _run(args: argparse.Namespace, interrupt: Interrupt, own_process: bool) -> int:
    """Read the source into the outputs until one of them, or a signal, ends it; the exit code."""
    from recognizer.numbers.plausible import Rules
    from recognizer.reader import Recognizer
    from recognizer.sinks.fault_tolerant import FaultTolerantSink
    from recognizer.sinks.labelled import LabelledSink
    from recognizer.sinks.text import SummarySink
    from recognizer.window.screen import NONE, lacks_window

    say_warnings()
    rules = Rules(args.expect, args.max_step, args.no_decrease)
    recognizer = Recognizer(args.model, args.threshold, signs=args.signs, regions=args.roi, rules=rules)
    take_up(recognizer, args.hand)
    lacking = "" if args.no_window else lacks_window()
    if lacking:
        if args.window:
            raise OutputError(f"--window: expected a display, found {lacking}")
        args.no_window = True
        found, advice = lacking.split("; ", 1)
        found = "found" if lacking == NONE else f"that takes a window (found {found})"
        say(f"no display {found}, so no window: the numbers are printed instead"
            f"{'' if lacking == NONE else f'; {advice}'}")
        if args.camera is None and args.source is None and args.save is None:
            args.save = DEMO_RESULT
    summary = SummarySink()
    with ExitStack() as stack:
        source = stack.enter_context(_source(args))
        save = LabelledSink(args.save, read_by(args.source), "--save") if args.save else None
        stack.callback(sum_up, summary, save)
        report = logging.getLogger("recognizer").warning
        outputs = [stack.enter_context(FaultTolerantSink(sink, report)) for sink in outputs_of(args, source, save)]
        window = None
        if not args.no_window:
            from recognizer.window.window import Window

            window = stack.enter_context(Window(args.mirror, args.debug, partial(_choose, recognizer), recognizer))
            if own_process:
                guard(partial(_without_display, window, stack))
        readings = stack.enter_context(closing(recognizer.watch(source, args.every, args.rotate, args.flip)))
        stack.callback(interrupt.closing)  # the last one is called first
        for reading in until(readings, args.max_seconds, source):
            summary.write(reading)
            for output in outputs:
                output.write(replace(reading, debug=True) if args.debug else reading)
            if window:
                window.write(reading)
            if interrupt.code or (window.closed if window else all(output.stopped for output in outputs)):
                break
    stopped = any(output.stopped for output in outputs) or bool(window and window.stopped)
    return interrupt.code or (OutputError.exit_code if stopped else 0)


def _choose(recognizer: Recognizer, part: Box | None) -> None:
    """Look only in a part of the frames, in pixels, or in all of them, and say by which flag."""
    from recognizer.core.geometry import Region

    recognizer.regions = [Region(part)] if part else []
    say(f"--roi {Region(part)}" if part else "looking everywhere again, without --roi")


def _without_display(window: Window, stack: ExitStack) -> int:
    """End a run whose display has died; the exit code."""
    window.lose()
    say(GONE)
    stack.close()
    return OutputError.exit_code


def _fleet(args: argparse.Namespace, interrupt: Interrupt) -> int:
    """Read several cameras, a process each, until a signal ends it or all have come to their end; the exit code."""
    from recognizer.cli.commands.fleet import run_fleet

    return run_fleet(args, interrupt)


def _source(args: argparse.Namespace) -> Source:
    from recognizer.core.assets import shipped
    from recognizer.sources.base import open_source

    if args.source is not None:
        return open_source(args.source, poll=args.poll)
    try:
        return open_source(args.camera or 0, args.size, args.fps)
    except SourceError as error:
        if args.camera is not None:
            raise
        clip = shipped(DEMO)
        say(f"{str(error).split(';')[0]}; playing the recorded clip {clip.name} instead")
        return open_source(clip)
