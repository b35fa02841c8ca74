"""The page's server beside the program's loop, whose readings it takes as a sink does."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import uvicorn

from recognizer.errors import OutputError
from recognizer.reader import Recognizer
from recognizer.reading import Reading
from recognizer.web.address import Address, listen
from recognizer.web.app import App
from recognizer.web.hub import Hub
from recognizer.web.safety.connections import WebSocketConnection, http_connection
from recognizer.web.safety.guard import Access, Guard
from recognizer.web.settings import SETTINGS
from recognizer.web.visitors import Readers, Worker

log = logging.getLogger("recognizer")


class WebServer:
    """Serves the page from a thread of its own; a sink, to which the program's camera is written.

    Starlette routes, uvicorn speaks HTTP and WebSockets: both are small, widely used and need no compiler, and a
    connection's protocol can be given limits of its own. None of it is in the way of a frame: writing takes no time.

    Args:
        address: where it listens.
        port: likewise; 0 for any that is free.
        make: makes a recognizer, of which each thread has one of its own.
        camera: the name of the program's camera, whose readings are written; None where there is none.
        clients: requests and streams at one time.
        certificate: files of the certificate and its key, for TLS.

    Attributes:
        url: what to type into a browser.

    Raises:
        OutputError: it can't listen there.
        UsageError: no such name or address.
    """

    def __init__(
        self, address: Address, port: int, make: Callable[[], Recognizer], camera: str | None = None,
        clients: int = SETTINGS.clients, certificate: tuple[Path, Path] | None = None,
    ) -> None:
        self._listener = listen(address.host, port)
        self.url = address.url(self._listener.getsockname()[1])
        self._make, self._camera = make, camera
        cookie = f"digit_recognizer_{self._listener.getsockname()[1]}"
        self._access = Access(address.token, address.hosts, clients, cookie, secure=certificate is not None)
        self._certificate = certificate
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    def write(self, reading: Reading) -> None:
        """Show a reading of the program's camera to all who watch."""
        self._hub.publish(reading)

    def _run(self) -> None:
        try:
            # Debugging would tell slow calls on the terminal.
            with asyncio.Runner(debug=False, loop_factory=_Loop) as runner:
                runner.run(self._serve())
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._hub.begin()
        await self._server.serve(sockets=[self._listener])

    def __enter__(self) -> Self:
        self._encoder = Worker("encode")
        self._hub = Hub(self._encoder.run)
        self._readers = Readers(self._make, spare=self._camera is not None)
        app = App(self._hub, self._readers, self._camera).routes()
        certificate, key = map(str, self._certificate) if self._certificate else (None, None)
        # Its own lines are for who runs web servers; what fails is told by the guard.
        config = uvicorn.Config(
            Guard(app, self._access), loop="asyncio", http=http_connection(self._access.clients),
            ws=WebSocketConnection, lifespan="off", interface="asgi3", log_config=None, log_level="critical",
            access_log=False, server_header=False, date_header=False, proxy_headers=False,
            ws_max_size=SETTINGS.most_bytes, ws_ping_interval=SETTINGS.ping, ws_ping_timeout=SETTINGS.ping,
            ws_per_message_deflate=False, timeout_keep_alive=SETTINGS.idle, timeout_graceful_shutdown=1,
            ssl_certfile=certificate, ssl_keyfile=key)
        self._server = _Server(config, self._ready)
        self._thread.start()
        self._ready.wait()
        if not self._server.started:
            raise OutputError(f"{self.url.split('?')[0]}: the server can't start; is another program in its way?")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._hub.end)
        self._thread.join(SETTINGS.farewell)
        self._encoder.close()
        self._readers.close()


class _Loop(asyncio.SelectorEventLoop):
    """Gives clients as long to agree on TLS as to say what they want: asyncio's minute would hold many at once."""

    async def create_server(self, *args: Any, **kwargs: Any) -> asyncio.Server:
        if kwargs.get("ssl"):
            kwargs["ssl_handshake_timeout"] = SETTINGS.head
        return await super().create_server(*args, **kwargs)


class _Server(uvicorn.Server):
    """Tells when it has started."""

    def __init__(self, config: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.set()
