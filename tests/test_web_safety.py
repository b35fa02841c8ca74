"""Who may ask the server: its token, other websites, other names, and what browsers are told; by plain sockets."""

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import CLIPS, PICTURES, command, environment
from serving import ADDRESS, Client, Served, serving

pytest.importorskip("uvicorn")
from recognizer.web.address import own_addresses

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
    for origin in ("http://evil.example", "http://[::1", "http://a]b", "null"):
        assert here.ask(f"POST /read\nOrigin: {origin}", TINY).status == 403


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


def test_the_address_is_told_where_the_terminal_knows_no_blocks(tmp_path: Path) -> None:
    ascii_only = environment() | {"PYTHONIOENCODING": "ascii"}
    with subprocess.Popen(command("serve", "--host", "0.0.0.0", "--port", "0"), cwd=tmp_path, env=ascii_only,
                          stderr=subprocess.PIPE, text=True) as program:
        assert program.stderr
        assert ADDRESS.match(program.stderr.readline())
        program.kill()
