"""The queries of docs/archive.md and the arithmetic of docs/scale.md are run, and print what the pages show."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from harness import PATIENCE, ROOT, environment, recognize

for library in ("pyarrow", "duckdb", "pandas", "polars"):
    pytest.importorskip(library)

SHOWN = re.compile(r"```python\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)
PAGE = (ROOT / "docs" / "archive.md").read_text(encoding="utf-8")
QUERIES = SHOWN.findall(PAGE)
SCALE = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a reader of the page would be, after its command."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "fixtures").symlink_to(ROOT / "fixtures")
    [shown] = re.findall(r"```\ndigit-recognizer (archive fixtures.*)\n```", PAGE)
    done = recognize(*shlex.split(shown), "--workers", "0", cwd=folder)
    assert done.returncode == 3, done.stderr
    return folder


def test_there_are_queries_of_each_kind() -> None:
    assert len(QUERIES) == 5
    assert {query.split()[1] for query, _ in QUERIES} == {"duckdb", "pandas", "polars"}


@pytest.mark.parametrize(("query", "output"), QUERIES, ids=[str(place) for place in range(len(QUERIES))])
def test_a_query_prints_what_the_page_shows(query: str, output: str, folder: Path) -> None:
    assert printed(query, folder) == output


def test_the_plan_of_scale_is_its_arithmetic(tmp_path: Path) -> None:
    [(arithmetic, output)] = SHOWN.findall(SCALE)
    assert printed(arithmetic, tmp_path) == output


def printed(code: str, folder: Path) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment(), capture_output=True, text=True,
                          timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
