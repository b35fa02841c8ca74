"""The command line: opens what is to be read and what takes the results, and runs the loop."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, NoReturn

from recognizer.errors import RecognizerError, SourceError
from recognizer.flags import check, parser

if TYPE_CHECKING:
    from recognizer.display import Window
    from recognizer.save import Save
    from recognizer.sinks import Sink, Summary
    from recognizer.sources import Source
    from recognizer.types import Reading

DEMO = "fixtures/clips/demo.mp4"
DEMO_RESULT = "recognized.mp4"
INTERRUPTED, TERMINATED = 130, 143  # as a shell reports the signals


def main(argv: list[str] | None = None) -> int:
    """Run the program; the exit code."""
    args = parser().parse_args(argv)
    # Libraries' own complaints would drown the one line that says what to do.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    os.environ.setdefault("QT_LOGGING_RULES", "*=false")
    signal.signal(signal.SIGTERM, _terminate)
    try:
        check(args)
        _list_cameras() if args.list_cameras else _run(args)
    except RecognizerError as error:
        say(str(error))
        return error.exit_code
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return INTERRUPTED
    except ImportError as error:
        say(f"a library can't be loaded ({error}); reinstall with 'pip install .', and on Debian or Ubuntu "
            "'apt install libgl1 libglib2.0-0'")
        return 1
    return 0


def say(message: str) -> None:
    """One line on standard error."""
    print(f"recognizer: {message}", file=sys.stderr, flush=True)


def _terminate(signum: int, _: object) -> NoReturn:
    raise SystemExit(TERMINATED)  # unlike the default, this closes every output on the way out


def _list_cameras() -> None:
    from recognizer.cameras import list_cameras

    cameras = list_cameras()
    if not cameras:
        raise SourceError("no camera found; plug one in, or give a --source")
    print("\n".join(map(str, cameras)))


def _run(args: argparse.Namespace) -> None:
    import logging

    from recognizer.pipeline import Recognizer
    from recognizer.save import Save
    from recognizer.screen import has_display
    from recognizer.sinks import Summary

    logging.basicConfig(format="recognizer: %(message)s", level=logging.WARNING)
    recognizer = Recognizer(args.model, args.threshold)
    if not args.no_window and not has_display():
        args.no_window = True
        say("no display found, so no window: the numbers are printed instead")
        if args.camera is None and args.source is None and args.save is None:
            args.save = DEMO_RESULT
    summary = Summary()
    with ExitStack() as stack:
        source = stack.enter_context(_source(args))
        save = Save(args.save) if args.save else None
        stack.callback(_sum_up, summary, save)
        sinks = [summary, *map(stack.enter_context, _outputs(args, source, save))]
        window = stack.enter_context(_window(args)) if not args.no_window else None
        readings = stack.enter_context(closing(recognizer.watch(source, args.every)))
        for reading in _until(readings, args.max_seconds):
            for sink in sinks:
                sink.write(reading)
            if window:
                window.write(reading)
                if window.closed:
                    break


def _outputs(args: argparse.Namespace, source: Source, save: Save | None) -> Iterator[Sink]:
    """What the flags ask for, but for the window."""
    from recognizer.ahead import Background
    from recognizer.sinks import STDOUT, Csv, Events, Numbers
    from recognizer.sources import Files

    if args.events:
        yield Events(args.events)
    if args.csv:
        yield Csv(args.csv)
    if save:
        yield Background(save)
    if args.numbers or (args.no_window and STDOUT not in (args.events, args.csv)):
        yield Numbers(bare=args.numbers)
    if args.no_window and isinstance(source, Files) and sys.stderr.isatty():
        from recognizer.progress import Progress

        yield Progress(len(source))


def _window(args: argparse.Namespace) -> Window:
    from recognizer.display import Window

    return Window(args.mirror)


def _until(readings: Iterator[Reading], seconds: float | None) -> Iterator[Reading]:
    """The readings of so many seconds: of a video's own time, of the clock's for all else."""
    start = time.monotonic()
    for reading in readings:
        frame = reading.frame
        passed = time.monotonic() - start if frame.live or frame.still else frame.time
        if seconds is not None and passed >= seconds:
            return
        yield reading


def _sum_up(summary: Summary, save: Save | None) -> None:
    if save and save.frames:
        say(f"labelled frames are in {save.target}")
    if summary.frames:
        say(str(summary))


def _source(args: argparse.Namespace) -> Source:
    from recognizer.assets import shipped
    from recognizer.sources import open_source

    if args.source is not None:
        return open_source(args.source)
    try:
        return open_source(args.camera or 0, args.size, args.fps)
    except SourceError as error:
        if args.camera is not None:
            raise
        clip = shipped(DEMO)
        say(f"{str(error).split(';')[0]}; playing the recorded clip {clip.name} instead")
        return open_source(clip)
