"""What docs/promises.md claims is tried: each row names tests, and they are there."""

import ast
import re
import shlex

import pytest
from harness import ROOT

PAGE = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
TABLES = re.findall(r"^## (.+?)$(?:.*?)^(\|.*?)\n\n", PAGE + "\n\n", re.DOTALL | re.MULTILINE)


def rows(tried: bool) -> list[list[str]]:
    """The cells of each row: of the tables whose last column tells the tests, or of the others, which tell commands."""
    found = []
    for _, table in TABLES:
        header, _, *lines = ([cell.strip() for cell in line.strip("| ").split(" | ")] for line in table.splitlines())
        if (header[-1] == "tried by") == tried:
            found += lines
    return found


def functions_of(file: str) -> set[str]:
    """The names of a file's test functions, without importing it."""
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_there_are_promises() -> None:
    assert [name for name, _ in TABLES] == ["Cameras and streams", "Outputs", "Files, models, arrays", "In a browser",
                                            "Archives", "The source", "Figures"]
    assert len(rows(tried=True)) > 20


@pytest.mark.parametrize("row", rows(tried=True), ids=lambda row: row[0][:40])
def test_a_promise_names_the_tests_that_try_it(row: list[str]) -> None:
    named = re.findall(r"\[(test_\w+)\]\(\.\./tests/(test_\w+\.py)\): ((?:`test_\w+`(?:, )?)+)", row[-1])
    assert named, row[-1]
    for text, file, names in named:
        assert file == f"{text}.py"
        assert set(re.findall(r"`(test_\w+)`", names)) - functions_of(file) == set()


FIGURES = [row for row in rows(tried=False) if row[-1] != "the same"]


@pytest.mark.parametrize("row", FIGURES, ids=lambda row: row[0][:40])
def test_a_figure_names_the_command_that_prints_it(row: list[str]) -> None:
    _, option, module, *rest = shlex.split(row[-1].strip("`"))
    assert option == "-m"
    if module == "pytest":
        file, *_ = rest
        assert (ROOT / file).exists()
        for chosen in (rest[rest.index("-k") + 1] for _ in range("-k" in rest)):
            assert any(chosen in name for name in functions_of(file.removeprefix("tests/")))
    else:
        assert (ROOT / f"{module.replace('.', '/')}.py").exists()
