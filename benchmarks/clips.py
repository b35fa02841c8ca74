"""python -m benchmarks.clips: what is read right on the fixtures' clips and pictures, by the truth beside them.

Counted are the frames in which only the hand's tremor moves the sheet; of a clip that has none, all frames. A frame is
right when its digits are those of the truth, none more and none less; its numbers are right when all texts are. "all"
are the clips and pictures with steady frames. A second table tells how steady it is.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator

from benchmarks.measure import add_finder
from benchmarks.stages import CLIPS
from benchmarks.steadiness import Line, Steadiness, follow
from recognizer import Reading, Recognizer

BAR = 0.95  # share of the steady frames whose digits should be right, in each clip


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these clips and pictures only, such as demo")
    add_finder(parser)
    args = parser.parse_args(arguments)
    recognizer = Recognizer(finder=args.finder)
    print("| clip | frames counted | digits right | numbers right | bar |\n| --- | --- | --- | --- | --- |")
    total: Counter[str] = Counter()
    steadiness = Steadiness()
    for truth in sorted(CLIPS.glob("*.jsonl")) + sorted((CLIPS.parent / "pictures").glob("*.jsonl")):
        if args.only and truth.stem not in args.only:
            continue
        lines = [json.loads(line) for line in truth.read_text(encoding="utf-8").splitlines()]
        counts: Counter[str] = Counter()
        readings = recognizer.watch(truth.with_name(lines[0]["source"]))
        counted = follow(lines, count(lines, readings, counts))
        if len(lines) > 1:
            steadiness.add(counted)
        if any(line["steady"] for line in lines):
            total += counts
        print(row(truth.stem, counts), flush=True)
    print(row("all", total))
    print_steadiness(steadiness)


def count(truth: list[Line], readings: Iterator[Reading], counts: Counter[str]) -> Iterator[Reading]:
    """Pass readings on and count how many frames are steady, and in how many of them digits and numbers are right."""
    steady = any(true["steady"] for true in truth)
    for reading in readings:
        true = truth[reading.frame.index]
        if true["steady"] or not steady:
            counts["frames"] += 1
            counts["digits"] += sorted(d.label for d in reading.digits) == sorted(d["label"] for d in true["digits"])
            counts["numbers"] += sorted(n.text for n in reading.numbers) == sorted(n["text"] for n in true["numbers"])
        yield reading


def row(name: str, counts: Counter[str]) -> str:
    frames = max(1, counts["frames"])
    return f"| {name} | {frames} | {counts['digits'] / frames:.1%} | {counts['numbers'] / frames:.1%} | {BAR:.0%} |"


def print_steadiness(counts: Steadiness) -> None:
    arrivals = sorted(counts.arrivals) or [0]
    late = arrivals[min(len(arrivals) - 1, round(0.95 * len(arrivals)))]
    changes = 1000 * counts.changes / max(1, counts.seen)
    rows = [
        ("label changes of a steady digit in 1,000 frames", f"{changes:.2f}", "≤ 1"),
        ("identity switches, share of the digits", f"{counts.switches / max(1, counts.digits):.1%}", "≤ 1%"),
        ("frames from a digit's arrival to its label: median, 95%, most",
         f"{arrivals[len(arrivals) // 2]}, {late}, {arrivals[-1]}", "≤ 5"),
        ("numbers read right, held still for a second", f"{counts.right / max(1, counts.held):.1%}", "≥ 98%"),
    ]
    print("\n| steadiness on the clips | measured | bar |\n| --- | --- | --- |")
    for cells in rows:
        print("|", " | ".join(cells), "|")
    print(f"\n{counts.digits} digits, {counts.seen} times in a steady frame; {counts.held} times a held number.")


if __name__ == "__main__":
    main()
