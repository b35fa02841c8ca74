"""The program as tests call it."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import recognize, serve

Run = Callable[..., subprocess.CompletedProcess[str]]

# Under nohup or in a shell's background some are ignored, and the programs that tests start would ignore them, too.
for name in ("SIGINT", "SIGTERM", "SIGHUP"):
    number = getattr(signal, name, None)  # Windows has fewer
    if number is not None and signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL)


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


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's data folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"
