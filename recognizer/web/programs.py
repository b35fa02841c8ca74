"""The addresses for programs: pictures, events, health, metrics, and reading a picture that is handed in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from recognizer.errors import InputError
from recognizer.web.hub import VIEWS, Hub
from recognizer.web.metrics import CONTENT_TYPE
from recognizer.web.safety.guard import denied
from recognizer.web.settings import SETTINGS
from recognizer.web.visitors import Readers

BOUNDARY = "frame"


class Programs:
    """The answers for programs.

    Args:
        hub: the program's camera.
        readers: read pictures.
        watched: the program has a camera.
    """

    def __init__(self, hub: Hub, readers: Readers, watched: bool) -> None:
        self._hub, self._readers, self._watched = hub, readers, watched

    def watching(self) -> list[Route]:
        """What shows the program's camera."""
        return [Route("/stream.mjpg", self.stream), Route("/events", self.events),
                Route("/snapshot.jpg", self.snapshot)]

    def others(self) -> list[Route]:
        """What needs none."""
        return [Route("/healthz", self.health), Route("/metrics", self.metrics),
                Route("/read", self.read, methods=["POST"])]

    async def health(self, _: Request) -> Response:
        if self._watched and self._hub.lost:
            return JSONResponse({"status": "camera lost"}, HTTPStatus.SERVICE_UNAVAILABLE)
        return JSONResponse({"status": "ok"})

    async def metrics(self, _: Request) -> Response:
        text = self._hub.metrics.text(self._hub.lost if self._watched else None)
        return Response(text, headers={"content-type": CONTENT_TYPE})

    async def snapshot(self, request: Request) -> Response:
        """The newest labelled picture."""
        shown = await self._hub.after(0)
        if shown is None:
            return denied(HTTPStatus.SERVICE_UNAVAILABLE, "the program ends")
        return Response(await shown.jpeg(_view(request)), media_type="image/jpeg")

    async def stream(self, request: Request) -> Response:
        """Labelled pictures as Motion JPEG, each the newest when the last one was taken."""
        view = _view(request)

        async def parts() -> AsyncIterator[bytes]:
            with self._hub.metrics.viewer():
                yield f"--{BOUNDARY}\r\n".encode()
                serial = 0
                while (shown := await self._hub.after(serial)) is not None:
                    serial, jpeg = shown.serial, await shown.jpeg(view)
                    self._hub.metrics.shown += 1
                    head = f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                    yield head.encode() + jpeg + f"\r\n--{BOUNDARY}\r\n".encode()

        return StreamingResponse(parts(), media_type=f"multipart/x-mixed-replace; boundary={BOUNDARY}")

    async def events(self, _: Request) -> Response:
        """Server-sent events, the same objects as the lines of `--events`."""

        async def lines() -> AsyncIterator[bytes]:
            with self._hub.metrics.viewer():
                yield b": events\n\n"
                latest = self._hub.latest
                serial = latest.serial if latest else 0
                while (shown := await self._hub.after(serial)) is not None:
                    waiting = self._hub.events(serial)
                    serial = shown.serial
                    yield "".join(f"data: {event}\n\n" for _, event in waiting).encode() or b": camera lost\n\n"

        return StreamingResponse(lines(), media_type="text/event-stream")

    async def read(self, request: Request) -> Response:
        """A picture's bytes are the request's body, and its event is the answer."""
        if self._readers.busy:
            return denied(HTTPStatus.SERVICE_UNAVAILABLE, "many pictures wait already; try again", {"retry-after": "2"})
        try:
            content = await asyncio.wait_for(_body(request), SETTINGS.patience)
        except TimeoutError:
            return denied(HTTPStatus.REQUEST_TIMEOUT, f"expected the picture within {SETTINGS.patience:.0f} s")
        except ClientDisconnect:
            return denied(HTTPStatus.BAD_REQUEST, "expected the whole picture, found the end of it")  # nobody is told
        if content is None:
            return denied(HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                          f"expected a picture of up to {SETTINGS.most_bytes // 1_000_000} MB; make it smaller")
        try:
            reading = await self._readers.read(content)
        except InputError as error:
            return PlainTextResponse(f"{error}\n", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        self._hub.metrics.pictures += 1
        return JSONResponse(reading.event())


def _view(request: Request) -> str:
    view = request.query_params.get("view", "labelled")
    return view if view in VIEWS else "labelled"


async def _body(request: Request) -> bytes | None:
    """A request's body; None when it is too large, of which some is taken still, so that the answer gets through."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > 4 * SETTINGS.most_bytes:
        return None
    content, count = bytearray(), 0
    async for piece in request.stream():
        count += len(piece)
        if count <= SETTINGS.most_bytes:
            content += piece
        elif count > 4 * SETTINGS.most_bytes:
            break
        else:
            content.clear()
    return bytes(content) if count <= SETTINGS.most_bytes else None
