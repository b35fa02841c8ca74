"""`serve` as tests run it: as a program of its own, asked by plain sockets."""

import base64
import json
import os
import re
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness import PATIENCE, command, environment

ADDRESS = re.compile(r"recognizer: open (https?://\S+)")


@dataclass
class Served:
    """A server that runs.

    Attributes:
        url: as it was printed.
        before: lines that were printed before it.
        program: its process.
    """

    url: str
    before: list[str]
    program: subprocess.Popen[str]

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    @property
    def base(self) -> str:
        return self.url.split("?")[0].rstrip("/")

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE)

    def ask(self, head: str, body: bytes = b"") -> "Answer":
        """Send a request's lines and take the answer, until the server closes or has said it all."""
        with self.connect() as client:
            client.sendall(request(head, self.port, body))
            return answer(client)

    def end(self) -> str:
        """Ask it to end; what it said on standard error since its address."""
        self.program.send_signal(signal.SIGINT)
        return self.program.communicate(timeout=PATIENCE)[1]


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def request(head: str, port: int, body: bytes = b"") -> bytes:
    first, *lines = head.split("\n")
    if not any(line.lower().startswith("host:") for line in lines):
        lines.append(f"Host: 127.0.0.1:{port}")
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([f"{first} HTTP/1.1", *lines, "", ""]).encode() + body


def answer(client: socket.socket) -> Answer:
    """The answer to a request."""
    stream = client.makefile("rb")
    status = int(stream.readline().split()[1])
    headers = {}
    while line := stream.readline().strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    length = headers.get("content-length")
    return Answer(status, headers, b"" if status == 101 or length is None else stream.read(int(length)))


@contextmanager
def serving(*args: str | Path, folder: Path | None = None, env: dict[str, str] | None = None,
            stderr: int = subprocess.PIPE) -> Iterator[Served]:
    """The program as a server at a free port, once it has told its address; it is ended with the block."""
    folder = folder or Path(tempfile.gettempdir())
    args = args if "--port" in args else (*args, "--port", "0")
    program = subprocess.Popen(command("serve", *args), cwd=folder, env=environment() | (env or {}),
                               stdout=subprocess.PIPE, stderr=stderr, text=True, encoding="utf-8")
    try:
        before: list[str] = []
        assert program.stderr
        for line in program.stderr:
            found = ADDRESS.match(line)
            if found:
                yield Served(found[1], before, program)
                break
            before.append(line.rstrip("\n"))
        else:
            raise AssertionError(f"it ended: {before}")
    finally:
        program.kill()
        program.communicate()


class Client:
    """A WebSocket by plain sockets, for what a browser would not do too."""

    def __init__(self, served: Served, path: str, *lines: str) -> None:
        self.socket = served.connect()
        key = base64.b64encode(os.urandom(16)).decode()
        head = "\n".join([f"GET {path}", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {key}",
                          "Sec-WebSocket-Version: 13", *lines])
        self.socket.sendall(request(head, served.port))
        self._stream = self.socket.makefile("rb")
        status, headers = int(self._stream.readline().split()[1]), {}
        while line := self._stream.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        self.status = status
        self.refusal = self._stream.read(int(headers.get("content-length", 0))).decode() if status != 101 else ""

    def send(self, data: bytes | str, opcode: int | None = None) -> None:
        content = data.encode() if isinstance(data, str) else data
        opcode = (1 if isinstance(data, str) else 2) if opcode is None else opcode
        size = len(content)
        length = (bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack(">H", size) if size < 65536
                  else b"\xff" + struct.pack(">Q", size))
        self.socket.sendall(bytes([0x80 | opcode]) + length + bytes(4) + content)  # a mask of zeros

    def receive(self) -> tuple[int, bytes]:
        """The opcode and the content of the next message; opcode 8 for the end."""
        head = self._stream.read(2)
        if len(head) < 2:
            return 8, b""
        size = head[1] & 127
        if size > 125:
            size = int.from_bytes(self._stream.read(2 if size == 126 else 8), "big")
        return head[0] & 15, self._stream.read(size)

    def read(self, jpeg: bytes) -> dict[str, Any]:
        """What is read in a frame."""
        self.send(jpeg)
        opcode, content = self.receive()
        assert opcode == 1, (opcode, content)
        return json.loads(content)

    def shown(self, view: str = "labelled") -> tuple[dict[str, Any], bytes]:
        """The figures and the JPEG of the next picture of the program's camera."""
        self.send(view)
        opcode, content = self.receive()
        assert opcode == 2, (opcode, content)
        size = int.from_bytes(content[:4], "big")
        return json.loads(content[4:4 + size]), content[4 + size:]

    def close(self) -> None:
        self._stream.close()
        self.socket.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def trusting(certificate: Path) -> ssl.SSLContext:
    """A client's context that trusts this certificate."""
    return ssl.create_default_context(cafile=str(certificate))
