"""What a process holds while it reads one file after the other."""

import time
from pathlib import Path

import numpy as np
import pytest

from recognizer.sources.memory import give_back

STATUS = Path("/proc/self/status")
PIECE = 100_000  # bytes: less than what the C library asks the system for by itself
MANY = 2000
PATIENCE = 20.0  # seconds


def held() -> float:
    """Megabytes of this process that are in memory."""
    [line] = [line for line in STATUS.read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1000


@pytest.mark.skipif(not STATUS.exists(), reason="memory is read from Linux's /proc")
def test_memory_that_is_free_goes_back_to_the_system() -> None:
    pieces = [np.ones(PIECE, np.uint8) for _ in range(MANY)]
    full = held()
    del pieces[:-1]  # the last one lies above the others, which therefore stay
    most = full - 0.5 * MANY * PIECE / 1e6
    if held() < most:
        pytest.skip("this C library gives it back by itself")
    start = time.monotonic()
    while held() > most and time.monotonic() < start + PATIENCE:
        give_back()  # which does so now and then
    assert held() <= most
    assert pieces[0].all()
