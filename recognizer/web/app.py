"""What the server answers: the page, its two WebSockets, and the addresses for programs."""

from __future__ import annotations

import asyncio
import json
import struct
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from recognizer import __version__
from recognizer.errors import InputError
from recognizer.web.hub import VIEWS, Hub, Shown, number_row
from recognizer.web.metrics import CONTENT_TYPE
from recognizer.web.safety.guard import denied
from recognizer.web.settings import SETTINGS
from recognizer.web.visitors import Readers, Visitor

TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
BOUNDARY = "frame"
GOING_AWAY, NOT_ACCEPTED = 1001, 1003  # codes of RFC 6455 for the end of a WebSocket
NO_CAMERA = "this server was started without a camera of its own; give it --camera or --source"


class App:
    """The answers.

    Args:
        hub: the program's camera for its viewers.
        readers: read what visitors send.
        camera: the name of the program's camera; None where it has none.
    """

    def __init__(self, hub: Hub, readers: Readers, camera: str | None) -> None:
        self._hub, self._readers, self._name = hub, readers, camera
        self._page = dict(_page())

    def routes(self) -> Starlette:
        """All of it, for a server to run."""
        watching: list[Route | WebSocketRoute] = [Route("/stream.mjpg", self.stream), Route("/events", self.events),
                                                   Route("/snapshot.jpg", self.snapshot),
                                                   WebSocketRoute("/live", self.live)]
        return Starlette(routes=[
            Route("/", self.page), Route("/static/{name}", self.page), Route("/about.json", self.about),
            Route("/healthz", self.health), Route("/metrics", self.metrics),
            Route("/read", self.read, methods=["POST"]), WebSocketRoute("/camera", self.camera),
            *(watching if self._name is not None else [Route(route.path, _no_camera) for route in watching]),
        ])

    async def page(self, request: Request) -> Response:
        """A file of the page; there are no others than those that were loaded at the start."""
        name = request.path_params.get("name", "index.html")
        if name not in self._page:
            return PlainTextResponse("there is no such page\n", HTTPStatus.NOT_FOUND)
        content, kind = self._page[name]
        return Response(content, media_type=kind, headers={"cache-control": "no-cache"})

    async def about(self, _: Request) -> Response:
        return JSONResponse({"camera": self._name, "version": __version__, "run": self._hub.run})

    async def health(self, _: Request) -> Response:
        if self._name is not None and self._hub.lost:
            return JSONResponse({"status": "camera lost"}, HTTPStatus.SERVICE_UNAVAILABLE)
        return JSONResponse({"status": "ok"})

    async def metrics(self, _: Request) -> Response:
        text = self._hub.metrics.text(None if self._name is None else self._hub.lost)
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
            with self._watching():
                yield f"--{BOUNDARY}\r\n".encode()
                serial = 0
                while (shown := await self._hub.after(serial)) is not None:
                    serial, jpeg = shown.serial, await shown.jpeg(view)
                    head = f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                    yield head.encode() + jpeg + f"\r\n--{BOUNDARY}\r\n".encode()

        return StreamingResponse(parts(), media_type=f"multipart/x-mixed-replace; boundary={BOUNDARY}")

    async def events(self, _: Request) -> Response:
        """Server-sent events, the same objects as the lines of `--events`."""

        async def lines() -> AsyncIterator[bytes]:
            with self._watching():
                yield b": events\n\n"
                latest = self._hub.latest
                serial = latest.serial if latest else 0
                while (shown := await self._hub.after(serial)) is not None:
                    waiting = self._hub.events(serial)
                    serial = shown.serial
                    yield "".join(f"data: {event}\n\n" for _, event in waiting).encode() or b": camera lost\n\n"

        return StreamingResponse(lines(), media_type="text/event-stream")

    async def live(self, socket: WebSocket) -> None:
        """The page's view of the program's camera: a picture with its figures for each time that it is asked for."""
        await socket.accept()
        serial = count = 0
        with self._watching():
            try:
                while True:
                    wish = await _wish(socket)
                    if wish is None:
                        return
                    shown = await self._hub.after(serial)
                    if shown is None:
                        await socket.close(GOING_AWAY)
                        return
                    serial, jpeg = shown.serial, await shown.jpeg(wish)
                    count, numbers = self._hub.numbers(count)
                    head = json.dumps({**_figures(shown), "numbers": numbers}).encode()
                    await socket.send_bytes(struct.pack(">I", len(head)) + head + jpeg)
            except InputError as error:
                await _refuse(socket, error)
            except WebSocketDisconnect:
                return

    async def camera(self, socket: WebSocket) -> None:
        """A visitor's camera: JPEGs come, and for each goes what is read in it; the next comes when that is there."""
        await socket.accept()
        self._hub.metrics.visitors += 1
        try:
            with self._readers.visitor() as visitor:
                await self._visit(socket, visitor)
        except InputError as error:
            await _refuse(socket, error)
        except WebSocketDisconnect:
            return
        finally:
            self._hub.metrics.visitors -= 1

    async def _visit(self, socket: WebSocket, visitor: Visitor) -> None:
        start, count = time.monotonic(), 0
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if not message.get("bytes"):
                raise InputError("expected a frame as JPEG, found text")
            reading = await visitor.read(message["bytes"], time.monotonic() - start)
            self._hub.metrics.visitor_frames += 1
            rows = [number_row(reading, number, str(count + place)) for place, number in enumerate(reading.steady)]
            count += len(rows)
            await socket.send_text(json.dumps({**reading.event(), "steady": rows}))

    async def read(self, request: Request) -> Response:
        """A picture's bytes are the request's body, and its event is the answer."""
        if self._readers.busy:
            return denied(HTTPStatus.SERVICE_UNAVAILABLE, "many pictures wait already; try again", {"retry-after": "2"})
        try:
            content = await asyncio.wait_for(_body(request), SETTINGS.patience)
        except TimeoutError:
            return denied(HTTPStatus.REQUEST_TIMEOUT, f"expected the picture within {SETTINGS.patience:.0f} s")
        if content is None:
            return denied(HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                          f"expected a picture of up to {SETTINGS.most_bytes // 1_000_000} MB; make it smaller")
        try:
            reading = await self._readers.read(content)
        except InputError as error:
            return PlainTextResponse(f"{error}\n", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        self._hub.metrics.pictures += 1
        return JSONResponse(reading.event())

    @contextmanager
    def _watching(self) -> Iterator[None]:
        self._hub.metrics.viewers += 1
        try:
            yield
        finally:
            self._hub.metrics.viewers -= 1


def _page() -> Iterator[tuple[str, tuple[bytes, str]]]:
    """The page's files by their names: their contents and types."""
    for file in (files("recognizer.web") / "static").iterdir():
        kind = TYPES.get(file.name[file.name.rfind("."):])
        if kind:
            yield file.name, (file.read_bytes(), kind)


async def _no_camera(_: Request) -> Response:
    return PlainTextResponse(f"{NO_CAMERA}\n", HTTPStatus.NOT_FOUND)


def _view(request: Request) -> str:
    view = request.query_params.get("view", "labelled")
    return view if view in VIEWS else "labelled"


def _figures(shown: Shown) -> dict[str, Any]:
    """What the page tells beside a picture."""
    reading = shown.reading
    frame = reading.frame
    return {"frame": frame.index, "time": round(frame.time, 3), "lost": frame.lost, "age": round(1000 * frame.age),
            "fps": round(reading.fps, 1), "dropped": frame.dropped, "texts": [one.text for one in reading.numbers]}


async def _wish(socket: WebSocket) -> str | None:
    """Which view is asked for next; None when nobody is there any more."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        return None
    view = message.get("text")
    if view not in VIEWS:
        raise InputError(f"expected one of {', '.join(VIEWS)}, found something else")
    return str(view)


async def _refuse(socket: WebSocket, error: InputError) -> None:
    """Say what was wrong, and close."""
    try:
        await socket.send_text(json.dumps({"error": str(error)}))
        await socket.close(NOT_ACCEPTED)
    except WebSocketDisconnect:
        return


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
