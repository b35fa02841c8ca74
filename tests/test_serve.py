"""`serve` for programs: each address, the camera's loss, visitors' frames, and its end."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import Run
from harness import CLIPS, PATIENCE, PICTURES, ROOT, environment, errors, frames_in, labels, lines, texts, truth
from senders import Sender
from serving import Client, Served, serving

pytest.importorskip("uvicorn")
CLIP = CLIPS / "demo.mp4"
NOTE = PICTURES / "note.jpg"
PAGE = (ROOT / "docs" / "web.md").read_text(encoding="utf-8")
CURL = re.findall(r"^\$ (curl .*)$", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving("--source", CLIP) as server:
        yield server


def test_each_curl_line_of_the_docs_works(served: Served, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(NOTE.read_bytes())
    with Client(served, "/live") as client:
        client.shown()  # the camera has given something
    named = {line.split("8000/")[1].split()[0] for line in CURL}
    assert named == {"stream.mjpg", "events", "snapshot.jpg", "healthz", "metrics", "read"}
    for line in CURL:
        words = line.replace("http://127.0.0.1:8000", served.base).split()
        with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, env=environment()) as curl:
            assert curl.stdout
            answer = curl.stdout.read(2000)
            curl.kill()
        kind = line.split("8000/")[1].split()[0]
        assert {"stream.mjpg": b"Content-Type: image/jpeg", "events": b"data: {", "snapshot.jpg": b"",
                "healthz": b'"ok"', "metrics": b"digit_recognizer_frames_total", "read": b"1958"}[kind] in answer, line
    assert cv2.imread(str(tmp_path / "snapshot.jpg")).shape == (720, 1280, 3)


def test_events_are_those_of_the_flag(tmp_path: Path) -> None:
    with serving("--source", CLIP, "--events", "e.jsonl", folder=tmp_path) as server:
        with server.connect() as client:
            client.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            stream = client.makefile("rb")
            found = []
            while len(found) < 5:
                line = stream.readline()
                if line.startswith(b"data: "):
                    found.append(json.loads(line[6:]))
        server.end()
    written = lines(tmp_path / "e.jsonl")
    first = written.index(found[0])
    assert written[first:first + 5] == found


def test_only_the_regions_of_its_flag_are_looked_at(tmp_path: Path) -> None:
    with serving("--source", CLIP, "--roi", "0,0,50%,100%", "--events", "e.jsonl", folder=tmp_path) as server:
        with server.connect() as client:
            client.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            stream = client.makefile("rb")
            while not (line := stream.readline()).startswith(b"data: ") or not json.loads(line[6:])["digits"]:
                assert line
        server.end()
    boxes = [digit["box"] for event in lines(tmp_path / "e.jsonl") for digit in event["digits"]]
    assert boxes
    assert all(x + w <= 1280 / 2 for x, _, w, _ in boxes)


def test_a_picture_that_is_posted_gives_its_event(served: Served) -> None:
    answer = served.ask("POST /read", NOTE.read_bytes())
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    event, [true] = json.loads(answer.body), truth(NOTE)
    assert (labels(event), texts(event)) == (labels(true), texts(true))


def jpegs(clip: Path, count: int) -> Iterator[bytes]:
    video = cv2.VideoCapture(str(clip))
    for _ in range(count):
        yield cv2.imencode(".jpg", video.read()[1])[1].tobytes()


def test_each_visitor_has_tracks_of_his_own(served: Served) -> None:
    with Client(served, "/camera") as one, Client(served, "/camera") as other:
        for frame in jpegs(CLIP, 12):
            first = one.read(frame)
        second = [other.read(frame) for frame in jpegs(CLIPS / "tilted.mp4", 12)][-1]
    assert texts(first) == texts(truth(CLIP)[11])
    for reading in (first, second):
        assert (reading["source"], reading["frame"]) == ("browser", 11)
        assert min(digit["track"] for digit in reading["digits"]) == 1


def test_viewers_get_one_picture_for_each_wish(served: Served) -> None:
    with Client(served, "/live") as one, Client(served, "/live") as other:
        frames = []
        for _ in range(4):
            figures, jpeg = one.shown()
            frames.append(figures["frame"])
            assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1).shape == (720, 1280, 3)
        debug = other.shown("debug")[1]
        assert cv2.imdecode(np.frombuffer(debug, np.uint8), 1).shape[0] > 720
        assert frames == sorted(set(frames))


def test_metrics_are_prometheus(served: Served) -> None:
    with Client(served, "/live") as client:
        client.shown()
        answer = served.ask("GET /metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    values = {}
    for line in answer.text.splitlines():
        if not line.startswith("#"):
            assert re.fullmatch(r'[a-z_]+(\{stage="[a-z]+"\})? [-+.e\d]+', line), line
            name, value = line.rsplit(" ", 1)
            values[name] = float(value)
    assert values["digit_recognizer_viewers"] == 1
    assert values["digit_recognizer_frames_total"] > 0
    assert values['digit_recognizer_stage_milliseconds_total{stage="find"}'] > 0
    assert values["digit_recognizer_camera_lost"] == 0


def test_a_lost_camera_is_unhealthy_until_it_is_back() -> None:
    sender = Sender(list(jpegs(CLIP, 10)))
    try:
        with serving("--source", sender.url) as server, Client(server, "/live") as client:
            assert not client.shown()[0]["lost"]
            assert server.ask("GET /healthz").status == 200
            sender.speaking.clear()
            while not client.shown()[0]["lost"]:
                pass
            answer = server.ask("GET /healthz")
            assert (answer.status, json.loads(answer.body)) == (503, {"status": "camera lost"})
            sender.speaking.set()
            while client.shown()[0]["lost"]:
                pass
            assert server.ask("GET /healthz").status == 200
    finally:
        sender.close()


def test_without_a_camera_of_its_own_it_reads_what_it_is_sent() -> None:
    with serving() as server:
        assert server.ask("GET /healthz").status == 200
        assert json.loads(server.ask("GET /about.json").body)["camera"] is None
        answer = server.ask("GET /stream.mjpg")
        assert answer.status == 404
        assert "--camera" in answer.text
        assert server.ask("POST /read", NOTE.read_bytes()).status == 200
        assert server.end() == ""
        assert server.program.returncode == 130


def test_a_photograph_is_shown_as_a_camera_would(tmp_path: Path) -> None:
    with serving("--source", NOTE, "--csv", "n.csv", folder=tmp_path) as server, Client(server, "/live") as client:
        found: set[str] = set()
        while not found >= {"1958", "4036", "72"}:
            found |= {row["text"] for row in client.shown()[0]["numbers"]}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_viewers_and_outputs_complete(number: int, tmp_path: Path) -> None:
    with serving("--source", CLIP, "--save", "seen.mp4", "--events", "e.jsonl", "--csv", "n.csv",
                 folder=tmp_path) as server, ExitStack() as stack:
        viewers = [stack.enter_context(Client(server, "/live")) for _ in range(3)]
        for _ in range(5):
            for viewer in viewers:
                viewer.shown()
        with server.connect() as stream, server.connect() as events, Client(server, "/camera"):
            stream.sendall(b"GET /stream.mjpg HTTP/1.1\r\nHost: localhost\r\n\r\n")
            events.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert stream.recv(9) == events.recv(9) == b"HTTP/1.1 "
            server.program.send_signal(number)
            asked = time.monotonic()
            said = server.program.communicate(timeout=PATIENCE)[1]
            print(f"\nended {time.monotonic() - asked:.2f} s after the signal")
        assert server.program.returncode == 128 + number
        assert "labelled frames are in seen.mp4" in said
    assert frames_in(tmp_path / "seen.mp4") == len(lines(tmp_path / "e.jsonl")) >= 5


@pytest.mark.parametrize(("args", "code", "words"), [
    (["--port", "70000"], 2, "expected a port"),
    (["--cert", "a.pem"], 2, "--cert and --key belong together"),
    (["--cert", "a.pem", "--key", "b.pem"], 2, "expected a certificate and its key"),
    (["--tls", "--cert", "a.pem", "--key", "b.pem"], 2, "leave one of them out"),
    (["--token", "a b"], 2, "--token: expected"),
    (["--host", "no.such.name.invalid"], 2, "expected a name or address of this machine"),
    (["--events", "e.jsonl"], 2, "give --camera or --source, too"),
    (["--source", "missing.mp4"], 3, "no such file"),
    (["--camera", "77"], 3, "camera 77"),
    (["--model", "missing.tflite"], 4, "missing.tflite"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else None)
def test_one_line_and_the_exit_code(args: list[str], code: int, words: str, run: Run) -> None:
    done = run("serve", *args)
    assert done.returncode == code, done.stderr
    [said] = errors(done)
    assert words in said


def test_a_port_that_is_taken(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = run("serve", "--port", str(other.getsockname()[1]))
    assert done.returncode == 5
    assert "give another --port" in errors(done)[0]


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    code = ("import sys; sys.modules['uvicorn'] = None; from recognizer.cli.main import main; "
            "sys.exit(main(['serve', '--port', '0']))")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True,
                          timeout=PATIENCE, check=False)
    assert done.returncode == 2
    assert "pip install '.[web]'" in errors(done)[0]


def test_a_plain_run_imports_nothing_of_it(tmp_path: Path) -> None:
    code = ("import sys; from recognizer.cli.main import main; main(sys.argv[1:]); "
            "print(sorted({m.split('.')[0] for m in sys.modules} & {'starlette', 'uvicorn', 'websockets', "
            "'cryptography', 'segno'}), 'recognizer.web' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code, "--source", str(PICTURES / "tiny.png"), "--no-window"],
                          cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert done.stdout.splitlines()[-1] == "[] False"
