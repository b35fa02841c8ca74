"""What the README shows is what happens: its commands are run, its output is compared, its links lead somewhere."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from harness import ROOT, recognize

README = (ROOT / "README.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```console\n\$ python -m recognizer ?(.*)\n((?:.*\n)*?)```", README)
PERCENT = re.compile(r"\(\d+%\)")


@pytest.mark.parametrize(("arguments", "output"), SHOWN, ids=[shown[0] or "no arguments" for shown in SHOWN])
def test_a_command_prints_what_the_readme_shows(arguments, output, tmp_path):
    if not arguments and Path("/dev/video0").exists():
        pytest.skip("this machine has a camera, which would be opened")
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    done = recognize(*shlex.split(arguments), cwd=tmp_path)
    assert done.returncode == 0
    printed = (done.stderr + done.stdout).splitlines()
    assert [PERCENT.sub("", line) for line in printed] == [PERCENT.sub("", line) for line in output.splitlines()]


def test_there_are_commands_with_output():
    assert len(SHOWN) >= 2


def test_the_python_example_runs():
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", example], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("['")


@pytest.mark.parametrize("document", ["README.md", "models/README.md", "benchmarks/README.md", "fixtures/README.md",
                                      "docs/promises.md"])
def test_links_lead_somewhere(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
    assert not [target for target in targets if not ((ROOT / document).parent / target).exists()]
