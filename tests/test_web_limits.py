"""Pictures of any kind are read; clients that send too much, nonsense or nothing are answered or cut off."""

import contextlib
import io
import json
import struct
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from harness import CLIPS, PICTURES, written
from PIL import Image as Pillow
from serving import Client, Served, request, serving

from recognizer import Recognizer
from recognizer.sources.images.picture import read_picture

pytest.importorskip("uvicorn")
CLIP = CLIPS / "demo.mp4"
TINY = (PICTURES / "tiny.png").read_bytes()
NOTE = (PICTURES / "note.jpg").read_bytes()


@pytest.fixture(scope="module")
def here() -> Iterator[Served]:
    """For this machine alone."""
    with serving("--source", CLIP) as server:
        yield server


def still_serves(server: Served) -> bool:
    """Whether nobody else noticed: the page, a picture and the camera are there."""
    with Client(server, "/live") as client:
        return (server.ask("GET /").status == 200 and server.ask("POST /read", TINY).status == 200
                and client.shown()[1].startswith(b"\xff\xd8"))


def png(width: int, height: int) -> bytes:
    """A picture that declares a size which it hasn't."""
    content = bytearray(TINY)
    content[16:24] = struct.pack(">II", width, height)
    return bytes(content)


@pytest.mark.parametrize(("body", "status", "words"), [
    (b"no picture at all", 415, "expected a picture"),
    (b"", 415, "expected a picture"),
    (TINY[:60], 415, "can't be decoded"),
    (png(20_000, 20_000), 415, "40 megapixels, found 20000×20000"),
    (png(0, 5), 415, "megapixels"),
    (bytes(8_000_001), 413, "up to 8 MB"),
], ids=["words", "nothing", "cut", "large", "flat", "heavy"])
def test_pictures_that_are_none_or_too_large(body: bytes, status: int, words: str, here: Served) -> None:
    refused = here.ask("POST /read" + ("" if body else "\nContent-Length: 0"), body)
    assert refused.status == status
    assert words in refused.text
    assert still_serves(here)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_a_posted_picture_is_read_as_its_file_is(kind: str, here: Served, tmp_path: Path) -> None:
    ink = (255 * written("2357")).astype(np.uint8)
    drawing = Pillow.fromarray(np.dstack([np.zeros((*ink.shape, 3), np.uint8), ink]))
    on_paper = Pillow.fromarray(255 - ink).convert("RGB")
    preview = on_paper.resize((64, 36))
    drawing.save(tmp_path / "drawing", kind, **({"lossless": True} if kind == "WEBP" else {}))
    if kind == "TIFF":  # with a preview behind it, as some programs write it
        preview.encoderinfo = {"tiffinfo": {254: 1}}
        on_paper.save(tmp_path / "paper", kind, save_all=True, append_images=[preview])
    else:
        on_paper.save(tmp_path / "paper", kind)
    for name in ("drawing", "paper"):
        answer = here.ask("POST /read", (tmp_path / name).read_bytes())
        assert answer.status == 200, answer.text
        event, wanted = json.loads(answer.body), Recognizer().read(read_picture(tmp_path / name)).event()
        assert event["numbers"] == wanted["numbers"]
        assert [number["text"] for number in event["numbers"]] == ["2357"]


def tiff(*pages: Pillow.Image, **how: object) -> bytes:
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:], **how)
    return file.getvalue()


def test_several_pages_or_frames_are_refused_in_words(here: Served) -> None:
    small, other = (Pillow.new("L", (64, 48), tone) for tone in (255, 0))
    moving = io.BytesIO()
    small.save(moving, "WEBP", save_all=True, append_images=[other], duration=500)
    for body in (tiff(small, small), tiff(*[small] * 40), moving.getvalue()):
        refused = here.ask("POST /read", body)
        assert (refused.status, "expected one picture, found several" in refused.text) == (415, True), refused.text
    large = here.ask("POST /read", tiff(small, Pillow.new("1", (9000, 9000)), compression="tiff_deflate"))
    assert (large.status, "40 megapixels, found 9000×9000" in large.text) == (415, True), large.text
    assert still_serves(here)


def test_a_frame_that_is_larger_once_its_pixels_are_square_is_refused(here: Served) -> None:
    file = io.BytesIO()
    Pillow.new("L", (1920, 1080), 255).save(file, "JPEG", dpi=(100, 300))
    with Client(here, "/camera") as client:
        client.send(file.getvalue())
        assert "2 megapixels" in json.loads(client.receive()[1])["error"]


def test_a_picture_that_is_declared_too_large_is_refused_before_it_comes(here: Served) -> None:
    for length in ("99999999999", "-5", "x"):
        assert here.ask(f"POST /read\nContent-Length: {length}").status in (400, 413)


def frame(width: int, height: int) -> bytes:
    return cv2.imencode(".jpg", np.full((height, width), 255, np.uint8))[1].tobytes()


@pytest.mark.parametrize(("sent", "words"), [
    (b"no picture", "expected a picture"), ("text", "found text"), (frame(640, 480)[:300], "can't be decoded"),
    (frame(3000, 2000), "2 megapixels, found 3000×2000")], ids=["bytes", "text", "cut", "large"])
def test_frames_that_are_none_are_answered_and_the_socket_closed(sent: bytes | str, words: str, here: Served) -> None:
    with Client(here, "/camera") as client:
        client.send(sent)
        opcode, content = client.receive()
        assert opcode == 1
        assert words in json.loads(content)["error"]
        opcode, content = client.receive()
        assert (opcode, content[:2]) == (8, struct.pack(">H", 1003))
    assert still_serves(here)


def test_a_frame_of_over_8_mb_closes_the_socket(here: Served) -> None:
    with Client(here, "/camera") as client:
        with contextlib.suppress(OSError):  # it may be closed before all is sent
            client.send(bytes(8_000_001))
        opcode, content = client.receive()
        assert (opcode, content[:2]) in ((8, struct.pack(">H", 1009)), (8, b""))
    assert still_serves(here)


def test_malformed_frames_of_the_protocol_close_the_socket(here: Served) -> None:
    for garbage in (b"\xff\xff\xff\xff\xff\xff", b"\x82\x05hello", b"\x88\x81\x00\x00\x00\x00\x00"):
        with Client(here, "/camera") as client:
            client.socket.sendall(garbage)  # reserved bits; no mask; a close of one byte
            assert client.receive()[0] == 8
    with Client(here, "/live") as client:
        client.send("another view")
        assert "expected one of" in json.loads(client.receive()[1])["error"]
    assert still_serves(here)


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
                                     b"\0" * 70_000, b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n"],
                         ids=["tls", "short", "version", "zeros", "long"])
def test_what_is_no_http_is_answered_or_closed(garbage: bytes, here: Served) -> None:
    with here.connect() as client, contextlib.suppress(OSError):
        client.sendall(garbage)
        client.shutdown(1)
        while client.recv(4096):
            pass
    assert still_serves(here)


@pytest.mark.slow
def test_a_client_that_stops_in_its_request_is_cut_off(here: Served) -> None:
    with here.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: loc")
        assert still_serves(here)
        with contextlib.suppress(ConnectionError):
            assert client.recv(1) == b""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["stream", "socket"])
def test_a_client_that_stops_reading_is_cut_off(kind: str, here: Served) -> None:
    def viewers() -> int:
        text = here.ask("GET /metrics").text
        return int(text.split("\ndigit_recognizer_viewers ")[1].split()[0])

    with contextlib.ExitStack() as stack:
        if kind == "stream":
            client = stack.enter_context(here.connect())
            client.sendall(request("GET /stream.mjpg", here.port))
            assert client.recv(12) == b"HTTP/1.1 200"
        else:
            socket_client = stack.enter_context(Client(here, "/live"))
            for _ in range(1000):
                socket_client.send("labelled")
        other = stack.enter_context(Client(here, "/live"))
        other.shown()
        assert viewers() == 2
        while viewers() > 1:  # the other one goes on being served
            assert other.shown()[1].startswith(b"\xff\xd8")


def test_100_clients_are_let_in_and_one_more_is_told(here: Served) -> None:
    assert still_serves(here)  # its camera has begun
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(here, "/camera")) for _ in range(100)]
        assert {client.status for client in clients} == {101}
        with Client(here, "/camera") as client:
            assert client.status == 503
            assert "100 clients" in client.refusal
        refused = here.ask("GET /")
        assert (refused.status, refused.headers["retry-after"]) == (503, "5")
        assert here.ask("GET /healthz").status == 200
        assert clients[0].read(frame(64, 48))["numbers"] == []
    with serving("--clients", "1") as server:
        with Client(server, "/camera") as first:
            assert server.ask("GET /").status == 503
            first.send(b"", opcode=8)
            first.receive()
        while server.ask("GET /").status != 200:  # as soon as the first has left
            pass


def test_all_that_is_not_said_on_the_terminal(tmp_path: Path) -> None:
    with serving(folder=tmp_path) as server:
        with Client(server, "/camera") as client:
            damaged = bytearray(frame(640, 480))
            damaged[700:720] = bytes(20)
            client.send(bytes(damaged))
            client.receive()
        with server.connect() as client:
            client.sendall(b"nonsense\r\n\r\n")
            client.recv(100)
        server.ask("GET /nothing")
        scratched = bytearray(NOTE)
        scratched[len(NOTE) // 2:len(NOTE) // 2 + 20] = bytes(20)
        server.ask("POST /read", bytes(scratched))
        with server.connect() as client:
            client.sendall(request("POST /read", server.port, NOTE)[:-5])  # and is gone in the middle of it
        assert server.ask("POST /read\nOrigin: http://[::1", TINY).status == 403
        assert server.ask("POST /read", TINY).status == 200
        assert server.end() == ""
    assert list(tmp_path.iterdir()) == []
