"""The server is safe by itself: each line of it tried by plain sockets."""

import contextlib
import http.client
import json
import os
import socket
import ssl
import stat
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from harness import CLIPS, PATIENCE, PICTURES, command, environment
from serving import ADDRESS, Client, Served, answer, request, serving, trusting

pytest.importorskip("uvicorn")
from recognizer.web.address import own_addresses
from recognizer.web.safety.certificate import own_certificate

CLIP = CLIPS / "demo.mp4"
TINY = (PICTURES / "tiny.png").read_bytes()
TOKEN = "the-token-1"
PATHS = ["/", "/static/main.js", "/about.json", "/stream.mjpg", "/events", "/snapshot.jpg", "/metrics"]


@pytest.fixture(scope="module")
def here() -> Iterator[Served]:
    """For this machine alone."""
    with serving("--source", CLIP) as server:
        yield server


@pytest.fixture(scope="module")
def everywhere() -> Iterator[Served]:
    """For other machines too."""
    with serving("--source", CLIP, "--host", "0.0.0.0", "--token", TOKEN) as server:
        yield server


def still_serves(server: Served) -> bool:
    """Whether nobody else noticed: the page, a picture and the camera are there."""
    with Client(server, "/live") as client:
        return (server.ask("GET /").status == 200 and server.ask("POST /read", TINY).status == 200
                and client.shown()[1].startswith(b"\xff\xd8"))


def test_it_listens_to_this_machine_alone(here: Served) -> None:
    assert here.url == f"http://127.0.0.1:{here.port}/"
    for other in own_addresses():
        with socket.socket(socket.AF_INET6 if ":" in other else socket.AF_INET) as client:
            client.settimeout(5)
            assert client.connect_ex((other, here.port))


def test_elsewhere_a_random_token_and_a_qr_code_are_printed() -> None:
    tokens = set()
    for _ in range(2):
        with serving("--host", "0.0.0.0") as server:
            token = server.url.split("?token=")[1]
            assert len(token) >= 20
            tokens.add(token)
            assert sum("█" in line or "▄" in line or "▀" in line for line in server.before) > 10
            assert server.ask("GET /").status == 401
            assert server.ask(f"GET /about.json?token={token}").status == 200
    assert len(tokens) == 2


@pytest.mark.parametrize("path", PATHS)
def test_everything_needs_the_token(path: str, everywhere: Served) -> None:
    for wrong in ("", "\nAuthorization: Bearer wrong", f"\nCookie: digit_recognizer_{everywhere.port}=wrong"):
        refused = everywhere.ask(f"GET {path}{wrong}")
        assert refused.status == 401
        assert "printed" in refused.text
    assert everywhere.ask("GET /?token=wrong").status == 401


def test_health_needs_none(everywhere: Served) -> None:
    assert everywhere.ask("GET /healthz").status in (200, 503)


def test_the_token_comes_by_header_cookie_or_query(everywhere: Served) -> None:
    assert everywhere.ask(f"GET /about.json\nAuthorization: Bearer {TOKEN}").status == 200
    assert everywhere.ask(f"GET /about.json?token={TOKEN}").status == 200
    welcome = everywhere.ask(f"GET /?token={TOKEN}")
    assert (welcome.status, welcome.headers["location"]) == (303, "/")
    cookie, *attributes = welcome.headers["set-cookie"].split("; ")
    assert {"httponly", "samesite=lax"} <= {attribute.lower() for attribute in attributes}
    assert everywhere.ask(f"GET /\nCookie: {cookie}").status == 200
    with Client(everywhere, "/live") as client:
        assert client.status == 401
    with Client(everywhere, f"/live?token={TOKEN}") as client:
        assert client.status == 101
    assert everywhere.ask("POST /read", TINY).status == 401


def test_other_websites_are_refused(here: Served) -> None:
    for path in ("/live", "/camera"):
        with Client(here, path, "Origin: http://evil.example") as client:
            assert (client.status, client.refusal) == (403, "other websites may not ask this\n")
        with Client(here, path, f"Origin: http://127.0.0.1:{here.port}") as client:
            assert client.status == 101
    assert here.ask("POST /read\nOrigin: http://evil.example", TINY).status == 403


def test_a_name_that_was_made_to_point_here_is_refused(here: Served) -> None:
    assert here.ask("GET /about.json\nHost: evil.example").status == 421
    for name in ("localhost", "127.0.0.1", f"localhost:{here.port}", "[::1]:1"):
        assert here.ask(f"GET /about.json\nHost: {name}").status == 200
    with Client(here, "/live", "Host: evil.example") as client:
        assert client.status == 421


@pytest.mark.parametrize("path", [*PATHS[:3], "/snapshot.jpg", "/metrics", "/healthz", "/nothing"])
def test_browsers_are_told_to_be_careful(path: str, here: Served) -> None:
    headers = here.ask(f"GET {path}").headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert (headers["referrer-policy"], headers["x-content-type-options"]) == ("no-referrer", "nosniff")


def test_the_page_has_no_inline_code_and_nothing_from_elsewhere(here: Served) -> None:
    page = here.ask("GET /").text
    assert "style=" not in page
    assert "onclick" not in page
    assert "<script>" not in page
    for name in [part.split('"')[0] for part in page.split("/static/")[1:]]:
        content = here.ask(f"GET /static/{name}").text.replace("http://www.w3.org/2000/svg", "")
        assert "://" not in content


@pytest.mark.parametrize("path", [
    "/static/../../../../../../etc/passwd", "/static/%2e%2e/settings.py", "/static/..%2f..%2fweb%2fapp.py",
    "/etc/passwd", "//etc/passwd", "/static/%00", "/static//etc/passwd", "/static/app.py", "/../pyproject.toml"])
def test_no_file_of_the_machine_can_be_reached(path: str, here: Served) -> None:
    assert here.ask(f"GET {path}").status in (400, 404)


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
        assert server.end() == ""
    assert list(tmp_path.iterdir()) == []


def test_tls_makes_a_certificate_whose_key_is_the_users_alone(tmp_path: Path) -> None:
    home = {"XDG_DATA_HOME": str(tmp_path), "HOME": str(tmp_path)}
    kept = []
    for _ in range(2):
        with serving("--tls", folder=tmp_path, env=home) as server:
            [certificate], [key] = (list(tmp_path.rglob(name)) for name in ("certificate.pem", "key.pem"))
            assert server.url.startswith("https://")
            assert stat.S_IMODE(key.stat().st_mode) == 0o600
            kept.append(key.read_bytes())
            for name in ("127.0.0.1", "localhost"):
                connection = http.client.HTTPSConnection(name, server.port, timeout=PATIENCE,
                                                         context=trusting(certificate))
                connection.request("GET", "/healthz")
                assert connection.getresponse().status == 200
                connection.close()
            with server.connect() as client:  # what isn't encrypted is not answered
                client.sendall(request("GET /", server.port))
                with contextlib.suppress(ConnectionError):
                    assert client.recv(100)[:4] != b"HTTP"
    assert kept[0] == kept[1]
    os.chmod(key, 0o644)
    with serving("--tls", folder=tmp_path, env=home):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert key.read_bytes() != kept[0]


def test_a_certificate_that_is_given_is_used(tmp_path: Path) -> None:
    certificate, key = own_certificate(["localhost", "127.0.0.1"], tmp_path)
    with serving("--cert", certificate, "--key", key) as server:
        with server.connect() as plain, trusting(certificate).wrap_socket(plain, server_hostname="localhost") as client:
            client.sendall(request("GET /healthz", server.port))
            assert answer(client).status == 200
        with server.connect() as plain, pytest.raises(ssl.SSLError):
            ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")


def test_the_address_is_told_where_the_terminal_knows_no_blocks(tmp_path: Path) -> None:
    ascii_only = environment() | {"PYTHONIOENCODING": "ascii"}
    with subprocess.Popen(command("serve", "--host", "0.0.0.0", "--port", "0"), cwd=tmp_path, env=ascii_only,
                          stderr=subprocess.PIPE, text=True) as program:
        assert program.stderr
        assert ADDRESS.match(program.stderr.readline())
        program.kill()
