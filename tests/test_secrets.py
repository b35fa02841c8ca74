"""A password in an address is shown nowhere, and a sender that wants one is told from one that isn't there."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest
from conftest import Run

from recognizer import Frame, Reading, SourceError
from recognizer.secrets import masked


@pytest.mark.parametrize(("given", "shown"), [
    ("rtsp://admin:s3cret@10.0.0.9:554/live", "rtsp://admin:***@10.0.0.9:554/live"),
    ("rtsp://a:p@ss@host/x: no video", "rtsp://a:***@host/x: no video"),
    ("rtsp://a:p/ss@host/x", "rtsp://a:***@host/x"),
    ("http://:s3cret@host/", "http://:***@host/"),
    ("http://host/v.cgi?user=a&pwd=s3cret&x=1", "http://host/v.cgi?user=a&pwd=***&x=1"),
    ("http://host/v.cgi?loginpas=s3cret: gone", "http://host/v.cgi?loginpas=***: gone"),
    ("https://host/v?access_token=s3cret", "https://host/v?access_token=***"),
    ("http://host:8080/a@2x.jpg", "http://host:8080/a@2x.jpg"),
    ("http://[::1]:80/x@2", "http://[::1]:80/x@2"),
    ("two: http://a:b@c/ and rtsp://d:e@f/", "two: http://a:***@c/ and rtsp://d:***@f/"),
    ("a:b@c.png", "a:b@c.png"),
    ("rtsp://me@home.org:s3cret@127.0.0.1:9/x", "rtsp://me@home.org:***@127.0.0.1:9/x"),
    ("rtsp://admin:my s3cret@host/x: gone", "rtsp://admin:***@host/x: gone"),
    ("rtsp://admin:p@ss w0rd@host/x", "rtsp://admin:***@host/x"),
    ("rtsp://admin:12 s3cret@host/x", "rtsp://admin:***@host/x"),
    ("rtsp://admin:1234/s3cret@10.0.0.9/x", "rtsp://admin:***@10.0.0.9/x"),
    ("rtsp://admin:1234/s3cret@10.0.0.9:554", "rtsp://admin:***@10.0.0.9:554"),
    ("rtsp:/admin:s3cret@host/x", "rtsp:/admin:***@host/x"),
    ("rtsp://host/user=admin_password=s3_cret_channel=1_stream=0.sdp: gone",
     "rtsp://host/user=admin_password=***_channel=1_stream=0.sdp: gone"),
    ("rtsp://host/user=admin_password=s3cret: gone", "rtsp://host/user=admin_password=***: gone"),
    ("http://host/v?access_code=s3cret&codec=h264", "http://host/v?access_code=***&codec=h264"),
    ("rtsp://a:b@c/x: wrong; put NAME:PASSWORD@ before it", "rtsp://a:***@c/x: wrong; put NAME:PASSWORD@ before it"),
    ("http://me@host:8080/a@2x.jpg: gone", "http://me@host:8080/a@2x.jpg: gone"),
    ("http://host: gone, ask me@host", "http://host: gone, ask me@host"),
    ("s3://bucket/key=5/a.png", "s3://bucket/key=5/a.png"),
    (r"C:/a:b@c.png", r"C:/a:b@c.png"),
])
def test_passwords_tokens_and_keys_are_masked(given: str, shown: str) -> None:
    assert masked(given) == shown


def test_neither_events_nor_errors_hold_a_password() -> None:
    reading = Reading(Frame(np.zeros((9, 9), np.uint8), source="rtsp://admin:s3cret@host/x"))
    assert reading.event()["source"] == "rtsp://admin:***@host/x"
    assert "s3cret" not in repr(SourceError("rtsp://admin:s3cret@host/x: gone"))


@contextmanager
def answering(status: int) -> Iterator[int]:
    """The port of a sender that answers everything with this status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            if status == 401:
                self.send_header("WWW-Authenticate", 'Basic realm="camera"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return None

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("status", [401, 404])
def test_a_refused_password_is_told_from_an_absent_stream_and_not_shown(status: int, run: Run) -> None:
    with answering(status) as port:
        done = run("--source", f"http://admin:s3cret@127.0.0.1:{port}/live.ts", "--no-window", "--events", "e.jsonl")
    assert done.returncode == 3
    assert f"({status})" in done.stderr
    assert "admin:***@127.0.0.1" in done.stderr
    assert "s3cret" not in done.stderr + done.stdout


def test_a_wrong_call_does_not_show_a_password(run: Run) -> None:
    done = run("rtsp://admin:s3cret@host/x")
    assert done.returncode == 2
    assert "s3cret" not in done.stderr
    assert json.dumps("***") not in done.stdout
