"""What stands in docs/deploy is understood by the tools it is for, and by the program that it calls."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from harness import ROOT

from recognizer.cli.arguments import check, parser
from recognizer.cli.commands.fleet import check_members
from recognizer.fleet.config import read_config

FOLDER = ROOT / "docs" / "deploy"
UNITS = sorted(FOLDER.glob("*.service"))
PAGES = {name: (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("fleet", "mqtt")}


def call(words: list[str]) -> None:
    """Let the program look at a call of itself; it ends the test where it would refuse it."""
    args = parser().parse_args(words)
    check(args)
    assert args.config or args.mqtt


def joined(path: Path) -> list[str]:
    """The lines of a file, continued ones as one, without comments."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_calls_the_program_and_is_understood_by_systemd(unit: Path, tmp_path: Path) -> None:
    [start] = [line.removeprefix("ExecStart=") for line in joined(unit) if line.startswith("ExecStart=")]
    program, *words = shlex.split(start)
    assert Path(program).name == "digit-recognizer"
    call(words)
    if shutil.which("systemd-analyze"):
        here = tmp_path / unit.name  # a program that isn't there would be an error
        here.write_text(unit.read_text(encoding="utf-8").replace(program, sys.executable), encoding="utf-8")
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", here], capture_output=True, text=True,
                              check=False)
        assert [line for line in done.stderr.splitlines() if unit.name in line] == []
        assert done.returncode == 0, done.stderr


def test_the_dockerfile_copies_what_is_there_and_starts_the_program() -> None:
    steps = [line.split(maxsplit=1) for line in joined(FOLDER / "Dockerfile")]
    assert steps[0][0] == "FROM"
    assert {word for word, _ in steps} <= {"FROM", "RUN", "COPY", "USER", "ENV", "VOLUME", "ENTRYPOINT", "CMD"}
    for word, rest in steps:
        *sources, _ = rest.split()
        assert word != "COPY" or all((ROOT / source).exists() for source in sources)
    told = {word: json.loads(rest) for word, rest in steps if word in ("ENTRYPOINT", "CMD")}
    assert told["ENTRYPOINT"] == ["digit-recognizer"]
    call(told["CMD"])
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    copied = [source for word, rest in steps if word == "COPY" for source in rest.split()[:-1]]
    assert all(any(file.startswith(source) for source in copied) for file in needed["force-include"])


def test_kubernetes_gets_what_the_program_needs(tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    config, pods = yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text(encoding="utf-8"))
    assert (config["kind"], pods["kind"]) == ("ConfigMap", "StatefulSet")
    spec = pods["spec"]["template"]["spec"]
    assert pods["spec"]["selector"]["matchLabels"] == pods["spec"]["template"]["metadata"]["labels"]
    [container] = spec["containers"]
    call(container["args"])
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    claims = [claim["metadata"]["name"] for claim in pods["spec"]["volumeClaimTemplates"]]
    assert sorted(mounts.values()) == sorted([*claims, *(volume["name"] for volume in spec["volumes"])])
    file = Path(container["args"][1])
    volume = next(one for one in spec["volumes"] if one["name"] == mounts[str(file.parent)])
    assert volume["configMap"]["name"] == config["metadata"]["name"]
    (tmp_path / file.name).write_text(config["data"][file.name])
    check_members(file.name, read_config(tmp_path / file.name))


def test_the_example_of_a_fleet_is_one_and_stands_in_the_docs() -> None:
    members = read_config(FOLDER / "fleet.toml")
    check_members("fleet.toml", members)
    [shown] = re.findall(r"```toml\n(.*?)```", PAGES["fleet"], re.DOTALL)
    assert tomllib.loads(shown) == tomllib.loads((FOLDER / "fleet.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_the_calls_of_the_docs_are_understood(page: str) -> None:
    lines = [line for block in re.findall(r"```\n(.*?)```", page, re.DOTALL)
             for line in block.replace("\\\n", " ").splitlines()]
    calls = [line.split("digit-recognizer ", 1)[1] for line in lines
             if line.startswith(("digit-recognizer ", "docker run")) and " --" in line.split("digit-recognizer", 1)[1]]
    assert calls
    for words in calls:
        call(shlex.split(words))
