"""Folders, patterns and names: what is in them is read, each once, and what can't be is named."""

import json
import os
import sys
from pathlib import Path

import pytest
from conftest import Run
from harness import PICTURES, errors
from recordings import FRAMES, record

from recognizer.names import one_line, shown
from recognizer.sources.folder import paths_of

TINY = (PICTURES / "tiny.png").read_bytes()
links = pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")


def fill(folder: Path, *names: str, content: bytes = TINY) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def found(name: str | Path) -> list[str]:
    return [path.name for path in paths_of(str(name))]


def test_a_folder_is_read_whatever_its_pictures_are_called(run: Run, tmp_path: Path) -> None:
    fill(tmp_path, "a.JFIF", "b.jpe", "c.heic", "d.tga", "e", "f.dat", "g.PNG")
    done = run("--source", ".", "--no-window", "--events", "e.jsonl")
    assert (done.returncode, errors(done)) == (0, [])
    names = ["a.JFIF", "b.jpe", "c.heic", "d.tga", "e", "f.dat", "g.PNG"]
    assert done.stdout.splitlines() == [f"{name}: 3" for name in names]


def test_what_cannot_be_read_is_named_once_with_its_number(run: Run, tmp_path: Path) -> None:
    fill(tmp_path, "a.png")
    fill(tmp_path, "b.pdf", "c.pdf", content=b"%PDF-1.4 \0")
    fill(tmp_path, "d.jxl", content=b"\xff\x0a\xfa\x1f")
    for source in (".", "*"):
        done = run("--source", source, "--no-window")
        assert (done.returncode, done.stdout) == (0, "a.png: 3\n")
        assert errors(done) == [f"recognizer: {source}: 3 files of other kinds passed over: .jxl, .pdf (2)"]
    (tmp_path / "a.png").unlink()
    done = run("--source", ".", "--no-window")
    assert done.returncode == 3
    assert "found 3 files of other kinds: .jxl, .pdf (2)" in errors(done)[0]


def test_what_systems_leave_is_left_out_quietly(run: Run, tmp_path: Path) -> None:
    fill(tmp_path, "IMG_1.png", "__MACOSX/x.png")
    fill(tmp_path, "._IMG_1.png", ".DS_Store", "Thumbs.db", "desktop.ini", "~$a.png", "IMG_1.thm", "IMG_1.aae",
         content=b"\0\5\x16\7\0\2\0\0Mac OS X")
    fill(tmp_path, "notes.txt", "list.csv", "code.ts", content=b"a note\n" * 20)
    for source in (".", "**/*"):
        done = run("--source", source, "--no-window")
        assert (done.returncode, errors(done), done.stdout) == (0, [], "IMG_1.png: 3\n")


@links
def test_links_that_lead_in_a_circle_are_followed_once(tmp_path: Path) -> None:
    tree = fill(tmp_path / "tree", "y.png", "a/x.png", "a/b/z.png")
    outside = fill(tmp_path / "outside", "o.png")
    to = {"a/up": tree, "a/b/up": tree, "a/b/over": tree / "a", "0": tree / "a" / "b", "out": outside,
          "nowhere": tmp_path / "none"}
    for at in to:
        (tree / at).symlink_to(to[at])
    wanted = [tree / "a" / "b" / "z.png", tree / "a" / "x.png", tree / "out" / "o.png", tree / "y.png"]
    assert paths_of(f"{tree}/**/*.png") == sorted(wanted)
    assert paths_of(f"{tree}/**/b/*.png") == [tree / "a" / "b" / "z.png"]
    assert paths_of(f"{tree}/**") == sorted(wanted)
    assert paths_of(f"{tree}/*/*.png") == sorted([tree / "0" / "z.png", tree / "a" / "x.png", tree / "out" / "o.png"])


def test_patterns_fit_as_a_shell_s_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, "a1.png", "a2.png", "b1.png", "in/a3.png", "in/deep/a4.png", "[x].png")
    monkeypatch.chdir(tmp_path)
    assert found("a*.png") == ["a1.png", "a2.png"]
    assert found("?1.png") == ["a1.png", "b1.png"]
    assert found("[x].png") == ["[x].png"]
    assert sorted(found("**/a*.png")) == ["a1.png", "a2.png", "a3.png", "a4.png"]
    assert found("in/**/*.png") == ["a3.png", "a4.png"]
    assert found("./in/*.png") == ["a3.png"]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are Unicode there")
@pytest.mark.parametrize("locale", [{}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
                         ids=["UTF-8", "plain C"])
def test_names_in_other_letters(locale: dict[str, str], run: Run, tmp_path: Path) -> None:
    for name in (b"caf\xe9.png", "grüße 数.png".encode(), b"two\nlines.png", b"z.png"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(TINY)
    done = run("--source", ".", "--no-window", "--events", "e.jsonl", "--csv", "e.csv", "--save", "seen/", "--crops",
               "crops", env=locale)
    assert (done.returncode, errors(done)) == (0, ["recognizer: labelled frames are in seen/"])
    sources = [json.loads(line)["source"] for line in (tmp_path / "e.jsonl").read_text(encoding="utf-8").splitlines()]
    assert sorted(sources) == ["caf\\xe9.png", "grüße 数.png", "two\nlines.png", "z.png"]
    assert "".join(sources).encode()  # so no half of a pair
    assert len(done.stdout.splitlines()) == 4
    assert "two\\nlines.png: 3" in done.stdout
    assert len(list((tmp_path / "seen").iterdir())) == 4


def test_a_bad_file_is_told_in_one_line_whatever_its_name(run: Run, tmp_path: Path) -> None:
    fill(tmp_path, "two\nlines.png", content=b"no picture")
    fill(tmp_path, "good.png")
    for source in ("two\nlines.png", "."):
        done = run("--source", source, "--no-window")
        assert done.returncode == 3
        assert "two\\nlines.png: not a picture" in errors(done)[0]


def test_text_that_is_shown() -> None:
    assert shown("grüße") == "grüße"
    assert one_line("a\nb\x1b[2Jc 数") == "a\\nb\\x1b[2Jc 数"


@pytest.mark.parametrize(("args", "part"), [
    (["--sorce", "x"], "the nearest is --source"), (["--no_window"], "the nearest is --no-window"),
    (["--maxseconds=3"], "the nearest is --max-seconds"), (["-source", "x"], "the nearest is --source"),
    (["--input", "x"], "the nearest is --source"), (["--headless"], "the nearest is --no-window"),
    (["--source", "a.jpg", "b.jpg", "c.jpg"], "2 more stand after it (b.jpg c.jpg); a pattern such as '*.jpg' needs"),
    (["photo.jpg"], "--source photo.jpg"),
])
def test_a_wrong_call_says_what_was_probably_meant(args: list[str], part: str, run: Run) -> None:
    done = run(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert part in errors(done)[0]


def test_a_number_as_a_source_says_how_a_camera_is_given(run: Run) -> None:
    done = run("--source", "0", "--no-window")
    assert done.returncode == 3
    assert "--camera 0" in errors(done)[0]


def test_files_that_max_seconds_leaves_unread_are_counted(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.avi").write_bytes(b"no video")
    for name in ("b.avi", "c.avi", "d.avi"):
        record(tmp_path / name)  # a second long
    done = run("--source", "*.avi", "--no-window", "--events", "-", "--max-seconds", "0.5")
    assert {json.loads(line)["source"] for line in done.stdout.splitlines()} == {"b.avi"}
    assert errors(done)[-1] == "recognizer: --max-seconds: 2 of 4 files left unread"
    fill(tmp_path, "e.png", "f.png")
    done = run("--source", "*.png", "--no-window", "--max-seconds", "1e-9")
    assert (done.returncode, done.stdout) == (0, "")
    assert errors(done) == ["recognizer: --max-seconds: 2 of 2 files left unread"]


def test_max_seconds_that_are_enough_are_quiet(run: Run, tmp_path: Path) -> None:
    for name in ("b.avi", "c.avi"):
        record(tmp_path / name)
    done = run("--source", ".", "--no-window", "--events", "-", "--max-seconds", "2")
    assert (len(done.stdout.splitlines()), errors(done)) == (2 * FRAMES, [])
