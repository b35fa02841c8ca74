"""`archive`: reads whole archives into Parquet data sets, with many workers."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from contextlib import ExitStack, redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from recognizer.cli import values
from recognizer.cli.arguments import Parser, add_model
from recognizer.cli.say import say, say_warnings
from recognizer.cli.signals import Interrupt
from recognizer.errors import SourceError, UsageError

if TYPE_CHECKING:
    from recognizer.archive.run import Progress
    from recognizer.archive.worker import Options



def archive_parser() -> argparse.ArgumentParser:
    """All flags of `archive`."""
    parser = Parser(
        prog="digit-recognizer archive",
        description="Reads many pictures and videos with many workers, on this machine or a cluster of Ray, into "
        "Parquet data sets.",
        epilog="The same command goes on where it was ended, whatever ended it. Exit codes are those of "
        "digit-recognizer: 3 where a source failed, after all others were read.",
    )
    parser.add_argument("names", nargs="+", type=values.name, metavar="SOURCE",
                        help="a video, a picture, a folder or glob of them, an address such as s3://… or https://…, or "
                        "@FILE, which has a source a line")
    out = parser.add_argument_group("archive", "where rows go, and who reads")
    out.add_argument("--out", required=True, type=values.name, metavar="DIR",
                     help="write the data sets digits, numbers and sources into this folder")
    out.add_argument("--workers", type=values.whole, metavar="N",
                     help="read with so many processes (default: one a processor); 0 for this one alone, without Ray")
    out.add_argument("--address", type=values.name, metavar="ADDRESS",
                     help="use this cluster of Ray: auto, HOST:PORT or ray://HOST:PORT (default: this machine)")
    out.add_argument("--part", type=values.length, default=600.0, metavar="T",
                     help="cut videos into parts so long: 90s, 10m or 1h; 0 for never (default: 10m)")
    out.add_argument("--retries", type=values.whole, default=2, metavar="N",
                     help="try a source that fails so many times again (default: 2)")
    out.add_argument("--verbose", action="store_true", help="show Ray's own messages, too")
    how = parser.add_argument_group("reading", "as of digit-recognizer")
    how.add_argument("--every", type=values.count, default=1, metavar="N", help="read one frame of so many")
    how.add_argument("--rotate", type=int, choices=(0, 90, 180, 270), default=0,
                     help="turn the pictures clockwise first")
    how.add_argument("--flip", choices=("h", "v"), default="", help="swap left and right, or up and down, first")
    how.add_argument("--roi", type=values.region, action="append", default=[], metavar="X,Y,W,H",
                     help="look only in this part of the picture, in pixels or %%; several may be given")
    how.add_argument("--signs", action="store_true", help="keep / : and %% in a number's text; they part them else")
    how.add_argument("--expect", type=values.name, metavar="PATTERN",
                     help="a regular expression that a number must fit as a whole, such as '\\d{5}'")
    add_model(parser)
    return parser


def check_archive(args: argparse.Namespace) -> None:
    """Refuse flags of `archive` that don't go together."""
    if args.address and args.workers == 0:
        raise UsageError("--workers 0 reads in this process alone, and --address in a cluster; leave one of them out")


def archive(args: argparse.Namespace, interrupt: Interrupt) -> int:
    """Read an archive to its end, or until a signal; the exit code.

    Raises:
        UsageError: the extra isn't installed, or a flag can't be meant.
        OutputError: the data sets can't be written.
        ModelError: the workers can't load the networks.
    """
    try:
        import pyarrow  # noqa: F401
        import ray
    except ImportError as error:
        raise UsageError(f"archive: expected the libraries of the extra [archive], found none ({error}); install them "
                         "with pip install '.[archive]'") from error
    del ray
    from recognizer.archive.pool import Pool, RayPool, ThisProcess
    from recognizer.archive.run import Archive
    from recognizer.archive.storage.dataset import Dataset

    say_warnings()
    options = _options(args)

    def pool() -> Pool:
        return ThisProcess(options) if args.workers == 0 else RayPool(options, args.workers, args.address, args.verbose)

    def stop() -> int:
        if interrupt.code:
            interrupt.closing()  # Ray takes longer to end than a signal's grace
        return interrupt.code

    with ExitStack() as stack:
        # Ray prints on standard output what it can't be told to keep to itself.
        aside = sys.stderr if args.verbose else stack.enter_context(open(os.devnull, "w", encoding="utf-8"))
        stack.enter_context(redirect_stdout(aside))
        show = stack.enter_context(_Bar()) if sys.stderr and sys.stderr.isatty() else lambda _: None
        dataset = stack.enter_context(Dataset(Path(args.out), _kept(options)))
        stack.callback(interrupt.closing)  # the last one is called first
        done = Archive(dataset, args.part, args.retries, show).read(args.names, pool, stop)
    say(str(done))
    return interrupt.code or (SourceError.exit_code if done.failed else 0)


class _Bar:
    """Sources done, frames a second and the time left, on a terminal's standard error."""

    def __enter__(self) -> _Bar:
        from tqdm import tqdm
        from tqdm.contrib.logging import logging_redirect_tqdm

        self._stack = ExitStack()
        self._stack.enter_context(logging_redirect_tqdm([logging.getLogger()]))
        self._bar = self._stack.enter_context(
            tqdm(unit="source", file=sys.stderr, leave=False, dynamic_ncols=True))
        return self

    def __call__(self, progress: Progress) -> None:
        if self._bar.total != progress.total:
            self._bar.reset(progress.total)
        self._bar.set_postfix_str(f"{progress.rate:.1f} frames/s, {progress.failed} failed", refresh=False)
        self._bar.update(progress.done - self._bar.n)

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _options(args: argparse.Namespace) -> Options:
    from recognizer.archive.worker import Options

    model = args.model and os.path.abspath(args.model)
    return Options(args.part, args.every, args.rotate, args.flip, args.signs, args.expect, tuple(map(str, args.roi)),
                   model, args.threshold)


def _kept(options: Options) -> dict[str, object]:
    """What is kept beside the rows: how they were read, by which version."""
    from recognizer import __version__

    kept = asdict(options)
    return kept | {"regions": list(options.regions), "version": __version__}
