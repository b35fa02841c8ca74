"""The house is in order: imports go one way, and a room is small and says what is in it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from harness import ROOT

PACKAGES = sorted(path.parent.relative_to(ROOT) for name in ("recognizer", "train")
                  for path in (ROOT / name).rglob("__init__.py"))
MOST_FILES, MOST_LINES = 9, 250


def test_imports_go_one_way() -> None:
    done = subprocess.run([sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"],
                          cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("package", PACKAGES, ids=str)
def test_a_room_is_small_and_says_what_is_in_it(package: Path) -> None:
    modules = [path for path in (ROOT / package).glob("*.py") if path.name != "__init__.py"]
    assert ast.get_docstring(ast.parse((ROOT / package / "__init__.py").read_text()))
    assert len(modules) <= MOST_FILES
    assert [path.name for path in modules if len(path.read_text().splitlines()) > MOST_LINES] == []
