"""A camera that speaks RTSP (RFC 2326) over a plain socket: MPEG-TS in RTP packets, interleaved with the answers."""

import base64
import socketserver
import struct
import threading
import time
from itertools import count

PACKET = 7 * 188  # bytes of MPEG-TS in a packet of RTP
PAUSE = 0.005  # seconds after each
SDP = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 33\r\na=control:video\r\n"


class RtspSender:
    """Sends a recording over and over at /live, to those who give name and password; ended by `close`.

    Args:
        content: of the recording, MPEG-TS.
        login: "name:password" that is asked for; None for none.
    """

    def __init__(self, content: bytes, login: str | None = None) -> None:
        wanted = login and "Basic " + base64.b64encode(login.encode()).decode()
        over = self._over = threading.Event()

        class Camera(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while request := self._request():
                    method, address, head = request
                    if method != "OPTIONS" and wanted and head.get("authorization") != wanted:
                        self._answer("401 Unauthorized", head, 'WWW-Authenticate: Basic realm="camera"')
                    elif method == "DESCRIBE" and not address.endswith("/live"):
                        self._answer("404 Not Found", head)
                    elif method == "DESCRIBE":
                        self._answer("200 OK", head, "Content-Type: application/sdp", body=SDP)
                    elif method == "SETUP" and "TCP" not in head["transport"]:
                        self._answer("461 Unsupported Transport", head)
                    elif method == "SETUP":
                        self._answer("200 OK", head, "Session: 1", f"Transport: {head['transport']}")
                    else:
                        self._answer("200 OK", head, "Session: 1")
                    if method == "PLAY":
                        self._play()
                        return

            def _request(self) -> tuple[str, str, dict[str, str]] | None:
                first = self.rfile.readline().decode().split()
                lines = iter(lambda: self.rfile.readline().decode().strip(), "")
                head = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                return (first[0], first[1], head) if len(first) == 3 else None

            def _answer(self, status: str, head: dict[str, str], *more: str, body: str = "") -> None:
                said = [f"RTSP/1.0 {status}", f"CSeq: {head.get('cseq', '0')}", *more, f"Content-Length: {len(body)}"]
                self.wfile.write(("\r\n".join(said) + "\r\n\r\n" + body).encode())

            def _play(self) -> None:
                start = time.monotonic()
                for number in count():
                    place = number * PACKET % len(content)
                    data = content[place : place + PACKET]
                    clock = int(90_000 * (time.monotonic() - start))
                    packet = struct.pack(">BBHII", 0x80, 33, number % 65536, clock, 1) + data
                    try:
                        self.wfile.write(struct.pack(">cBH", b"$", 0, len(packet)) + packet)
                    except OSError:  # the client has gone
                        return
                    if over.wait(PAUSE):
                        return

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Camera)
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
