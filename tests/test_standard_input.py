"""Recordings and pictures that another program hands over through a pipe."""

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import pytest
from conftest import Run
from harness import PATIENCE, PICTURES, command, environment, errors, lines, truth
from recordings import DIGITS, FRAMES, SHEET, record

from recognizer.sources.addresses.pipe import Ahead, is_motion
from recognizer.sources.images.kinds import HEAD


def piped(path: Path, folder: Path, source: str = "-", *args: str) -> subprocess.CompletedProcess[str]:
    """The program, with a file's bytes through a pipe."""
    with subprocess.Popen([sys.executable, "-c", "import shutil, sys; shutil.copyfileobj(open(sys.argv[1], 'rb'), "
                           "sys.stdout.buffer)", path], stdout=subprocess.PIPE) as writer:
        return subprocess.run(command("--source", source, "--no-window", *args), cwd=folder, env=environment(),
                              stdin=writer.stdout, capture_output=True, text=True, timeout=PATIENCE, check=False)



PIPED = {
    "stream.ts": {}, "end.mp4": {}, "start.mp4": {"container": {"movflags": "faststart"}},
    "pieces.mp4": {"container": {"movflags": "frag_keyframe+empty_moov"}}, "clip.mkv": {}, "clip.avi": {},
    "frames.mjpg": {"codec": "mjpeg", "form": "mjpeg"},
}


@pytest.mark.parametrize(("name", "options"), PIPED.items(), ids=PIPED.keys())
def test_a_recording_through_a_pipe_is_read_to_its_end(name: str, options: dict[str, Any], tmp_path: Path) -> None:
    if name == "frames.mjpg":
        jpeg = cv2.imencode(".jpg", SHEET)[1].tobytes()
        (tmp_path / name).write_bytes(FRAMES * jpeg)
    else:
        record(tmp_path / name, **options)
    done = piped(tmp_path / name, tmp_path, "-", "--numbers", "--events", "e.jsonl")
    assert (done.returncode, errors(done), done.stdout.split()) == (0, [], [DIGITS])
    events = lines(tmp_path / "e.jsonl")
    assert [event["frame"] for event in events] == list(range(FRAMES))
    assert {event["source"] for event in events} == {"-"}


@pytest.mark.skipif(not Path("/dev/stdin").exists(), reason="this system has no /dev/stdin")
@pytest.mark.parametrize("source", ["-", "/dev/stdin"])
def test_a_picture_through_a_pipe_is_a_picture(source: str, tmp_path: Path) -> None:
    done = piped(PICTURES / "note.jpg", tmp_path, source, "--numbers")
    wanted = [number["text"] for number in truth(PICTURES / "note.jpg")[0]["numbers"]]
    assert (done.returncode, errors(done), done.stdout.split()) == (0, [], wanted)


def test_pictures_after_one_another_are_told_by_the_second_of_them() -> None:
    picture = cv2.imencode(".jpg", SHEET)[1].tobytes()
    assert len(picture) > 2 * HEAD
    many = io.BytesIO(100 * picture)
    assert is_motion(Ahead(many))
    assert len(picture) < many.tell() <= 2 * len(picture) + HEAD
    assert not is_motion(Ahead(io.BytesIO(picture)))


def test_nothing_through_a_pipe_and_what_is_no_picture(run: Run, tmp_path: Path) -> None:
    done = run("--source", "-", "--no-window")
    assert done.returncode == 3
    assert "-: nothing came from it" in errors(done)[0]
    (tmp_path / "text").write_text("no picture\n" * 100)
    done = piped(tmp_path / "text", tmp_path)
    assert done.returncode == 3
    assert len(errors(done)) == 1
