"""python -m benchmarks.archive: archives on Ray; workers against one another and the plain program, and memory.

Of every wall time that of one tiny source is taken off, and with it the start of Ray, its workers and the program.
Sources are links to the fixtures' pictures and clips; the long video is a clip over and over, not encoded anew.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle, product
from pathlib import Path
from statistics import median

import av
import cv2
import numpy as np

from benchmarks.measure import NO_BAR, ROOT, alternate, parser, print_table, spread

CLIPS, PICTURES = ROOT / "fixtures" / "clips", ROOT / "fixtures" / "pictures"
SHARE = 12  # of so many sources one is a video
LOOK = 0.05  # seconds between two looks at a process's memory


def main(arguments: list[str] | None = None) -> None:
    flags = parser(__doc__, 3)
    flags.formatter_class = argparse.RawDescriptionHelpFormatter
    flags.add_argument("--sources", type=int, default=500, metavar="N", help="pictures and videos (default: 500)")
    flags.add_argument("--minutes", type=float, default=10, metavar="M", help="of the long video (default: 10)")
    flags.add_argument("--tiny", type=int, nargs=2, default=[1000, 100_000], metavar=("N", "M"),
                       help="tiny sources for the memory of the driver (default: 1000 100000)")
    args = flags.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_tiny(folder / "one", 1)
        link_sources(folder / "mixed", args.sources)
        repeat(CLIPS / "moving.mp4", folder / "long.mp4", 60 * args.minutes)
        rows = [*speeds(folder, args), memory(folder, *args.tiny)]
    note = f"{args.rounds} rounds; the long video lasts {args.minutes:g} minutes."
    print_table(rows, note, ("what", "one", "other", "ratio", "bar"))


def speeds(folder: Path, args: argparse.Namespace) -> list[tuple[str, ...]]:
    """Rows of what is compared by the clock."""
    mixed, long = folder / "mixed", folder / "long.mp4"
    part = f"{max(10, round(60 * args.minutes / 6))}s"
    one, two, plain, alone = alternate(
        args.rounds, lambda: ray(folder, mixed, 1), lambda: ray(folder, mixed, 2), lambda: plainly(folder, mixed),
        lambda: plainly(folder, mixed, "taskset", "-c", "0"))
    long_one, long_two = alternate(
        args.rounds, lambda: ray(folder, long, 1, part), lambda: ray(folder, long, 2, part))
    number = f"{args.sources} sources, s"
    return [
        row(f"two workers against one, {number}", two, one, "≥ 1.8 times as fast", inverse=True),
        row(f"one worker against the plain program, {number}", one, plain, "≤ 1.15"),
        row(f"one worker against the plain program on one processor, {number}", one, alone, NO_BAR),
        row("a long video, two workers against one, s", long_two, long_one, "≥ 1.7 times as fast", inverse=True),
    ]


def row(what: str, ours: list[float], other: list[float], bar: str, inverse: bool = False) -> tuple[str, ...]:
    """A row of the table.

    The ratio is taken within each round, and with `inverse` is how many times as fast ours is.
    """
    ratio = median(b / a if inverse else a / b for a, b in zip(ours, other, strict=True))
    return what, spread(ours), spread(other), f"{ratio:.2f}", bar


def ray(folder: Path, sources: Path, workers: int, part: str = "10m") -> float:
    """Seconds that workers take for sources, their start taken off."""
    def archive(what: Path) -> float:
        with tempfile.TemporaryDirectory(dir=folder) as out:
            return seconds("archive", what, "--workers", workers, "--part", part, "--out", out)

    return archive(sources) - archive(folder / "one")


def plainly(folder: Path, sources: Path, *before: str) -> float:
    """Seconds that the plain program takes for sources, its start taken off."""
    def read(what: Path) -> float:
        return seconds("--source", what, "--no-window", "--events", folder / "events.jsonl", "--csv",
                       folder / "table.csv", before=before)

    return read(sources) - read(folder / "one")


def seconds(*args: object, before: tuple[str, ...] = (), look: Callable[[int], None] | None = None) -> float:
    """How long the program runs; `look` is called with its process's id now and then.

    Raises:
        RuntimeError: it failed.
    """
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said, subprocess.Popen(
            [*before, sys.executable, "-m", "recognizer", *map(str, args)], cwd=ROOT, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=said) as process:
        while look:
            look(process.pid)
            try:
                process.wait(LOOK)
                break
            except subprocess.TimeoutExpired:
                continue
        if process.wait():
            said.seek(0)
            raise RuntimeError(f"recognizer ended with {process.returncode}: {said.read()}")
    return time.perf_counter() - start


def memory(folder: Path, few: int, many: int) -> tuple[str, ...]:
    """The row of the most memory that the driver has, with few sources and with many."""
    peaks = []
    for count in (few, many):
        peak = 0.0

        def look(pid: int) -> None:
            nonlocal peak
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmHWM"):
                    peak = max(peak, int(line.split()[1]) * 1024 / 1e6)

        write_tiny(folder / str(count), count)
        with tempfile.TemporaryDirectory(dir=folder) as out:
            seconds("archive", folder / str(count), "--out", out, look=look)
        peaks.append(peak)
    one, other = peaks
    return (f"memory of the driver at {few} and at {many} sources, MB", f"{one:.0f}", f"{other:.0f}",
            f"{other / one:.2f}", "< 1.2")


def link_sources(folder: Path, count: int) -> None:
    """Pictures and videos by names of their own."""
    folder.mkdir()
    clips = cycle(sorted([*CLIPS.glob("*.mp4"), *CLIPS.glob("*.avi")]))
    pictures = cycle(sorted([*PICTURES.glob("*.jpg"), *PICTURES.glob("*.png")]))
    for number in range(count):
        source = next(pictures if (number + 1) % SHARE else clips)
        os.symlink(source, folder / f"{number:06d}{source.suffix}")


def write_tiny(folder: Path, count: int) -> None:
    """Blank pictures, as small as they are read."""
    folder.mkdir()
    content = cv2.imencode(".png", np.full((32, 32), 230, np.uint8))[1].tobytes()
    for number in range(count):
        (folder / f"{number:06d}.png").write_bytes(content)


def repeat(clip: Path, path: Path, length: float) -> None:
    """A video of so many seconds, of the packets of a clip over and over."""
    with av.open(str(clip)) as source, av.open(str(path), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        packets = [packet for packet in source.demux(stream) if packet.dts is not None]
        step = (stream.duration or 0) or packets[-1].pts + packets[-1].duration
        rounds = int(length / float(step * stream.time_base)) + 1
        contents = [(bytes(packet), packet.pts, packet.dts, packet.is_keyframe) for packet in packets]
        for number, (content, pts, dts, key) in product(range(rounds), contents):
            packet = av.Packet(content)
            packet.pts, packet.dts = pts + number * step, dts + number * step
            packet.time_base, packet.is_keyframe, packet.stream = stream.time_base, key, copy
            target.mux(packet)


if __name__ == "__main__":
    main()
