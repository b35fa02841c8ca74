"""`serve`: reads the program's own camera, if there is one, and serves the page for browsers beside it."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from recognizer.cli.main import sum_up, until
from recognizer.cli.outputs import outputs_of
from recognizer.cli.signals import Interrupt
from recognizer.errors import OutputError, UsageError

if TYPE_CHECKING:
    from recognizer.sinks.base import Sink
    from recognizer.sources.base import Source
    from recognizer.web.address import Address
    from recognizer.web.server import WebServer

STDERR = 2
LOOK = 0.2  # seconds between two looks for a signal, where there is no camera to wait for


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
    from recognizer.pipeline import Recognizer

    _turn_libraries_away()
    logging.basicConfig(format="recognizer: %(message)s", level=logging.WARNING)
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
    from recognizer.pipeline import Recognizer
    from recognizer.sinks.fault_tolerant import FaultTolerant
    from recognizer.sinks.labelled import LabelledSink
    from recognizer.sinks.text import Summary

    summary = Summary()
    with ExitStack() as stack:
        save = LabelledSink(args.save) if args.save else None
        stack.callback(sum_up, summary, save)
        report = logging.getLogger("recognizer").warning
        outputs = [stack.enter_context(FaultTolerant(sink, report)) for sink in outputs_of(args, source, save)]
        readings = stack.enter_context(closing(Recognizer(args.model, args.threshold).watch(source, args.every)))
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


def _turn_libraries_away() -> None:
    """Keep libraries' own words about what clients send off standard error; the program's go where they went."""
    with suppress(OSError, ValueError, AttributeError):  # it is closed, or something else stands there
        if sys.stderr.fileno() == STDERR:
            sys.stderr.flush()
            sys.stderr = open(os.dup(STDERR), "w", buffering=1, encoding=sys.stderr.encoding,  # noqa: SIM115
                              errors="backslashreplace", closefd=False)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, STDERR)
            os.close(nowhere)


def _source(args: argparse.Namespace) -> Source | None:
    from recognizer.sources.base import open_source
    from recognizer.sources.camera import is_stream
    from recognizer.web.playback import Playback

    if args.source is None:
        return None if args.camera is None else open_source(args.camera, args.size, args.fps)
    return open_source(args.source) if is_stream(args.source) else Playback(args.source)


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

    with suppress(OSError, AttributeError):  # the terminal was closed
        if not address.local and "utf" in (sys.stderr.encoding or "").lower():
            print(qr_code(url), file=sys.stderr)
        print(f"recognizer: open {url}", file=sys.stderr, flush=True)
