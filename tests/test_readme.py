"""What README and docs show is what happens: commands are run, their output is compared, links lead somewhere."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from harness import PATIENCE, ROOT, environment, recognize

README = (ROOT / "README.md").read_text(encoding="utf-8")
MOST_WORDS = 1000
LARGEST = 2_000_000  # bytes of the moving picture
SHOWN = re.findall(r"```console\n\$ digit-recognizer ?(.*)\n((?:.*\n)*?)```", README)
VARYING = re.compile(r"\(\d+%\)|in [\d.]+ s, [\d.]+ frames a second")  # between machines and versions of libraries
DOCUMENTS = ["README.md", *sorted(str(path.relative_to(ROOT)) for folder in ("docs", "models", "benchmarks", "fixtures")
                                  for path in (ROOT / folder).rglob("*.md"))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a reader of the README would be, as far as its commands can tell."""
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    return tmp_path


@pytest.mark.parametrize(("arguments", "output"), SHOWN, ids=[shown[0] for shown in SHOWN])
def test_a_command_prints_what_the_readme_shows(arguments: str, output: str, folder: Path) -> None:
    program = Path(sys.executable).with_name("digit-recognizer")
    done = subprocess.run([program, *shlex.split(arguments)], cwd=folder, env=environment(), capture_output=True,
                          text=True, timeout=PATIENCE, check=True)
    printed = (done.stderr + done.stdout).splitlines()
    assert [VARYING.sub("", line) for line in printed] == [VARYING.sub("", line) for line in output.splitlines()]


def test_the_readme_is_short_and_its_moving_picture_small() -> None:
    assert len(SHOWN) >= 2
    assert len(README.split()) <= MOST_WORDS
    [picture] = re.findall(r"!\[.*?\]\((.*?)\)", README)
    assert (ROOT / picture).stat().st_size <= LARGEST


def test_what_the_readme_says_first_is_what_ci_runs() -> None:
    first = re.findall(r"```\n(.*?)```", README, re.DOTALL)[:2]
    commands = [line.split("#")[0].strip() for block in first for line in block.splitlines()]
    assert commands == ["pip install .", "digit-recognizer --camera 0", "make run", "make test"]
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert [command for command in commands if command.split(" --camera")[0] not in ci] == []


def examples(document: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / document).read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize(("document", "said"), [("README.md", ["['1958', '4036', '72']"]),
                                                ("docs/python.md", ["9160", "['3.14', '-27'"])])
def test_the_python_examples_run(document: str, said: list[str], folder: Path) -> None:
    for example, part in zip(examples(document), said, strict=True):
        done = subprocess.run([sys.executable, "-c", example], cwd=folder, env=environment(), capture_output=True,
                              text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done.stderr
        assert part in done.stdout


EVENT = re.compile(r"```json\n(.*?)```", re.DOTALL)


def test_the_event_that_is_shown_is_what_is_printed(folder: Path) -> None:
    (shown,) = map(json.loads, EVENT.findall((ROOT / "docs" / "outputs.md").read_text(encoding="utf-8")))
    done = recognize("--source", shown["source"], "--no-window", "--events", "-", cwd=folder)
    printed = json.loads(done.stdout.splitlines()[shown["frame"]])
    assert outline(printed | {"clock": ""}) == outline(shown | {"clock": ""})
    assert printed.keys() == shown.keys()


def outline(value):
    """A JSON value with its probabilities left out."""
    if isinstance(value, dict):
        return {key: outline(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [outline(inner) for inner in value]
    return None if isinstance(value, float) else value


def anchors(document: Path) -> set[str]:
    """What the headings of a page are called in links, as GitHub makes it."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (ROOT / document).parent / name if name else ROOT / document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
