"""The command line: what to read, and where the results go."""

from __future__ import annotations

import argparse
import io
import os
import sys
from contextlib import ExitStack, closing, suppress
from typing import TYPE_CHECKING, NoReturn

from recognizer import __version__
from recognizer.errors import OutputError, RecognizerError, SourceError, UsageError
from recognizer.interrupt import Interrupt

if TYPE_CHECKING:
    from recognizer.save import Save
    from recognizer.sinks import Sink
    from recognizer.sources import Source

DEMO = "fixtures/clips/demo.mp4"
DEMO_RESULT = "recognized.mp4"
INTERRUPTED = 130  # as a shell reports the signal


class _Parser(argparse.ArgumentParser):
    """Tells a wrong call in one line, as all errors are told."""

    def error(self, message: str) -> NoReturn:
        say(f"{message}; --help lists what can be given")
        raise SystemExit(UsageError.exit_code)


def parser() -> argparse.ArgumentParser:
    """All flags; each has its help, and the README's table lists them all."""
    parser = _Parser(
        prog="python -m recognizer",
        description="Finds handwritten digits in a camera's picture, a video or photographs, and reads them.",
        epilog="Without --camera or --source it opens camera 0, or plays a recorded clip where there is none. "
        "In the window, q or Esc quits; any other key goes on to the next photograph. Exit codes: 0 done, "
        "2 wrong usage, 3 the source, 4 the model, 5 an output.",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--camera", type=int, metavar="N", help="read the camera with this index, 0 for the first")
    where.add_argument("--source", metavar="NAME",
                       help="read a video, a picture, a folder or glob of them, or a stream's URL")
    window = parser.add_mutually_exclusive_group()
    window.add_argument("--window", action="store_true", help="show the window, or end with 5 where no display is")
    window.add_argument("--no-window", action="store_true", help="show nothing; print each number that is read")
    parser.add_argument("--save", metavar="FILE",
                        help="write the labelled frames: a video (.mp4, .mkv, .avi), a picture, or a folder for many")
    parser.add_argument("--events", metavar="FILE",
                        help="write what is read, a JSON object a line for each frame; - is standard output")
    parser.add_argument("--model", metavar="FILE", help="use this .tflite model, its .json manifest beside it")
    parser.add_argument("--threshold", type=float, metavar="P",
                        help="report digits from this probability on, 0 to 1 (default: the model's own)")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the program; the exit code."""
    args = parser().parse_args(argv)
    # Libraries' own complaints would drown the one line that says what to do.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    os.environ.setdefault("QT_LOGGING_RULES", "*=false")
    # FFmpeg studies a stream for five seconds before its first picture, if it is let; the first is OpenCV's default.
    os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp|analyzeduration;500000")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file's name may hold what the terminal can't show
    try:
        with Interrupt() as interrupt:
            return _run(args, interrupt)
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
    with suppress(OSError, AttributeError):  # the terminal was closed
        print(f"recognizer: {message}", file=sys.stderr, flush=True)


def _run(args: argparse.Namespace, interrupt: Interrupt) -> int:
    """Read the source into the outputs until one of them, or a signal, ends it; the exit code."""
    import logging

    from recognizer.display import Window, has_display
    from recognizer.guard import Guarded
    from recognizer.pipeline import Recognizer
    from recognizer.save import Save
    from recognizer.sinks import Events, Numbers

    logging.basicConfig(format="recognizer: %(message)s", level=logging.WARNING)
    recognizer = Recognizer(args.model, args.threshold)
    windowed = not args.no_window
    if windowed and not has_display():
        if args.window:
            raise OutputError("--window: expected a display, found none; set DISPLAY, or leave --window out")
        windowed = False
        say("no display found, so no window: the numbers are printed instead")
        if args.camera is None and args.source is None and args.save is None:
            args.save = DEMO_RESULT
    with ExitStack() as stack:
        source = stack.enter_context(_source(args))
        save = Save(args.save) if args.save else None
        stack.callback(_tell_saved, save, args.save)
        sinks: list[Sink] = [Events(args.events)] if args.events else []
        if save:
            sinks.append(save)
        if not windowed and args.events != "-":
            sinks.append(Numbers())
        outputs = [stack.enter_context(Guarded(sink, say)) for sink in sinks]
        window = stack.enter_context(Window()) if windowed else None
        readings = stack.enter_context(closing(recognizer.watch(source)))
        stack.callback(interrupt.closing)  # the last one is called first
        for reading in readings:
            for output in outputs:
                output.write(reading)
            if window:
                window.write(reading)
            if interrupt.code or (window.closed if window else all(output.stopped for output in outputs)):
                break
    return interrupt.code or (OutputError.exit_code if any(output.stopped for output in outputs) else 0)


def _tell_saved(save: Save | None, target: str) -> None:
    if save and save.frames:
        say(f"labelled frames are in {target}")


def _source(args: argparse.Namespace) -> Source:
    from recognizer.assets import shipped
    from recognizer.sources import open_source

    if args.source is not None:
        return open_source(args.source)
    if args.camera is not None:
        return open_source(args.camera)
    try:
        return open_source(0)
    except SourceError as error:
        clip = shipped(DEMO)
        say(f"{str(error).split(';')[0]}; playing the recorded clip {clip.name} instead")
        return open_source(clip)
