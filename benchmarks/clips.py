"""python -m benchmarks.clips: what is read right on the fixtures' clips and pictures, by the truth beside them.

Counted are the frames in which only the hand's tremor moves the sheet. A frame is right when its digits are those of
the truth, none more and none less; its numbers are right when all texts are.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from benchmarks.stages import CLIPS
from recognizer import Recognizer

BAR = 0.95  # share of the steady frames whose digits should be right, in each clip


def main() -> None:
    recognizer = Recognizer()
    print("| clip | steady frames | digits right | numbers right | bar |\n| --- | --- | --- | --- | --- |")
    total: Counter[str] = Counter()
    for truth in sorted(CLIPS.glob("*.jsonl")) + sorted((CLIPS.parent / "pictures").glob("*.jsonl")):
        counts = count(recognizer, truth)
        total += counts
        print(row(truth.stem, counts))
    print(row("all", total))


def count(recognizer: Recognizer, truth: Path) -> Counter[str]:
    """Of one clip: how many frames are steady, and in how many of them digits and numbers are right."""
    lines = [json.loads(line) for line in truth.read_text(encoding="utf-8").splitlines()]
    counts: Counter[str] = Counter()
    for reading in recognizer.watch(truth.with_name(lines[0]["source"])):
        true = lines[reading.frame.index]
        if true["steady"]:
            counts["frames"] += 1
            counts["digits"] += sorted(d.label for d in reading.digits) == sorted(d["label"] for d in true["digits"])
            counts["numbers"] += sorted(n.text for n in reading.numbers) == sorted(n["text"] for n in true["numbers"])
    return counts


def row(name: str, counts: Counter[str]) -> str:
    frames = counts["frames"]
    return f"| {name} | {frames} | {counts['digits'] / frames:.1%} | {counts['numbers'] / frames:.1%} | {BAR:.0%} |"


if __name__ == "__main__":
    main()
