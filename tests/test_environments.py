"""In other places: another folder, odd names, two at once, an installation that can't be written to."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from harness import PATIENCE, PICTURES, ROOT, SUMMARY, environment, labels, truth

NOTE = PICTURES / "note.jpg"


def start(folder: Path, package: Path = ROOT, *args: str) -> subprocess.Popen[str]:
    shutil.copy(NOTE, folder / "zwölf Zettel.jpg")
    return subprocess.Popen(
        [sys.executable, "-m", "recognizer", "--source", "zwölf Zettel.jpg", "--no-window", "--events",
         "Ausgabe für alle.jsonl", "--save", "gelöst/", *args],
        cwd=folder, env=environment() | {"PYTHONPATH": str(package)}, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        text=True)


def check(program: subprocess.Popen[str], folder: Path) -> None:
    first, second = program.communicate(timeout=PATIENCE)[1].splitlines()
    assert (program.returncode, first) == (0, "recognizer: labelled frames are in gelöst/")
    assert SUMMARY.fullmatch(second)
    [line] = (folder / "Ausgabe für alle.jsonl").read_text().splitlines()
    assert labels(json.loads(line)) == labels(truth(NOTE)[0])
    assert (folder / "gelöst" / "zwölf Zettel.jpg").stat().st_size


def test_two_programs_on_one_model(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    programs = []
    for folder in folders:
        folder.mkdir()
        programs.append(start(folder))
    for program, folder in zip(programs, folders, strict=True):
        check(program, folder)


def test_a_read_only_installation_with_an_odd_path(tmp_path: Path) -> None:
    package = tmp_path / "Prögramme und mehr"
    shutil.copytree(ROOT / "recognizer", package / "recognizer", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "models", package / "models")
    work = tmp_path / "wörk"
    work.mkdir()
    everything = sorted(package.rglob("*"))
    for path in (package, *everything):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        check(start(work, package, "--model", str(package / "models" / "digits.tflite")), work)
        written = [path for path in package.rglob("*") if path not in everything and "__pycache__" not in path.parts]
        assert not written
    finally:
        for path in (package, *everything):
            path.chmod(0o755)


if sys.platform == "win32":
    pytest.skip("permissions are POSIX's", allow_module_level=True)
