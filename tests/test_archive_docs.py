"""The queries of docs/archive.md are run on the archive that it makes, and print what it shows."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from harness import PATIENCE, ROOT, environment, recognize

for library in ("pyarrow", "duckdb", "pandas", "polars"):
    pytest.importorskip(library)

PAGE = (ROOT / "docs" / "archive.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL)


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
    done = subprocess.run([sys.executable, "-c", query], cwd=folder, env=environment(), capture_output=True, text=True,
                          timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == output
