"""`serve`: reads the program's own camera, if there is one, and serves the page for browsers beside it."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from recognizer.cli import values
from recognizer.cli.arguments import Parser, add_model, add_mqtt, add_output, add_source, check
from recognizer.cli.files import read_by
from recognizer.cli.outputs import outputs_of, sum_up, until
from recognizer.cli.say import say_warnings
from recognizer.cli.signals import Interrupt
from recognizer.errors import OutputError, UsageError

if TYPE_CHECKING:
    from recognizer.sinks.base import Sink
    from recognizer.sources.base import Source
    from recognizer.web.address import Address
    from recognizer.web.server import WebServer

LOOK = 0.2  # seconds between two looks for a signal, where there is no camera to wait for


def serve_parser() -> argparse.ArgumentParser:
    """All flags of `serve`, the program's page for browsers."""
    parser = Parser(
        prog="digit-recognizer serve",
        description="Serves a page that shows what a camera sees and reads, and that makes any phone a camera.",
        epilog="Without --camera and --source it reads only what browsers send. A file plays at its own speed, again "
        "and again. Ctrl-C ends it. Exit codes are those of digit-recognizer.",
    )
    for add in (_add_web, add_source, add_output, add_mqtt, add_model):
        add(parser)
    parser.set_defaults(no_window=False, config=None)
    return parser


def _add_web(parser: argparse.ArgumentParser) -> None:
    web = parser.add_argument_group("web", "who may look, and how")
    web.add_argument("--host", type=values.name, default="127.0.0.1", metavar="NAME",
                     help="listen at this name or address, 0.0.0.0 for all of this machine's (default: 127.0.0.1)")
    web.add_argument("--port", type=values.port, default=8000, metavar="N",
                     help="listen at this port, 0 for any that is free (default: 8000)")
    web.add_argument("--token", type=values.name, metavar="TEXT",
                     help="ask clients for this token (default: a random one where other machines can connect)")
    web.add_argument("--tls", action="store_true",
                     help="encrypt with a certificate made for this machine; browsers give their camera to such pages")
    web.add_argument("--cert", type=values.name, metavar="FILE", help="encrypt with this certificate, a PEM file")
    web.add_argument("--key", type=values.name, metavar="FILE",
                     help="the key of --cert, a PEM file without a password")
    web.add_argument("--clients", type=values.count, default=100, metavar="N",
                     help="let in so many clients at once (default: 100)")


def check_serve(args: argparse.Namespace) -> None:
    """Refuse flags of `serve` that don't go together."""
    check(args)
    if bool(args.cert) != bool(args.key):
        raise UsageError("--cert and --key belong together; give both, or --tls for a certificate made for you")
    if args.cert and args.tls:
        raise UsageError("--tls makes a certificate, and --cert gives one; leave one of them out")
    if args.camera is None and args.source is None:
        kept = [flag for flag in ("events", "csv", "mqtt", "save", "crops", "numbers") if getattr(args, flag)]
        if kept:
            raise UsageError(f"--{kept[0]} takes what the program's own camera reads; give --camera or --source, too")


def serve(args: argparse.Namespace, interrupt: Interrupt) -> int:
    """Serve until a signal, or the end of `--max-seconds`; the exit code.

    Raises:
        UsageError: the extra isn't installed, or a flag can't be meant.
        OutputError: it can't listen there, or all outputs stopped.
    """
    try:
        from recognizer.web.server import WebServer
    except ImportError as error:
        raise UsageError(f"serve: expected the libraries of the extra [web], found none ({error}); install them with "
                         "pip install '.[web]'") from error
    from recognizer.reader import Recognizer

    say_warnings()
    with ExitStack() as stack:
        source = _source(args)
        if source is not None:
            stack.enter_context(source)
        address, certificate = _address(args)
        name = args.source if args.source is not None else None if args.camera is None else str(args.camera)
        server = WebServer(address, args.port, lambda: Recognizer(args.model, args.threshold), name, args.clients,
                           certificate)
        stack.enter_context(server)
        _announce(server.url, address)
        if source is None:
            _wait(args.max_seconds, interrupt)
            return interrupt.code
        return _watch(args, interrupt, source, server)


def _watch(args: argparse.Namespace, interrupt: Interrupt, source: Source, server: WebServer) -> int:
    """Read the program's camera for the page and the outputs; the exit code."""
    from recognizer.reader import Recognizer
    from recognizer.sinks.fault_tolerant import FaultTolerantSink
    from recognizer.sinks.labelled import LabelledSink
    from recognizer.sinks.text import SummarySink

    summary = SummarySink()
    with ExitStack() as stack:
        save = LabelledSink(args.save, read_by(args.source), "--save") if args.save else None
        stack.callback(sum_up, summary, save)
        report = logging.getLogger("recognizer").warning
        outputs = [stack.enter_context(FaultTolerantSink(sink, report)) for sink in outputs_of(args, source, save)]
        recognizer = Recognizer(args.model, args.threshold, regions=args.roi)
        readings = stack.enter_context(closing(recognizer.watch(source, args.every, args.rotate, args.flip)))
        stack.callback(interrupt.closing)  # the last one is called first
        sinks: list[Sink] = [summary, server, *outputs]
        for reading in until(readings, args.max_seconds):
            for sink in sinks:
                sink.write(reading)
            if interrupt.code:
                break
    return interrupt.code or (OutputError.exit_code if any(output.stopped for output in outputs) else 0)


def _wait(seconds: float | None, interrupt: Interrupt) -> None:
    """Until a signal, or for so many seconds."""
    start = time.monotonic()
    while not interrupt.code and (seconds is None or time.monotonic() - start < seconds):
        time.sleep(LOOK)


def _source(args: argparse.Namespace) -> Source | None:
    from recognizer.sources.base import is_stream, open_source
    from recognizer.web.playback import Playback

    if args.source is None:
        return None if args.camera is None else open_source(args.camera, args.size, args.fps)
    if args.poll is not None or is_stream(args.source):
        return open_source(args.source, poll=args.poll)
    return Playback(args.source)


def _address(args: argparse.Namespace) -> tuple[Address, tuple[Path, Path] | None]:
    """Where to listen, and the files of the certificate and its key."""
    from recognizer.web.address import make_address, own_names
    from recognizer.web.safety.certificate import checked, own_certificate

    certificate = None
    if args.cert:
        certificate = checked(Path(args.cert), Path(args.key))
    elif args.tls:
        certificate = own_certificate([*own_names(), args.host])
    return make_address(args.host, args.token, certificate is not None), certificate


def _announce(url: str, address: Address) -> None:
    """Tell people the address, and a phone's camera too, on standard error; its token is meant to be seen there."""
    from recognizer.web.address import qr_code

    if sys.stderr is None:  # it was closed before the start, and print would take standard output
        return
    with suppress(OSError):  # the terminal was closed
        if not address.local and "utf" in (sys.stderr.encoding or "").lower():
            print(qr_code(url), file=sys.stderr)
        print(f"recognizer: open {url}", file=sys.stderr, flush=True)
