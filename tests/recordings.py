"""Recordings of one sheet with digits, and a web server that gives them."""

import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import numpy as np
from conftest import Run
from harness import errors, written
from numpy.typing import NDArray

DIGITS, FRAMES = "2357", 30
SHEET = np.dstack([(255 - 235 * written(DIGITS)).round().astype(np.uint8)] * 3)


def record(
    path: Path, picture: NDArray[np.uint8] = SHEET, codec: str = "libx264", aspect: Fraction = Fraction(1),
    options: dict[str, str] | None = None, container: dict[str, str] | None = None, form: str | None = None,
    frames: int = FRAMES,
) -> Path:
    """A video of one picture."""
    with av.open(f"file:{path}", "w", options=container or {}, format=form) as file:
        stream = file.add_stream(codec, rate=30, options=options or {})
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.sample_aspect_ratio = aspect
        for _ in range(frames):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        file.mux(stream.encode(None))
    return path


def turned(
    path: Path, matrix: tuple[int, int, int, int], lies: Callable[[Any], Any], **kinds: Any
) -> Path:
    """A video that its display matrix sets right; `lies` is how the picture lies in the file."""
    record(path, np.ascontiguousarray(lies(SHEET)), **kinds)
    content = bytearray(path.read_bytes())
    straight = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
    place = content.index(straight, content.index(b"tkhd"))
    a, b, c, d = (65536 * part for part in matrix)
    content[place : place + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    return path


def numbers_of(run: Run, source: str | Path, **kinds: Any) -> list[str]:
    done = run("--source", source, "--no-window", "--numbers", **kinds)
    assert (done.returncode, errors(done)) == (0, []), done.stderr
    return done.stdout.split()


@contextmanager
def served(contents: dict[str, Callable[[], bytes] | bytes], lengths: bool = True) -> Iterator[str]:
    """An address under which a web server gives these, in parts where it is asked to; others it hasn't."""

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = contents.get(self.path.partition("?")[0].lstrip("/"))
            if content is None:
                self.send_error(404)
                return
            data = content() if callable(content) else content
            start = int(self.headers.get("Range", "bytes=0-").partition("=")[2].partition("-")[0]) if lengths else 0
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            if lengths:
                self.send_header("Accept-Ranges", "bytes")
                self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            with suppress(OSError):  # the client has seen enough
                self.wfile.write(data[start:])

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
