"""TLS: a certificate that is made or given, and clients that never agree on it."""

import contextlib
import http.client
import os
import ssl
import stat
from pathlib import Path

import pytest
from harness import PATIENCE
from serving import answer, request, serving, trusting

pytest.importorskip("uvicorn")
from recognizer.web.safety.certificate import own_certificate


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


@pytest.mark.slow
def test_a_client_that_never_agrees_on_tls_is_cut_off(tmp_path: Path) -> None:
    certificate, key = own_certificate(["localhost"], tmp_path)
    with serving("--cert", certificate, "--key", key) as server, server.connect() as client:
        client.settimeout(40)  # asyncio's own limit is a minute
        client.sendall(b"\x16\x03\x01")
        with contextlib.suppress(ConnectionError):
            assert client.recv(1) == b""
        assert server.end() == ""
