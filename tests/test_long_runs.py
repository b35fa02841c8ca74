"""Long runs, whose figures stand in docs/promises.md: python -m pytest tests/test_long_runs.py -m stress -s"""

import gc
import logging
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from harness import CLIPS, written
from misbehaving import FAULTS, Camera, until

from recognizer import Frame, Recognizer
from recognizer.sinks.text import EventsSink
from recognizer.sources.live import Live

pytestmark = pytest.mark.stress
FRAMES = int(os.environ.get("FRAMES", "100000"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def memory() -> float:
    """Resident memory in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * float(os.sysconf("SC_PAGE_SIZE"))


class Endless:
    """Two small pictures of digits that tremble and take turns, for so many frames."""

    def __init__(self, frames: int) -> None:
        self._frames = frames
        sheets = [255 - 220 * written(digits)[130:230, 180:420] for digits in ("2357", "4680")]
        self._sheets = [cv2.resize(sheet, None, fx=0.5, fy=0.5).astype(np.uint8) for sheet in sheets]

    def __iter__(self) -> Iterator[Frame]:
        rng = np.random.default_rng(0)
        frame = Frame(self._sheets[0], source="camera", still=False, live=True, fps=30)
        for index in range(self._frames):
            image = np.roll(self._sheets[index // 100 % 2], tuple(rng.integers(-1, 2, 2)), (0, 1))
            yield replace(frame, picture=image, index=index, time=index / 30)

    def __enter__(self) -> "Endless":
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="descriptors and memory are read from Linux's /proc")
def test_a_long_run_neither_grows_nor_slows_down(tmp_path: Path) -> None:
    tenth, times, digits = FRAMES // 10, [time.process_time()], 0
    readings = Recognizer().watch(Endless(FRAMES))
    with EventsSink(str(tmp_path / "e.jsonl")) as events:
        for index, reading in enumerate(readings, 1):
            events.write(reading)
            digits += len(reading.digits)
            if index % tenth == 0:
                times.append(time.process_time())
            if index == tenth:
                gc.collect()
                before = descriptors(), threading.active_count()
                size = memory()
    gc.collect()
    growth, took = (memory() - size) / (FRAMES - tenth), np.diff(times)
    print(f"\n{FRAMES} frames, {digits} digits: {growth:.0f} bytes of growth a frame; processor time of the last tenth "
          f"{took[-1] / took[0]:.3f} of the first; descriptors and threads {before}, then "
          f"{(descriptors() + 1, threading.active_count())}")
    assert digits > FRAMES
    assert growth < 100
    assert took[-1] <= 1.05 * took[0]
    assert (descriptors() + 1, threading.active_count()) == before  # the events' file is closed by now


@pytest.mark.parametrize("fault", FAULTS)
def test_a_lost_camera_is_told_and_taken_up_within_two_seconds(fault: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    video = cv2.VideoCapture(str(CLIPS / "dim.avi"))
    camera, told, back, oldest = Camera([video.read()[1]]), [], [], 0.0
    with Live(camera.open, "0", noisy=True) as live:
        frames = iter(live)
        for _ in range(ROUNDS):
            came = until(frames, lambda frame: not frame.lost)[-1].time
            caplog.clear()
            camera.fail(fault)
            lost = time.monotonic()
            for frame in frames:
                if not frame.lost:
                    came = frame.time
                    continue
                oldest = max(oldest, frame.time - came)
                break
            until(frames, lambda _: bool(caplog.records))
            told.append(time.monotonic() - lost)
            until(frames, lambda frame, end=came + 4: frame.time > end)
            camera.recover()
            returned = time.monotonic()
            until(frames, lambda frame: not frame.lost)
            back.append(time.monotonic() - returned)
    print(f"\n{fault}: told after {max(told):.2f} s, labels gone after {oldest:.2f} s, going on "
          f"{max(back):.2f} s after its return, at most, in {ROUNDS} losses")
    assert max(told) <= 2
    assert max(back) <= 2
    assert oldest <= 1
