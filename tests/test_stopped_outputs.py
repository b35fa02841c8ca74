"""Outputs that stop: a full disk, a folder that is removed, a reader that has seen enough."""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Run
from hands import some_examples
from harness import CLIPS, PATIENCE, PICTURES, SUMMARY, command, environment, errors, frames_in, lines, truth

CLIP = CLIPS / "dim.avi"
FRAMES = len(truth(CLIP))
OUTPUT = 5
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")


def run_limited(size: int, *args: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the program where no file may grow over `size` bytes, as on a disk that is full then."""
    return subprocess.run(command(*args), cwd=cwd, env=environment(), capture_output=True, text=True, check=False,
                          timeout=PATIENCE, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))


def test_events_that_fill_the_disk_stop_alone(tmp_path: Path) -> None:
    done = run_limited(4000, "--source", CLIP, "--no-window", "--events", "e.jsonl", cwd=tmp_path)
    assert done.returncode == OUTPUT
    [said] = errors(done)
    assert "--events e.jsonl: File too large" in said
    assert done.stdout  # the numbers are still printed
    *whole, _ = (tmp_path / "e.jsonl").read_text().splitlines()
    assert [json.loads(line)["frame"] for line in whole] == list(range(len(whole)))
    assert whole


@pytest.mark.parametrize("name", ["seen.mp4", "seen.mkv", "seen.avi"])
def test_a_video_that_fills_the_disk_stops_alone(name: str, tmp_path: Path) -> None:
    done = run_limited(100_000, "--source", CLIP, "--no-window", "--events", "e.jsonl", "--save", name, cwd=tmp_path)
    assert done.returncode == OUTPUT
    assert f"--save {name}: " in errors(done)[0]
    assert [line["frame"] for line in lines(tmp_path / "e.jsonl")] == list(range(FRAMES))
    assert not [line for line in done.stderr.splitlines() if "labelled frames are in" in line]
    assert 0 < frames_in(tmp_path / name) < FRAMES


@pytest.mark.parametrize("name", ["seen.mp4", "seen.mov", "seen.mkv", "seen.avi"])
def test_a_video_whose_first_bytes_cannot_be_written_stops_alone(name: str, tmp_path: Path) -> None:
    done = run_limited(16, "--source", CLIP, "--no-window", "--events", "-", "--save", name, cwd=tmp_path)
    assert done.returncode == OUTPUT
    [said] = errors(done)  # so nothing that says where the labelled frames are
    assert f"--save {name}: " in said
    assert "nothing of it can be read" in said
    assert [json.loads(line)["frame"] for line in done.stdout.splitlines()] == list(range(FRAMES))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 256 kB."""
    folder = tmp_path / "small disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("file systems can't be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_full(small_disk: Path, run: Run, tmp_path: Path) -> None:
    done = run("--source", CLIP, "--no-window", "--save", small_disk / "seen.mp4", "--events", "e.jsonl")
    assert done.returncode == OUTPUT
    assert "No space left" in errors(done)[0]
    assert len(lines(tmp_path / "e.jsonl")) == FRAMES
    assert 0 < frames_in(small_disk / "seen.mp4") < FRAMES


@pytest.mark.parametrize("flag", ["--events", "--save"])
def test_an_output_that_is_removed_is_told(flag: str, tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.mkdir()
    name = {"--events": "e.jsonl", "--save": "seen.mkv"}[flag]
    with subprocess.Popen(command("--source", CLIPS / "demo.mp4", "--no-window", flag, away / name), cwd=tmp_path,
                          env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        while not (away / name).exists() or not (away / name).stat().st_size:
            assert program.poll() is None
            time.sleep(0.01)
        shutil.rmtree(away)
        printed, said = program.communicate(timeout=PATIENCE)
    assert program.returncode == OUTPUT
    assert f"{flag} {away / name}: the file was removed" in said.splitlines()[0]
    assert printed


def test_pictures_whose_folder_is_removed(tmp_path: Path) -> None:
    for number in range(8):
        shutil.copy(PICTURES / "note.jpg", tmp_path / f"{number:02}.jpg")
    with subprocess.Popen(command("--source", "*.jpg", "--no-window", "--save", "out/", "--events", "e.jsonl"),
                          cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as program:
        assert program.stdout
        program.stdout.readline()
        shutil.rmtree(tmp_path / "out")
        said = program.communicate(timeout=PATIENCE)[1]
    assert program.returncode == OUTPUT
    assert "No such file or directory" in said.splitlines()[0]
    assert len(lines(tmp_path / "e.jsonl")) == 8


def test_nothing_left_to_write_to_ends_it(tmp_path: Path) -> None:
    with (tmp_path / "full").open("w") as full:
        done = subprocess.run(
            command("--source", CLIP, "--no-window", "--events", "-"), cwd=tmp_path, env=environment(), text=True,
            stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE, check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000)),
        )
    assert done.returncode == OUTPUT
    assert "--events -: File too large" in errors(done)[0]


def test_a_reader_that_has_seen_enough(tmp_path: Path) -> None:
    with subprocess.Popen(command("--source", CLIP, "--no-window", "--events", "-"), cwd=tmp_path, env=environment(),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        head = subprocess.run(["head", "-3"], stdin=program.stdout, capture_output=True, text=True, check=True)
        assert program.stdout
        program.stdout.close()
        said = program.communicate(timeout=PATIENCE)[1]
    assert program.returncode == 0
    assert SUMMARY.fullmatch(said.decode().strip())
    assert [json.loads(line)["frame"] for line in head.stdout.splitlines()] == [0, 1, 2]


@pytest.mark.parametrize("redirect", ["", ">&-"])
def test_a_named_pipe_whose_reader_goes_away_stops_alone(redirect: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["head", "-3", "pipe"], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as reader:
        done = redirected(redirect, "--source", CLIP, "--no-window", "--events", "pipe", "--csv", "n.csv", cwd=tmp_path)
        head = reader.communicate(timeout=PATIENCE)[0]
    assert [json.loads(line)["frame"] for line in head.splitlines()] == [0, 1, 2]
    assert done.returncode == OUTPUT
    [said] = errors(done)
    assert "--events pipe: Broken pipe" in said
    told = sorted(row.split(",")[3] for row in (tmp_path / "n.csv").read_text().splitlines()[1:])
    assert told == sorted(number["text"] for number in truth(CLIP)[-1]["numbers"])


def redirected(redirect: str, *args: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the program with its standard streams as a shell gives them."""
    return subprocess.run(["sh", "-c", f'exec "$@" {redirect}', "sh", *command(*args)], cwd=cwd, text=True,
                          env=environment() | {"XDG_DATA_HOME": str(cwd)}, capture_output=True, timeout=PATIENCE,
                          check=False)


@pytest.mark.parametrize("redirect", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_output(redirect: str, tmp_path: Path) -> None:
    done = redirected(redirect, "--source", PICTURES / "tiny.png", "--no-window", "--events", "e.jsonl", cwd=tmp_path)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert len(lines(tmp_path / "e.jsonl")) == 1


def test_with_standard_error_closed_messages_are_not_among_the_data(tmp_path: Path) -> None:
    spoilt = bytearray((PICTURES / "note.jpg").read_bytes())
    place = len(spoilt) * 3 // 4
    spoilt[place : place + 200] = bytes(200)  # of which OpenCV writes on that descriptor
    (tmp_path / "spoilt.jpg").write_bytes(spoilt)
    done = redirected("2>&-", "--source", "spoilt.jpg", "--no-window", "--events", "-", "--csv", "n.csv", cwd=tmp_path)
    assert done.returncode == 0
    assert [json.loads(line)["frame"] for line in done.stdout.splitlines()] == [0]
    assert {line.count(",") for line in (tmp_path / "n.csv").read_text().splitlines()} == {9}
    assert (redirected("2>&-", "--no-such-flag", cwd=tmp_path).stdout, done.stderr) == ("", "")


@needs_full
@pytest.mark.parametrize(("args", "code"), [
    (["--source", str(PICTURES / "tiny.png"), "--no-window"], 0), (["--no-such-flag"], 2),
    (["--source", "none.png", "--no-window"], 3),
])
def test_a_full_standard_error_leaves_the_exit_code(args: list[str], code: int, tmp_path: Path) -> None:
    assert redirected("2>/dev/full", *args, cwd=tmp_path).returncode == code


@needs_full
@pytest.mark.parametrize("args", [["hand", "list"], ["hand", "show", "mine"]], ids=" ".join)
def test_hands_on_a_full_standard_output_are_one_line(args: list[str], tmp_path: Path) -> None:
    hands = tmp_path / "digit-recognizer" / "hands"
    hands.mkdir(parents=True)
    some_examples().save(hands / "mine.npz")
    assert "mine" in redirected("", *args, cwd=tmp_path).stdout
    done = redirected(">/dev/full", *args, cwd=tmp_path)
    assert (done.returncode, errors(done)) == (OUTPUT, ["recognizer: standard output: No space left on device"])


if sys.platform == "win32":
    pytest.skip("limits of a file's size are set by POSIX's means", allow_module_level=True)
