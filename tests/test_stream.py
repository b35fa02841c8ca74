"""Live streams, and how they fail: Motion JPEG over HTTP, served on loopback, and through named pipes."""

import itertools
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import pytest
from conftest import Run
from harness import AT_ONCE, CLIPS, PATIENCE, SUMMARY, Line, command, environment, errors, labels, truth
from senders import Pipe, Sender

from recognizer.sources.base import open_source

CLIP = CLIPS / "dim.avi"
ENOUGH = 150  # frames after which a stream that isn't read right is given up


@pytest.fixture(scope="module")
def frames() -> list[bytes]:
    video, encoded = cv2.VideoCapture(str(CLIP)), []
    while (read := video.read())[0]:
        encoded.append(cv2.imencode(".jpg", read[1])[1].tobytes())
    return encoded


@contextmanager
def at_work(source: str | Path, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The program at work on a source, its events on standard output."""
    with subprocess.Popen(command("--source", source, "--no-window", "--events", "-"), cwd=folder, env=environment(),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        try:
            yield program
        finally:
            program.kill()


def read_on(program: subprocess.Popen[str], after: int = -1) -> int:
    """Read events until one has digits, of a frame after this one; its index."""
    for line in program.stdout or ():
        event = json.loads(line)
        if event["digits"] and event["frame"] > after:
            return int(event["frame"])
    raise AssertionError(f"it ended: {program.communicate()[1]}")


def said(program: subprocess.Popen[str]) -> str:
    return program.stderr.readline() if program.stderr else ""


def test_a_stream_is_read_until_the_program_is_told_to_end(frames: list[bytes], tmp_path: Path) -> None:
    wanted = labels(truth(CLIP)[0])
    with closing(Sender(frames)) as sender, at_work(sender.url, tmp_path) as program:
        seen: list[Line] = []
        assert program.stdout
        for line in program.stdout:
            seen.append(json.loads(line))
            if labels(seen[-1]) == wanted or len(seen) == ENOUGH:
                break
        program.send_signal(signal.SIGTERM)
        rest, complaints = program.communicate()
    assert labels(seen[-1]) == wanted
    assert {line["source"] for line in seen} == {sender.url}
    assert program.returncode == 143
    assert SUMMARY.fullmatch(complaints.strip())
    assert not rest or rest.endswith("\n")
    seen += map(json.loads, rest.splitlines())
    times = [line["time"] for line in seen]
    indices = [line["frame"] for line in seen]
    assert times == sorted(times)
    assert indices == sorted(set(indices))


def assert_it_ends(program: subprocess.Popen[str], number: int) -> None:
    program.send_signal(number)
    assert SUMMARY.fullmatch(program.communicate(timeout=AT_ONCE)[1].strip())
    assert program.returncode == 128 + number


@pytest.mark.parametrize("fault", ["closes", "silent"])
def test_a_stream_that_comes_back_is_read_on(fault: str, frames: list[bytes], tmp_path: Path) -> None:
    with closing(Sender(frames)) as sender, at_work(sender.url, tmp_path) as program:
        last = read_on(program)
        sender.close() if fault == "closes" else sender.speaking.clear()
        assert "camera lost" in said(program)
        sender.open() if fault == "closes" else sender.speaking.set()
        assert "is back" in said(program)
        read_on(program, last)
        assert_it_ends(program, signal.SIGTERM)


def test_a_silent_sender_that_greets_with_a_picture_is_not_back(frames: list[bytes], tmp_path: Path) -> None:
    with closing(Sender(frames)) as sender, at_work(sender.url, tmp_path) as program:
        last = read_on(program)
        sender.speaking.clear()
        assert "camera lost" in said(program)
        while sender.greeted.acquire(blocking=False):
            pass
        for _ in range(3):
            assert sender.greeted.acquire(timeout=PATIENCE)
        sender.speaking.set()
        assert "is back" in said(program)
        read_on(program, last)
        assert_it_ends(program, signal.SIGTERM)


def test_a_lost_stream_is_given_up_when_the_time_is_over(frames: list[bytes], run: Run) -> None:
    with closing(Sender(frames)) as sender:
        sender.speaking.clear()
        done = run("--source", sender.url, "--no-window", "--max-seconds", "3")
    assert done.returncode == 0
    [lost] = errors(done)
    assert "camera lost" in lost


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("fault", ["stopped", "killed"])
def test_a_pipe_whose_writer_comes_back_is_read_on(fault: str, frames: list[bytes], tmp_path: Path) -> None:
    with closing(Pipe(frames, tmp_path)) as pipe, at_work(pipe.path, tmp_path) as program:
        last = read_on(program)
        pipe.writer.send_signal(signal.SIGSTOP) if fault == "stopped" else pipe.close()
        assert "camera lost" in said(program)
        pipe.writer.send_signal(signal.SIGCONT) if fault == "stopped" else pipe.open()
        assert "is back" in said(program)
        read_on(program, last)
        assert_it_ends(program, signal.SIGINT)


SHARED_MEMORY = Path("/dev/shm")


@pytest.mark.skipif(not SHARED_MEMORY.is_dir(), reason="this system keeps no files under /dev")
def test_a_pipe_among_the_devices_is_no_camera(frames: list[bytes], tmp_path: Path) -> None:
    with TemporaryDirectory(dir=SHARED_MEMORY) as folder, closing(Pipe(frames, Path(folder))) as pipe, \
            at_work(pipe.path, tmp_path) as program:
        read_on(program, read_on(program))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_while_reading_never_returns(number: int, frames: list[bytes], tmp_path: Path) -> None:
    with closing(Pipe(frames, tmp_path)) as pipe, at_work(pipe.path, tmp_path) as program:
        read_on(program)
        pipe.writer.send_signal(signal.SIGSTOP)
        assert "camera lost" in said(program)
        assert_it_ends(program, number)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_that_nobody_writes_to(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    done = run("--source", "pipe", "--no-window")
    assert done.returncode == 3
    assert "pipe: no picture within" in errors(done)[0]


def test_nobody_listens(run: Run) -> None:
    with socket.socket() as taken:  # bound but not listening: connections are refused, and nobody else gets the port
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        done = run("--source", url, "--no-window")
    assert done.returncode == 3
    [said] = errors(done)
    assert url in said


def test_what_a_reader_misses_is_counted_and_the_next_frame_is_the_newest(frames: list[bytes]) -> None:
    with closing(Sender(frames)) as sender, open_source(sender.url) as source, open_source(sender.url) as clock:
        given, ticks = iter(source), iter(clock)
        seen = [next(given)]
        for _ in range(3):
            for _ in range(8):  # time passes by another reader's frames
                next(ticks)
            seen.append(next(given))
    assert [frame.dropped for frame in seen] == [frame.index - place for place, frame in enumerate(seen)]
    assert seen[-1].dropped > 0
    assert all(later.index - earlier.index > 1 for earlier, later in itertools.pairwise(seen))
    assert all(frame.live for frame in seen)
    assert [frame.captured for frame in seen] == sorted(frame.captured for frame in seen)
