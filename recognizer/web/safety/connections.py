"""Connections that are closed when their client stops half-way: in its request, or in reading the answer."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from recognizer.web.settings import SETTINGS

SPARE = 50  # connections beside those of as many clients as are let in, each of which may have two


class _Deadline:
    """Cuts a connection off unless it is cleared in time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None

    def set(self, transport: asyncio.Transport) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, transport.abort)

    def clear(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _Read(asyncio.Protocol):
    """A connection whose client must read what is sent to it."""

    transport: asyncio.Transport

    def __init__(self, *args: Any, **kinds: Any) -> None:
        super().__init__(*args, **kinds)
        self._stalled = _Deadline(SETTINGS.stalled)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled.set(self.transport)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stalled.clear()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stalled.clear()
        super().connection_lost(exc)


class HttpConnection(_Read, H11Protocol):
    """HTTP whose client must send its request's head in time, and read what it asked for.

    Attributes:
        most: connections at once; one more is cut off.
    """

    most = 2 * SETTINGS.clients + SPARE

    def __init__(self, *args: Any, **kinds: Any) -> None:
        super().__init__(*args, **kinds)
        self._head = _Deadline(SETTINGS.head)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.most:
            transport.abort()
        else:
            self._head.set(transport)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.IDLE and self.transport.get_protocol() is self:
            self._head.set(self.transport)
        else:
            self._head.clear()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._head.clear()  # the wait for the next request has a limit of its own

    def connection_lost(self, exc: Exception | None) -> None:
        self._head.clear()
        super().connection_lost(exc)


class WebSocketConnection(_Read, WebSocketsSansIOProtocol):
    """A WebSocket whose client must read what is sent to it."""


def http_connection(clients: int) -> type[HttpConnection]:
    """HTTP for so many clients."""
    kind: type[HttpConnection] = type("HttpConnection", (HttpConnection,), {"most": 2 * clients + SPARE})
    return kind
