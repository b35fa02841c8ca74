"""What the tests of the whole program share: running it, its events, the fixtures' truth, and how boxes compare."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fixtures.paths import ink
from fixtures.strokes import STYLES, draw_paths
from recognizer.core.geometry import Box
from train.augment.samples import drawn_digit
from train.data.mnist import Digits
from train.evaluation.photographs import overlap

ROOT = Path(__file__).resolve().parent.parent
CLIPS = ROOT / "fixtures" / "clips"
PICTURES = ROOT / "fixtures" / "pictures"
needs_display = pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xdotool")),
    reason="needs Xvfb and xdotool ('apt install xvfb xdotool' on Debian and Ubuntu)",
)
NOBODY = Path(tempfile.gettempdir()) / "nobody's data"  # nothing is written there
PATIENCE = 300  # seconds after which a run that hangs is ended
AT_ONCE = 20  # seconds within which what is asked to end ends, on the busiest machine, too

Line = dict[str, Any]  # one line of truth or of events


def environment(display: str | None = None) -> dict[str, str]:
    """The environment for a subprocess: this checkout can be imported, no display but the given one, no hands."""
    names = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    names |= {"PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(NOBODY)}
    return names | ({"DISPLAY": display} if display else {})


def command(*args: str | Path) -> list[str]:
    return [sys.executable, "-m", "recognizer", *map(str, args)]


def recognize(
    *args: str | Path, cwd: Path, env: dict[str, str] | None = None, stdin: int = subprocess.DEVNULL
) -> subprocess.CompletedProcess[str]:
    """Run the program to its end, in `cwd`."""
    return subprocess.run(command(*args), cwd=cwd, env=environment() | (env or {}), stdin=stdin,
                          capture_output=True, text=True, timeout=PATIENCE, check=False)


def train(cwd: Path, *args: str | Path, display: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run `python -m train` to its end, in `cwd`."""
    call = [sys.executable, "-m", "train", *map(str, args)]
    return subprocess.run(call, cwd=cwd, env=environment(display) | {"TF_CPP_MIN_LOG_LEVEL": "3"},
                          capture_output=True, text=True, check=False)


def lines(path: Path) -> list[Line]:
    """The objects of a JSON-lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def truth(file: Path) -> list[Line]:
    """The truth of a fixture's clip or picture, a line a frame."""
    return lines(file.with_suffix(".jsonl"))


def labels(line: Line) -> Counter[int]:
    """The digits of a line of truth or events, wherever they stand."""
    return Counter(digit["label"] for digit in line["digits"])


def texts(line: Line) -> Counter[str]:
    return Counter(number["text"] for number in line["numbers"])


def placed(found: list[Line], wanted: list[Line]) -> dict[int, Line]:
    """For each wanted digit that was found, by its place in the list: the found one of its label that stands on it."""
    pairs = {}
    for index, digit in enumerate(wanted):
        alike = [f for f in found if f["label"] == digit["label"] and _overlap(f, digit) >= 0.5]
        if alike:
            pairs[index] = max(alike, key=lambda f: _overlap(f, digit))
    return pairs


def _overlap(one: Line, other: Line) -> float:
    return overlap(Box(*one["box"]), Box(*other["box"]))


def frames_in(video: Path) -> int:
    """How many frames of it can be decoded."""
    capture, frames = cv2.VideoCapture(str(video)), 0
    while capture.read()[0]:
        frames += 1
    return frames


SUMMARY = re.compile(
    r"recognizer: (?P<frames>\d+) frames? in (?P<seconds>[\d.]+) s, (?P<rate>[\d.]+) frames a second; "
    r"(?P<numbers>\d+) numbers? read; (?P<dropped>\d+) frames? dropped")


def errors(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What the program said on standard error but for its summary, checked for its form: so no traceback."""
    said = done.stderr.splitlines()
    assert all(line.startswith("recognizer: ") for line in said), done.stderr
    assert sum(bool(SUMMARY.fullmatch(line)) for line in said) <= 1, done.stderr
    return [line for line in said if not SUMMARY.fullmatch(line)]


def summary(stderr: str) -> dict[str, float]:
    """The figures of the summary line, by name."""
    [found] = [match for line in stderr.splitlines() if (match := SUMMARY.fullmatch(line))]
    return {name: float(figure) for name, figure in found.groupdict().items()}


def written(digits: str) -> NDArray[np.float32]:
    """Digits written side by side: (360, 640) float32, how much ink covers each pixel, 0 (paper) to 1 (ink)."""
    rng = np.random.default_rng(5)
    paths = []
    for place, digit in enumerate(map(int, digits)):
        corner = np.array([200 + 60 * place, 150], np.float32)
        style = next(iter(STYLES[digit]))
        paths += [60 * path + corner for path in draw_paths(digit, style, rng, wobble=0.01)]
    return ink(paths, (360, 640), 5, rng)


def some_digits(count: int, seed: int = 0) -> Digits:
    """Drawn digits in MNIST's form, each about equally often, in any order."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % 10)
    return Digits(np.stack([drawn_digit(int(label), rng)[::3, ::3] for label in labels]), labels)


@contextmanager
def serve(screen: str) -> Iterator[str]:
    """A display whose screen is, say, "1400x900x24"; the server picks a free name and says it when it is ready."""
    ours, theirs = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(theirs), "-screen", "0", screen, "-nolisten", "tcp"],
                              pass_fds=[theirs], stderr=subprocess.DEVNULL)
    os.close(theirs)
    with open(ours) as ready:
        number = ready.readline().strip()
    try:
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


def xdotool(display: str, *args: str) -> str:
    """What xdotool prints, called on this display."""
    done = subprocess.run(["xdotool", *args], env=environment(display), capture_output=True, text=True, timeout=60,
                          check=True)
    return done.stdout.strip()


def press(display: str, window: str, key: str) -> None:
    """Press a key in this window."""
    xdotool(display, "windowfocus", "--sync", window, "key", key)


def free_port() -> int:
    """A port of this machine that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
