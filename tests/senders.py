"""Who sends a live stream to the program, and fails: a camera in the network, and a writer into a named pipe."""

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path

RATE = 15  # frames a second


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
