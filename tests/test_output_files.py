"""Outputs that would write over each other are refused before anything is read."""

import os
import shutil
from pathlib import Path

import pytest
from conftest import Run
from harness import PICTURES, errors, lines


@pytest.mark.parametrize("flag", ["--events", "--csv"])
@pytest.mark.parametrize(("folder", "name"), [
    ("seen", "tiny.png"), ("seen/", "other.PNG"), ("new", "new/tiny.png"), (".", "clip.mp4"),
    ("seen", "./seen/../seen/a.jpg"),
])
def test_no_name_among_the_pictures_of_a_folder_of_save(
    flag: str, folder: str, name: str, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "seen").mkdir()
    name = name if "/" in name else os.path.join(folder, name)
    done = run("--source", PICTURES / "tiny.png", "--no-window", "--save", folder, flag, name)
    assert (done.returncode, done.stdout) == (2, "")
    [said] = errors(done)
    assert f"--save {folder} and {flag} could write over each other in {name}" in said
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_events_may_lie_beside_what_is_saved(run: Run, tmp_path: Path) -> None:
    done = run("--source", PICTURES / "tiny.png", "--no-window", "--save", "seen", "--events", "seen/tiny.jsonl")
    assert done.returncode == 0
    assert len(lines(tmp_path / "seen" / "tiny.jsonl")) == 1
    assert (tmp_path / "seen" / "tiny.png").exists()


def test_two_names_of_one_file_are_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "one").write_text("kept")
    os.link(tmp_path / "one", tmp_path / "other")
    done = run("--source", PICTURES / "tiny.png", "--no-window", "--events", "one", "--csv", "other")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--events and --csv would write over each other in other" in errors(done)[0]
    assert (tmp_path / "one").read_text() == "kept"


def test_two_names_of_one_file_are_refused_of_two_cameras(run: Run, tmp_path: Path) -> None:
    shutil.copy(PICTURES / "tiny.png", tmp_path)
    (tmp_path / "a.csv").write_text("kept")
    os.link(tmp_path / "a.csv", tmp_path / "b.csv")
    (tmp_path / "fleet.toml").write_text(
        "[defaults]\nsource = 'tiny.png'\ncsv = '{name}.csv'\n[camera.a]\n[camera.b]\n")
    done = run("--config", "fleet.toml")
    assert done.returncode == 2
    assert "camera b: camera a writes b.csv, too" in errors(done)[0]
    assert (tmp_path / "a.csv").read_text() == "kept"
