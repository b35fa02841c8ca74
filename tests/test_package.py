"""What `import recognizer` brings, and that an installed wheel stands on its own."""

import ast
import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import pytest
from harness import PICTURES, ROOT, environment, labels, truth
from packaging.requirements import Requirement

import recognizer

PROBE = """
import sys
import cv2, numpy
before = set(sys.modules)
import recognizer
for name in recognizer.__all__:
    getattr(recognizer, name)
print(*{name.split(".")[0] for name in set(sys.modules) - before} - sys.stdlib_module_names)
"""


def test_importing_brings_nothing_beyond_opencv_and_numpy(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", PROBE], cwd=tmp_path, env=environment(), capture_output=True,
                          text=True, check=True)
    assert {*done.stdout.split()} - {"numpy"} == {"recognizer"}


def test_public_names_are_those_of_all() -> None:
    source = ast.parse((ROOT / "recognizer" / "__init__.py").read_text())
    checked = {name.name for node in ast.walk(source) if isinstance(node, ast.ImportFrom)
               and str(node.module).startswith("recognizer.") for name in node.names}
    assert {*recognizer.__all__} == checked | {"__version__"}  # what a type checker sees is what there is
    assert [name for name in recognizer.__all__ if not hasattr(recognizer, name)] == []
    with pytest.raises(AttributeError, match="nothing"):
        _ = recognizer.nothing


def python(*args: str | Path, cwd: Path) -> str:
    """Run a Python command to its end; its standard output."""
    names = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "DISPLAY")}
    done = subprocess.run([str(arg) for arg in args], cwd=cwd, env=names, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_ci_locks_every_dependency_within_its_range() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [Requirement(text) for group in (project["dependencies"], *project["optional-dependencies"].values())
              for text in group]
    locked = dict(line.split("==") for line in (ROOT / ".ci" / "constraints.txt").read_text().splitlines()
                  if "==" in line)
    assert [need.name for need in wanted if locked.get(need.name, "0") not in need.specifier] == []


@pytest.mark.parametrize(("system", "machine", "has_one"), [
    ("linux", "x86_64", True), ("linux", "aarch64", True), ("win32", "AMD64", True), ("darwin", "arm64", True),
    ("darwin", "x86_64", False), ("linux", "armv7l", False), ("linux", "armv6l", False),
])
def test_the_runtime_is_asked_for_where_it_has_a_package(system: str, machine: str, has_one: bool) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    [need] = [need for need in map(Requirement, project["dependencies"]) if need.name == "ai-edge-litert"]
    assert need.marker
    assert need.marker.evaluate({"sys_platform": system, "platform_machine": machine}) is has_one


def test_a_machine_without_the_runtime_is_told_so(tmp_path: Path) -> None:
    without = ("import sys; sys.modules['ai_edge_litert'] = None; from recognizer.cli.main import main; "
               "sys.exit(main(sys.argv[1:]))")
    done = subprocess.run([sys.executable, "-c", without, "--source", PICTURES / "note.jpg", "--no-window"],
                          cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (4, "")
    [said] = done.stderr.splitlines()
    assert "expected the runtime ai-edge-litert, found none" in said
    assert "Intel Macs" in said


@pytest.mark.slow
def test_an_installed_wheel_finds_its_model_and_reads(tmp_path: Path) -> None:
    python(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", tmp_path, ROOT, cwd=tmp_path)
    [wheel] = tmp_path.glob("*.whl")
    venv.create(tmp_path / "fresh", with_pip=True)
    scripts = tmp_path / "fresh" / ("Scripts" if sys.platform == "win32" else "bin")
    fresh = scripts / Path(sys.executable).name
    python(fresh, "-m", "pip", "install", "--no-deps", "--no-index", wheel, cwd=tmp_path)
    packages = Path(python(fresh, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip())
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))  # those are this environment's own

    away = tmp_path / "away"
    away.mkdir()
    module = python(fresh, "-c", "import recognizer; print(recognizer.__file__)", cwd=away)
    assert Path(module).parent.parent == packages
    assert (packages / "recognizer" / "py.typed").exists()  # its types are for others, too
    output = python(scripts / "digit-recognizer", "--source", PICTURES / "note.jpg", "--no-window", "--events", "-",
                    cwd=away)
    assert labels(json.loads(output)) == labels(truth(PICTURES / "note.jpg")[0])
    assert "recognizer" in python(fresh, "-m", "recognizer", "--version", cwd=away)


def test_no_message_advises_what_a_wheel_has_not() -> None:
    advice = [f"{path.name}:{number}" for path in (ROOT / "recognizer").rglob("*.py")
              for number, line in enumerate(path.read_text().splitlines(), 1) if "python -m train" in line]
    assert advice == []
