"""One recognizer may be used from many threads at once, and no message of another thread is lost meanwhile."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import pytest
from harness import CLIPS, PICTURES, environment

from recognizer import Recognizer
from recognizer.core.stderr import captured_stderr

THREADS, TIMES = 6, 4


def test_pictures_are_read_from_many_threads_at_once() -> None:
    pictures = [cv2.imread(str(PICTURES / name)) for name in ("note.jpg", "board.jpg", "prices.jpg")]
    recognizer = Recognizer()
    alone = [recognizer.read(picture) for picture in pictures]
    with ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(recognizer.read, pictures * THREADS * TIMES))
    assert [reading.numbers for reading in together] == [reading.numbers for reading in alone] * THREADS * TIMES


def test_videos_are_watched_from_many_threads_at_once() -> None:
    recognizer = Recognizer()

    def told(_: int) -> list[str]:
        return [number.text for reading in recognizer.watch(CLIPS / "signs.mp4") for number in reading.steady]

    with ThreadPoolExecutor(3) as pool:
        first, *others = pool.map(told, range(3))
    assert first
    assert others == [first] * 2


def test_standard_error_is_not_swapped_while_there_are_other_threads(capfd: pytest.CaptureFixture[str]) -> None:
    over = threading.Event()
    other = threading.Thread(target=over.wait)
    other.start()
    try:
        with captured_stderr() as lines:
            os.write(2, b"of another thread\n")
    finally:
        over.set()
        other.join()
    assert lines == []
    assert capfd.readouterr().err == "of another thread\n"


DIVERTED = """
import os, sys, threading
from recognizer.core.stderr import captured_stderr, divert_stderr
divert_stderr()
threading.Thread(target=threading.Event().wait, daemon=True).start()
os.write(2, b"a library, before")
with captured_stderr() as lines:
    os.write(2, b"a library")
    print("the program", file=sys.stderr)
print(lines)
"""


def test_a_program_of_many_threads_diverts_it_once(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", DIVERTED], cwd=tmp_path, env=environment(), capture_output=True,
                          text=True, check=True)
    assert (done.stdout, done.stderr) == ("['a library']\n", "the program\n")
