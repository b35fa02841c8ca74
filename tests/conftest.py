"""The program as tests call it."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import recognize, serve

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run(*args, cwd=…, env=…, stdin=…)` runs `python -m recognizer` to its end, without a display, in `tmp_path`."""

    def run(*args: str | Path, cwd: Path = tmp_path, **kinds: object) -> subprocess.CompletedProcess[str]:
        return recognize(*args, cwd=cwd, **kinds)

    return run


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A display of our own, such as ":1"."""
    with serve("1400x900x24") as name:
        yield name
