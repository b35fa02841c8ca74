"""The program as tests call it."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import recognize

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run(*args, cwd=…, env=…, stdin=…)` runs `python -m recognizer` to its end, without a display, in `tmp_path`."""

    def run(*args: str | Path, cwd: Path = tmp_path, **kinds: object) -> subprocess.CompletedProcess[str]:
        return recognize(*args, cwd=cwd, **kinds)

    return run


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A display of our own, such as ":1"; the server picks a free number and says it when it is ready."""
    ours, theirs = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(theirs), "-screen", "0", "1400x900x24", "-nolisten", "tcp"],
                              pass_fds=[theirs], stderr=subprocess.DEVNULL)
    os.close(theirs)
    with open(ours) as ready:
        number = ready.readline().strip()
    try:
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()
