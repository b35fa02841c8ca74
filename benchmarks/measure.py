"""What all benchmarks share: the cost of a process, runs that alternate, and the table of results.

It imports the standard library alone. A process starts with its parent's peak memory as its own (Linux
keeps the figure over fork and exec), so a parent that measures memory has to stay small.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
HEADER = ("what", "ours", "other", "ratio", "bar")
NO_BAR = "–"
PEAK_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes that one unit of ru_maxrss stands for


@dataclass(frozen=True)
class Cost:
    """What a process took from start to end.

    Attributes:
        wall: seconds.
        processor: seconds of processor time, user and system, of all its threads.
        peak: the most resident memory at one time, in MB (10⁶ bytes).
    """

    wall: float
    processor: float
    peak: float


def run_process(command: Sequence[str], **variables: str) -> Cost:
    """Run a command in the repository's root and measure it.

    Args:
        command: the program and its arguments.
        variables: of the environment, beside those of this process.

    Raises:
        RuntimeError: it failed; the message ends with the last line of its standard error.
        NotImplementedError: this system can't tell what a process took (Windows).
    """
    if not hasattr(os, "wait4"):
        raise NotImplementedError("expected os.wait4, which Linux and macOS have, to measure a process")
    with tempfile.TemporaryFile("w+") as complaints:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | variables, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=complaints)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            complaints.seek(0)
            raise RuntimeError(f"{Path(command[0]).name} ended with {process.returncode}: {last_line(complaints)}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * PEAK_UNIT / 1e6)


def last_line(lines: Iterable[str]) -> str:
    """The last line that isn't blank; what went wrong stands there."""
    return next((line.strip() for line in reversed(list(lines)) if line.strip()), "(it said nothing)")


def alternate(rounds: int, *jobs: Callable[[], Any]) -> list[list[Any]]:
    """Run the jobs in turn, A B A B, so that a slow minute of the machine falls on all of them.

    Returns:
        The results of each job, as many as there are rounds.
    """
    results: list[list[Any]] = [[] for _ in jobs]
    for _ in range(rounds):
        for job, done in zip(jobs, results, strict=True):
            done.append(job())
    return results


def spread(values: Iterable[float]) -> str:
    """The median with the least and the most: "12.3 (11.9–14.0)"."""
    values = list(values)
    return f"{_figure(median(values))} ({_figure(min(values))}–{_figure(max(values))})"


def _figure(value: float) -> str:
    """Three digits that count, without an exponent."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def compare(what: str, ours: Iterable[float], other: Iterable[float], bar: float | None = None) -> tuple[str, ...]:
    """A row of the table; the ratio is taken within each round, then its median.

    Args:
        what: is measured, with its unit.
        ours: one value a round.
        other: likewise, of the same rounds.
        bar: the ratio that the project wants to stay under, if it has one.
    """
    ours, other = list(ours), list(other)
    ratio = median(a / b for a, b in zip(ours, other, strict=True))
    return what, spread(ours), spread(other), f"{ratio:.3f}", NO_BAR if bar is None else f"≤ {bar:g}"


def print_table(rows: Iterable[Sequence[str]], note: str, header: Sequence[str] = HEADER) -> None:
    """Print rows as a table in Markdown, and under it how they came about."""
    for cells in (header, ["---"] * len(header), *rows):
        print("|", " | ".join(cells), "|")
    print(f"\n{note} {os.cpu_count()} processors, {platform.system()}, Python {platform.python_version()}.")


def parser(description: str | None, rounds: int) -> argparse.ArgumentParser:
    """The flags that all benchmarks have."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=_count, default=rounds, metavar="N",
                        help="how often each is measured, in turn (default: %(default)s)")
    return parser


def add_finder(parser: argparse.ArgumentParser) -> None:
    """The flag of the benchmarks that read: what they read with."""
    parser.add_argument("--finder", metavar="FILE",
                        help="a finder's .tflite file, as in `Recognizer(finder=FILE)` (default: the shipped one)")


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, found {text}")
    return int(text)
