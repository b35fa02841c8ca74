"""Archives without Ray: what `archive --workers 0` writes, joins, goes on with, and refuses."""

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Run
from harness import CLIPS, PATIENCE, PICTURES, environment, errors

pytest.importorskip("pyarrow")
from archives import everything, page, plain, rows, write_video
from s3 import store

DONE = " failed; "


def archive(run: Run, *args: str | Path, code: int = 0) -> list[str]:
    """Run `archive` in one process; what it said but for the sum."""
    done = run("archive", *args, "--workers", "0")
    assert done.returncode == code, done.stderr
    return [line for line in errors(done) if DONE not in line]


def test_rows_are_those_of_the_plain_program(run: Run, tmp_path: Path) -> None:
    sources = [PICTURES / "note.jpg", PICTURES / "empty.jpg", CLIPS / "signs.mp4"]
    assert archive(run, *sources, "--out", "out") == []
    assert (rows(tmp_path / "out", "digits"), rows(tmp_path / "out", "numbers")) == plain(tmp_path, *sources)
    assert [(Path(row[0]).name, *row[1:6]) for row in rows(tmp_path / "out", "sources")] == [
        ("signs.mp4", "read", None, 90, 3.56, len([row for row in rows(tmp_path / "out", "digits")
                                                   if row[0].endswith("signs.mp4")])),
        ("empty.jpg", "read", None, 1, 0.0, 0), ("note.jpg", "read", None, 1, 0.0, 10)]


# Texts and seconds; parts are 10 s long, so the cuts are at 10, 20 and 30 s.
STANDING = [("731", 14), ("2026", 13), ("", 4), ("48", 9)]
AT_CUTS = [("731", 9.7), ("2026", 10.2), ("48", 10), ("", 3), ("48", 7.1)]  # the last one is told again


@pytest.mark.parametrize("pages", [STANDING, AT_CUTS], ids=["standing", "at the cuts"])
@pytest.mark.parametrize("gap", [20, 1000], ids=["many key frames", "one key frame"])
def test_a_number_that_is_held_over_a_cut_is_told_once(pages, gap: int, run: Run, tmp_path: Path) -> None:
    video = write_video(tmp_path / "long.mp4", pages, gap)
    assert archive(run, video, "--out", "cut", "--part", "10s") == []
    assert archive(run, video, "--out", "whole", "--part", "0") == []
    cut, whole = everything(tmp_path / "cut"), everything(tmp_path / "whole")
    assert [row[3] for row in sorted(cut["numbers"], key=lambda row: row[1])] == [text for text, _ in pages if text]
    assert [(row[1], row[3]) for row in cut["numbers"]] == [(row[1], row[3]) for row in whole["numbers"]]
    assert [row[3:5] for row in cut["sources"]] == [(400, 39.9)] == [row[3:5] for row in whole["sources"]]
    # A digit is told once it was seen for two frames, which at a cut is known already.
    assert [row[1:4] for row in cut["digits"]] == [row[1:4] for row in whole["digits"]]
    assert not (tmp_path / "cut" / ".parts").exists()


def test_a_long_video_that_is_cut_off_says_so_and_keeps_what_was_read(run: Run, tmp_path: Path) -> None:
    video = write_video(tmp_path / "long.mkv", STANDING)
    video.write_bytes(video.read_bytes()[: video.stat().st_size // 2])
    said = archive(run, video, "--out", "out", "--part", "10s", code=3)
    [(_, status, reason, frames, *_)] = rows(tmp_path / "out", "sources")
    assert status == "failed"
    assert said == [f"recognizer: {video}: {reason}"]
    assert 100 < frames < 300
    assert "731" in [row[3] for row in rows(tmp_path / "out", "numbers")]


KILLED = """
import os, signal, sys
from recognizer.archive.settings import SETTINGS
from recognizer.cli.main import main
object.__setattr__(SETTINGS, "batch_seconds", 0.0)  # each source is a batch, so that there is much to break off
left, replace = int(sys.argv[1]), os.replace
def count(*paths):
    global left
    left -= 1
    if left == 0 and int(sys.argv[1]) % 2:
        os.kill(os.getpid(), signal.SIGKILL)
    replace(*paths)
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
os.replace = count
sys.exit(main(sys.argv[2:]))
"""


def test_killed_at_any_write_it_ends_with_the_same_rows(run: Run, tmp_path: Path) -> None:
    import cv2

    (tmp_path / "in").mkdir()
    for number in range(4):
        cv2.imwrite(str(tmp_path / "in" / f"{number}.png"), page(str(number + 10)))
    write_video(tmp_path / "in" / "long.mp4", [("731", 9), ("2026", 16)])
    archive(run, "in", "--out", "out", "--part", "10s")
    os.utime(tmp_path / "in" / "2.png", (1, 1))
    cv2.imwrite(str(tmp_path / "in" / "3.png"), page("99"))
    deaths, code = 0, -9
    while code == -9:  # the next one is killed at a later write
        deaths += 1
        code = subprocess.run(
            [sys.executable, "-c", KILLED, str(deaths), "archive", "in", "--out", "out", "--part", "10s",
             "--workers", "0"], cwd=tmp_path, env=environment(), timeout=PATIENCE, check=False).returncode
    assert (code, deaths > 4) == (0, True)
    archive(run, "in", "--out", "alone", "--part", "10s")
    assert everything(tmp_path / "out") == everything(tmp_path / "alone")
    assert "99" in [row[3] for row in rows(tmp_path / "out", "numbers")]


def test_what_is_read_is_not_read_again_and_what_changed_or_failed_is(run: Run, tmp_path: Path) -> None:
    for name in ("note.jpg", "prices.jpg"):
        shutil.copy(PICTURES / name, tmp_path)
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    (tmp_path / "list.txt").write_text("note.jpg\n\nprices.jpg\nbad.jpg\nnote.jpg\nmissing.jpg\n")
    first = run("archive", "@list.txt", "--out", "out", "--workers", "0")
    assert first.returncode == 3
    assert "recognizer: 4 sources in" in first.stderr
    assert {row[0]: row[1] for row in rows(tmp_path / "out", "sources")} == {
        "note.jpg": "read", "prices.jpg": "read", "bad.jpg": "failed", "missing.jpg": "failed"}
    shutil.copy(PICTURES / "tiny.png", tmp_path / "prices.jpg")
    shutil.copy(PICTURES / "tiny.png", tmp_path / "missing.jpg")
    second = run("archive", "@list.txt", "--out", "out", "--workers", "0")
    assert "recognizer: 3 sources (1 read before) in" in second.stderr
    assert [(row[0], row[1], row[6]) for row in rows(tmp_path / "out", "sources")] == [
        ("bad.jpg", "failed", 0), ("missing.jpg", "read", 1), ("note.jpg", "read", 3), ("prices.jpg", "read", 1)]
    assert [row[0] for row in rows(tmp_path / "out", "digits") if row[0] != "note.jpg"] == ["missing.jpg", "prices.jpg"]


@pytest.mark.parametrize(("args", "code", "said"), [
    (["--out", "out", "--workers", "0", "--signs"], 2, "expected the options that it was begun with (signs False)"),
    (["--out", "note.jpg", "--workers", "0"], 5, "--out note.jpg: can't be written"),
    (["--out", "out", "--workers", "0", "--address", "auto"], 2, "leave one of them out"),
    (["--out", "new", "--workers", "0", "--model", "none.tflite"], 4, "none.tflite"),
    (["--out", "new", "--part", "5s"], 2, "expected 10 seconds at least"),
    (["--out", "new", "other.jpg"], 2, "expected all sources together"),
    (["--out", "new", "--workers", "-1"], 2, "expected"),
    ([], 2, "--out"),
])
def test_one_line_and_the_exit_code(args: list[str], code: int, said: str, run: Run, tmp_path: Path) -> None:
    shutil.copy(PICTURES / "note.jpg", tmp_path)
    if "out" in args and "0" in args:
        archive(run, "note.jpg", "--out", "out")
    done = run("archive", "note.jpg", *args)
    assert done.returncode == code
    [line] = errors(done)
    assert said in line


def test_files_of_others_are_left_alone(run: Run, tmp_path: Path) -> None:
    for name in ("digits/mine.parquet", "sources/scan.png", "numbers/.new-000000.0.parquet", "digits/000003.0.parquet"):
        (tmp_path / "out" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / name).write_bytes(b"content")
    archive(run, PICTURES / "tiny.png", "--out", "out")
    files = [str(file.relative_to(tmp_path / "out")) for file in (tmp_path / "out").rglob("*") if file.is_file()]
    assert sorted(files) == [".lock", "digits/000000.0.parquet", "digits/mine.parquet", "numbers/000000.0.parquet",
                             "options.json", "sources/000000.0.parquet", "sources/scan.png"]


def test_a_folder_that_another_run_writes_is_left_alone(run: Run, tmp_path: Path) -> None:
    import filelock

    (tmp_path / "out").mkdir()
    with filelock.FileLock(tmp_path / "out" / ".lock"):
        assert "another run writes there" in archive(run, PICTURES / "note.jpg", "--out", "out", code=5)[0]


@pytest.fixture
def server() -> Iterator[str]:
    """The address of the fixtures' pictures on the web."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(PICTURES))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as web:
        threading.Thread(target=web.serve_forever).start()
        yield f"http://127.0.0.1:{web.server_port}"
        web.shutdown()


def test_addresses_are_read_once_too(server: str, run: Run, tmp_path: Path) -> None:
    assert archive(run, f"{server}/note.jpg", (PICTURES / "tiny.png").as_uri(), "--out", "out") == []
    assert sorted(row[3] for row in rows(tmp_path / "out", "numbers")) == ["1958", "3", "4036", "72"]
    again = run("archive", f"{server}/note.jpg", f"{server}/missing.jpg", "--out", "out", "--workers", "0")
    assert "1 source (1 read before)" in again.stderr
    assert "(404)" in again.stderr


def test_what_no_file_system_knows_is_a_row(run: Run, tmp_path: Path) -> None:
    [said] = archive(run, "gopher://old/note.jpg", "--out", "out", code=3)
    assert "expected a file, a folder, http(s)://" in said
    assert rows(tmp_path / "out", "sources")[0][:2] == ("gopher://old/note.jpg", "failed")


def test_a_bucket_is_read_without_showing_its_password(run: Run, tmp_path: Path) -> None:
    (tmp_path / "root" / "scans").mkdir(parents=True)
    for name in ("note.jpg", "tiny.png"):
        shutil.copy(PICTURES / name, tmp_path / "root" / "scans")
    write_video(tmp_path / "root" / "videos" / "long.mp4", [("731", 12), ("2026", 10)])
    (tmp_path / "root" / "scans" / "notes.txt").write_text("no picture")
    with store(tmp_path / "root", "school") as query:
        base = "s3://me:secret@school"
        sources = [f"{base}/scans{query}", f"{base}/videos/*.mp4{query}"]
        assert archive(run, *sources, "--out", "out", "--part", "10s") == []
        [said] = archive(run, f"{base}/none{query}", "--out", "out", "--part", "10s", code=3)
        again = run("archive", *sources, "--out", "out", "--part", "10s", "--workers", "0")
    assert sorted(row[3] for row in rows(tmp_path / "out", "numbers")) == ["1958", "2026", "3", "4036", "72", "731"]
    assert said == f"recognizer: s3://me:***@school/none{query}: nothing is there; check the address"
    assert "0 sources (3 read before)" in again.stderr
    assert "secret" not in repr(everything(tmp_path / "out"))


@pytest.mark.parametrize("library", ["pyarrow", "ray"])
def test_without_the_extra_it_says_what_to_install(library: str, tmp_path: Path) -> None:
    code = (f"import sys; sys.modules['{library}'] = None; from recognizer.cli.main import main; "
            "sys.exit(main(['archive', 'note.jpg', '--out', 'out']))")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True,
                          timeout=PATIENCE, check=False)
    assert done.returncode == 2
    assert "pip install '.[archive]'" in errors(done)[0]
