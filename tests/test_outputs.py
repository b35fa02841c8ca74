"""All outputs together, and the flags that shape a run."""

import csv
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import cv2
import pytest
from conftest import Run
from cv2_enumerate_cameras import CameraInfo
from harness import CLIPS, PICTURES, command, environment, errors, lines, summary, truth
from PIL import Image
from recordings import record

from recognizer.sinks.text import EventsSink
from recognizer.sources.list_cameras import CAPABILITY, FORMAT, FRAME_SIZE, list_cameras

CLIP = CLIPS / "dim.avi"
TEXTS = sorted(number["text"] for number in truth(CLIP)[-1]["numbers"])


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A folder into which a run wrote all that it can, and what it printed."""
    folder = tmp_path_factory.mktemp("outputs")
    done = subprocess.run(
        command("--source", CLIP, "--no-window", "--numbers", "--save", "seen.mkv", "--events", "e.jsonl", "--csv",
                "n.csv"), cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, errors(done)) == (0, ["recognizer: labelled frames are in seen.mkv"])
    return folder, done


def test_numbers_are_printed_bare_and_once(outputs: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    assert sorted(outputs[1].stdout.split()) == TEXTS


def test_the_table_has_a_row_a_number(outputs: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    with (outputs[0] / "n.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["text"] for row in rows) == TEXTS
    events = lines(outputs[0] / "e.jsonl")
    for row in rows:
        event = events[int(row["frame"])]
        assert (row["source"], float(row["time"])) == (event["source"], event["time"])
        [number] = [n for n in event["numbers"] if n["text"] == row["text"]]
        assert [int(row[side]) for side in "xywh"] == number["box"]
        assert float(row["confidence"]) == number["confidence"]


def test_every_frame_is_in_the_video_and_in_the_events(
    outputs: tuple[Path, subprocess.CompletedProcess[str]]
) -> None:
    video, frames = cv2.VideoCapture(str(outputs[0] / "seen.mkv")), 0
    while video.read()[0]:
        frames += 1
    assert frames == len(lines(outputs[0] / "e.jsonl")) == len(truth(CLIP))


def test_the_summary_counts(outputs: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    figures = summary(outputs[1].stderr)
    assert figures["frames"] == len(truth(CLIP))
    assert figures["numbers"] == len(TEXTS)
    assert figures["dropped"] == 0
    assert figures["seconds"] > 0


def test_a_picture_table_has_each_number(run: Run, tmp_path: Path) -> None:
    done = run("--source", PICTURES / "prices.jpg", "--numbers", "--no-window", "--csv", "n.csv")
    wanted = [number["text"] for number in truth(PICTURES / "prices.jpg")[0]["numbers"]]
    assert done.stdout.split() == wanted
    with (tmp_path / "n.csv").open(newline="") as file:
        assert [row["text"] for row in csv.DictReader(file)] == wanted


def test_every_nth_frame_and_no_more_than_some_seconds(run: Run) -> None:
    done = run("--source", CLIP, "--no-window", "--events", "-", "--every", "3", "--max-seconds", "1")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["frame"] for event in events] == list(range(0, 15, 3))


def test_every_nth_frame_is_counted_in_each_video_and_pictures_are_all_read(run: Run, tmp_path: Path) -> None:
    pictures = [Image.new("L", (60, 40), 200 + page) for page in range(3)]
    pictures[0].save(tmp_path / "d.tif", save_all=True, append_images=pictures[1:])
    for name, picture in zip("abc", pictures, strict=True):
        picture.save(tmp_path / f"{name}.png")
    for name in ("e.avi", "f.avi"):
        record(tmp_path / name, frames=5)
    done = run("--source", ".", "--no-window", "--events", "-", "--every", "4")
    read = [(event["source"], event["frame"]) for event in map(json.loads, done.stdout.splitlines())]
    assert read == [("a.png", 0), ("b.png", 0), ("c.png", 0), ("d.tif", 0), ("d.tif", 1), ("d.tif", 2),
                    ("e.avi", 0), ("e.avi", 4), ("f.avi", 0), ("f.avi", 4)]


@pytest.mark.parametrize("args", [
    ["--size", "big"], ["--size", "0x480"], ["--fps", "0"], ["--fps", "nan"], ["--every", "0"], ["--max-seconds", "-1"],
    ["--source", str(CLIP), "--size", "640x480"], ["--source", str(CLIP), "--numbers", "--events", "-"],
    ["--source", str(CLIP), "--events", "-", "--csv", "-"], ["--source", str(CLIP), "--events", "a", "--csv", "./a"],
    ["--source", str(CLIP), "--events", "a.mp4", "--save", "a.mp4"],
    ["--every", "99999999999999999999"], ["--every", 5000 * "9"], ["--source", "a.png", "--poll", "1e300"],
    ["--source", ""], ["--source", str(CLIP), "--csv", ""], ["--source", str(CLIP), "--source", "b.png"],
    ["--camera", "0", "--camera", "1"], ["--source", str(CLIP), "--events", "a", "--events", "b"],
])
def test_flags_that_make_no_sense_are_refused(args: list[str], run: Run) -> None:
    done = run("--no-window", *args)
    assert done.returncode == 2
    [said] = errors(done)
    assert args[-1] in said or args[-2] in said


@pytest.mark.parametrize("args", [
    ["--source", "{folder}/a.png", "--events", "a.png"], ["--source", "file://{folder}/a.png", "--events", "a.png"],
    ["--source", "[ab].png", "--csv", "a.png", "--append"], ["--source", ".", "--events", "b.png"],
    ["--source", ".", "--save", "b.png"], ["--source", ".", "--events", "link.png"],
    ["--source", "-", "--save", "a.png"], ["--source", "-", "--csv", "a.png"],
    ["--source", "a.png", "--poll", "1", "--events", "a.png"],
], ids=" ".join)
def test_no_file_of_the_source_is_written_over(args: list[str], run: Run, tmp_path: Path) -> None:
    content = (PICTURES / "tiny.png").read_bytes()
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "link.png").symlink_to("a.png")
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.4 \0")  # of which no warning is to be said twice
    with (tmp_path / "a.png").open("rb") as piped:
        done = run("--no-window", *(arg.format(folder=tmp_path) for arg in args), stdin=piped)
    assert (done.returncode, done.stdout) == (5, "")
    [said] = errors(done)
    assert "that is the source itself" in said
    assert [(tmp_path / name).read_bytes() for name in ("a.png", "b.png")] == [content, content]


def test_what_lies_beside_the_source_is_written_anew(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes((PICTURES / "tiny.png").read_bytes())
    for _ in range(2):
        done = run("--source", ".", "--no-window", "--events", "e.jsonl", "--csv", "n.csv")
        assert (done.returncode, errors(done), len(lines(tmp_path / "e.jsonl"))) == (0, [], 1)


@pytest.mark.parametrize(("flag", "name"), [("--events", "e.jsonl"), ("--csv", "n.csv"), ("--save", "seen.mp4")])
def test_a_file_that_another_run_writes_is_left_to_it(flag: str, name: str, run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "frames")
    endless = command("--source", "frames", "--no-window", flag, name)
    with subprocess.Popen(endless, cwd=tmp_path, env=environment(), stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as first:
        with (tmp_path / "frames").open("wb") as pipe:
            pipe.write(CLIP.read_bytes())
            pipe.flush()
            while not (tmp_path / name).exists() or not (tmp_path / name).stat().st_size:
                assert first.poll() is None
            done = run("--source", CLIP, "--no-window", flag, name)
            assert (done.returncode, done.stdout, len(errors(done))) == (5, "", 1)
            assert f"{flag} {name}: another program is writing it" in errors(done)[0]
        assert first.wait() == 0
    done = run("--source", CLIP, "--no-window", flag, name)
    assert (done.returncode, (tmp_path / name).stat().st_size > 0) == (0, True)


def test_two_runs_may_add_to_one_file(run: Run, tmp_path: Path) -> None:
    with EventsSink(str(tmp_path / "e.jsonl"), append=True):
        codes = [run("--source", PICTURES / "tiny.png", "--no-window", "--events", "e.jsonl", *flags).returncode
                 for flags in (["--append"], [])]
    assert codes == [0, 5]
    assert len(lines(tmp_path / "e.jsonl")) == 1


def test_a_last_line_without_an_end_takes_no_new_one(run: Run, tmp_path: Path) -> None:
    (tmp_path / "e.jsonl").write_text('{"frame": 0}\n{"fra')
    (tmp_path / "n.csv").write_text("source,frame\na.png,")
    for _ in range(2):
        run("--source", PICTURES / "tiny.png", "--no-window", "--append", "--events", "e.jsonl", "--csv", "n.csv")
    *kept, one, other = (tmp_path / "e.jsonl").read_text().splitlines()
    assert kept == ['{"frame": 0}', '{"fra']
    assert json.loads(one)["source"] == json.loads(other)["source"] == str(PICTURES / "tiny.png")
    first, broken, *rows = (tmp_path / "n.csv").read_text().splitlines()
    assert (first, broken) == ("source,frame", "a.png,")
    assert [row[0] for row in csv.reader(rows)] == 2 * [str(PICTURES / "tiny.png")]


def on_a_terminal(folder: Path, *args: str | Path, printing: bool) -> tuple[str, str]:
    """What the program shows on a terminal of 80 columns, standard output too if `printing`, else what it prints."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    with subprocess.Popen(command("--source", CLIP, "--no-window", *args), cwd=folder, env=environment(),
                          stdout=theirs if printing else subprocess.PIPE, stderr=theirs, text=True) as program:
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # Linux's way to tell that nobody writes any more
                break
            if not part:
                break
            shown += part
        printed = program.stdout.read() if program.stdout else ""
    os.close(ours)
    return shown.decode(), printed


def test_a_terminal_gets_a_progress_bar_and_only_there(tmp_path: Path) -> None:
    shown, printed = on_a_terminal(tmp_path, "--events", "-", printing=False)
    assert f"/{len(truth(CLIP))}" in shown
    assert len([json.loads(line) for line in printed.splitlines()]) == len(truth(CLIP))


def test_what_is_printed_has_its_own_lines_beside_a_progress_bar(tmp_path: Path) -> None:
    shown, _ = on_a_terminal(tmp_path, "--numbers", printing=True)
    assert f"/{len(truth(CLIP))}" in shown
    assert sorted(line for line in re.split(r"[\r\n]+", shown) if line in TEXTS) == TEXTS


def test_no_camera_is_an_error(run: Run) -> None:
    if list_cameras():
        pytest.skip("this machine has a camera")
    done = run("--list-cameras")
    assert done.returncode == 3
    assert "no camera found" in errors(done)[0]


def test_cameras_are_listed_by_their_index(tmp_path: Path) -> None:
    for index, name in ((10, "Second"), (2, "First one")):
        (tmp_path / f"video{index}").mkdir()
        (tmp_path / f"video{index}" / "name").write_text(f"{name}\n")
    (tmp_path / "radio0").mkdir()
    assert list(map(str, list_cameras(tmp_path, tmp_path / "nowhere"))) == ["2  First one", "10  Second"]


def test_the_kernels_structures_have_their_sizes() -> None:
    assert [CAPABILITY.size, FORMAT.size, FRAME_SIZE.size] == [104, 64, 44]  # videodev2.h


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_windows_and_macos_tell_their_cameras_names(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["FaceTime HD", "USB microscope"]
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr("cv2_enumerate_cameras.enumerate_cameras", lambda backend: [
        CameraInfo(index, name, None, None, None, backend) for index, name in reversed([*enumerate(names)])])
    assert list(map(str, list_cameras())) == ["0  FaceTime HD", "1  USB microscope"]
