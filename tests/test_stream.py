"""A live stream: Motion JPEG over HTTP, served on loopback."""

import itertools
import json
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import pytest
from conftest import Run
from harness import CLIPS, Line, command, environment, errors, labels, summary, truth

from recognizer.sources import open_source

CLIP = CLIPS / "dim.avi"
RATE = 15  # frames a second
ENOUGH = 150  # frames after which a stream that isn't read right is given up


@pytest.fixture(scope="module")
def frames() -> list[bytes]:
    video, encoded = cv2.VideoCapture(str(CLIP)), []
    while (read := video.read())[0]:
        encoded.append(cv2.imencode(".jpg", read[1])[1].tobytes())
    return encoded


@contextmanager
def served(frames: list[bytes], rounds: int) -> Iterator[str]:
    """The address of a camera that sends all frames so many times; it stops at the end of the block."""
    over = threading.Event()

    class Camera(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            for content in frames * rounds:
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(content)}\r\n\r\n"
                try:
                    self.wfile.write(head.encode() + content + b"\r\n")
                except OSError:  # the client has gone
                    return
                if over.wait(1 / RATE):
                    return

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Camera) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            over.set()
            server.shutdown()
            thread.join()


def test_a_stream_is_read_until_the_program_is_told_to_end(frames: list[bytes], tmp_path: Path) -> None:
    wanted = labels(truth(CLIP)[0])
    with served(frames, rounds=100) as url, subprocess.Popen(
        command("--source", url, "--no-window", "--events", "-"), cwd=tmp_path, env=environment(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as program:
        seen: list[Line] = []
        assert program.stdout
        for line in program.stdout:
            seen.append(json.loads(line))
            if labels(seen[-1]) == wanted or len(seen) == ENOUGH:
                break
        program.send_signal(signal.SIGTERM)
        rest, said = program.communicate()
    assert labels(seen[-1]) == wanted
    assert {line["source"] for line in seen} == {url}
    assert program.returncode == 143
    assert summary(said)["frames"] >= len(seen)
    assert not rest or rest.endswith("\n")
    seen += map(json.loads, rest.splitlines())
    times = [line["time"] for line in seen]
    indices = [line["frame"] for line in seen]
    assert times == sorted(times)
    assert indices == sorted(set(indices))


def test_a_stream_that_closes_is_an_error(frames: list[bytes], run: Run) -> None:
    with served(frames, rounds=1) as url:
        done = run("--source", url, "--no-window", "--events", "-")
    assert done.returncode == 3
    [said] = errors(done)
    assert url in said
    assert labels(json.loads(done.stdout.splitlines()[-1])) == labels(truth(CLIP)[-1])


def test_nobody_listens(run: Run) -> None:
    with socket.socket() as taken:  # bound but not listening: connections are refused, and nobody else gets the port
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        done = run("--source", url, "--no-window")
    assert done.returncode == 3
    [said] = errors(done)
    assert url in said


def test_what_a_reader_misses_is_counted_and_the_next_frame_is_the_newest(frames: list[bytes]) -> None:
    with served(frames, rounds=100) as url, open_source(url) as source, open_source(url) as clock:
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
