"""Live streams, and how they fail: Motion JPEG over HTTP, served on loopback, and through named pipes."""

import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path

import cv2
import pytest
from conftest import Run
from harness import CLIPS, PATIENCE, SUMMARY, Line, command, environment, errors, labels, truth

from recognizer.sources.base import open_source

CLIP = CLIPS / "dim.avi"
RATE = 15  # frames a second
MOST_SECONDS = 2  # from a signal to the program's end
ENOUGH = 150  # frames after which a stream that isn't read right is given up


@pytest.fixture(scope="module")
def frames() -> list[bytes]:
    video, encoded = cv2.VideoCapture(str(CLIP)), []
    while (read := video.read())[0]:
        encoded.append(cv2.imencode(".jpg", read[1])[1].tobytes())
    return encoded


class Sender:
    """A camera in the network. It can be silent, close, and come back at the same address.

    One that is silent still greets whoever connects with one picture. Each connection releases `greeted`.
    """

    def __init__(self, frames: list[bytes]) -> None:
        self.greeted = threading.Semaphore(0)
        self._frames, self._port = frames, 0
        self.speaking = threading.Event()
        self.speaking.set()
        self.open()

    def open(self) -> None:
        self._over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), self._handler(self._over))
        self._port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def _handler(self, over: threading.Event) -> type[BaseHTTPRequestHandler]:
        sender = self

        class Camera(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                sender.greeted.release()
                for content in cycle(sender._frames):
                    head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(content)}\r\n\r\n"
                    try:
                        self.wfile.write(head.encode() + content + b"\r\n")
                    except OSError:  # the client has gone
                        return
                    while not over.wait(1 / RATE) and not sender.speaking.is_set():
                        pass
                    if over.is_set():
                        return

            def log_message(self, *_: object) -> None:
                pass

        return Camera

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/"

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Pipe:
    """A named pipe that a process of its own writes pictures to; it can be stopped, killed, and started again."""

    def __init__(self, frames: list[bytes], folder: Path) -> None:
        self._pictures = folder / "pictures"
        self._pictures.mkdir()
        for index, content in enumerate(frames):
            (self._pictures / f"{index:04}.jpg").write_bytes(content)
        self.path = folder / "pipe with umläut"
        os.mkfifo(self.path)
        self.open()

    def open(self) -> None:
        self.writer = subprocess.Popen([sys.executable, "-c", WRITER, self.path, self._pictures, str(RATE)])

    def close(self) -> None:
        self.writer.kill()
        self.writer.wait()


WRITER = """
import itertools, pathlib, sys, time
pictures = [path.read_bytes() for path in sorted(pathlib.Path(sys.argv[2]).iterdir())]
with open(sys.argv[1], "wb", buffering=0) as pipe:
    for picture in itertools.cycle(pictures):
        pipe.write(picture)
        time.sleep(1 / float(sys.argv[3]))
"""


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
    assert SUMMARY.fullmatch(program.communicate(timeout=PATIENCE)[1].strip())
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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_while_reading_never_returns(number: int, frames: list[bytes], tmp_path: Path) -> None:
    with closing(Pipe(frames, tmp_path)) as pipe, at_work(pipe.path, tmp_path) as program:
        read_on(program)
        pipe.writer.send_signal(signal.SIGSTOP)
        assert "camera lost" in said(program)
        asked = time.monotonic()
        assert_it_ends(program, number)
        assert time.monotonic() - asked <= MOST_SECONDS


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
