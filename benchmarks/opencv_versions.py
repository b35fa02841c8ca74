"""Compares versions of OpenCV: milliseconds a frame, and what is read in the recorded clips.

Each version gets an environment of its own, made in a temporary folder and filled from the package
index, which has to be reachable. It is how the range in `pyproject.toml` was settled.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT, alternate, last_line, parser, print_table, spread

VERSIONS = ("opencv-python==4.12.*", "opencv-python==4.14.*", "opencv-python==5.0.*")
TIMED = ("demo.mp4", "many.mp4")
CLIPS = ROOT / "fixtures" / "clips"


@dataclass(frozen=True)
class Truth:
    """Of one frame: its labels, sorted, and whether it was held steady."""

    labels: list[int]
    steady: bool


def main() -> None:
    """Make the environments, measure in turn, and print the table."""
    flags = parser(__doc__, rounds=5)
    flags.add_argument("requirements", nargs="*", default=VERSIONS, metavar="REQUIREMENT",
                       help=f"versions as pip writes them, two or more (default: {' '.join(VERSIONS)})")
    args = flags.parse_args()
    if len(args.requirements) < 2:
        flags.error("expected two requirements or more to compare, such as " + " ".join(VERSIONS))
    truth = {clip.name: _truth(clip) for clip in sorted(CLIPS.glob("*.mp4")) + sorted(CLIPS.glob("*.avi"))}
    with tempfile.TemporaryDirectory() as folder:
        pythons = [_environment(Path(folder) / str(i), name) for i, name in enumerate(args.requirements)]
        found = [_work(python, "read", *truth) for python in pythons]
        times = alternate(args.rounds, *(partial(_work, python, "time", *TIMED) for python in pythons))
    header = ["what", *(f"OpenCV {f['opencv']}" for f in found)]
    print_table([*_times(times), *_shares(found, truth)],
                f"Milliseconds a frame with one thread, medians of {args.rounds} rounds in turn (least–most). Read "
                "right: steady frames whose labels, order aside, are the true ones.", header)


def _environment(folder: Path, requirement: str) -> Path:
    """Make an environment with the project's dependencies and this OpenCV; its Python."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        wanted = tomllib.load(file)["project"]["dependencies"]
    wanted = [requirement, *(name for name in wanted if not name.startswith("opencv-python"))]
    print(f"installing {requirement} …", file=sys.stderr)
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted],
         f"{requirement} can't be installed; is the package index reachable?")
    return python


def _work(python: Path, job: str, *clips: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(_run([str(python), "-m", "benchmarks.opencv_worker", job, *clips],
                                             f"benchmarks.opencv_worker {job} failed"))
    return result


def _run(command: list[str], complaint: str) -> str:
    """The standard output of a command that sees no packages but its own environment's."""
    own = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"opencv_versions: {complaint} ({last_line(done.stderr.splitlines())})")
    return done.stdout


def _truth(clip: Path) -> list[Truth]:
    frames = map(json.loads, clip.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines())
    return [Truth(sorted(d["label"] for d in frame["digits"]), frame["steady"]) for frame in frames]


def _times(times: list[list[dict[str, Any]]]) -> Iterator[list[str]]:
    for clip in TIMED:
        for stage in ("find", "whole"):
            yield [f"{clip}: {stage}, ms", *(spread(r[clip][stage] for r in rounds) for rounds in times)]


def _shares(found: list[dict[str, Any]], truth: dict[str, list[Truth]]) -> Iterator[list[str]]:
    """Rows of what was read: right by clip, right altogether, and otherwise than with the first version."""
    right = [{clip: _right(f["read"][clip], frames) for clip, frames in truth.items()} for f in found]
    steady = {clip: sum(t.steady for t in frames) for clip, frames in truth.items()}
    for clip, count in steady.items():
        yield [f"{clip}: read right, of {count}", *(f"{r[clip]} ({r[clip] / count:.1%})" for r in right)]
    total = sum(steady.values())
    yield [f"all clips: read right, of {total}", *(f"{sum(r.values()) / total:.2%}" for r in right)]
    first = found[0]["read"]
    others = [sum(a != b for clip in truth for a, b in zip(f["read"][clip], first[clip], strict=True)) for f in found]
    frames = sum(map(len, truth.values()))
    yield [f"read otherwise than by the first, of {frames} frames", "–", *(str(count) for count in others[1:])]
    yield ["NumPy that came with it", *(f["numpy"] for f in found)]


def _right(read: list[list[int]], truth: list[Truth]) -> int:
    return sum(t.steady and labels == t.labels for labels, t in zip(read, truth, strict=True))


if __name__ == "__main__":
    main()
