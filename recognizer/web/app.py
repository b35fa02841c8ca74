"""What the server answers: the page and its two WebSockets; what is for programs is in `programs`."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Iterator
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from recognizer import __version__
from recognizer.errors import InputError
from recognizer.web.hub import VIEWS, Hub, Shown, number_row
from recognizer.web.programs import Programs
from recognizer.web.visitors import Readers, Visitor

TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
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
        programs = Programs(self._hub, self._readers, self._name is not None)
        watching: list[Route | WebSocketRoute] = [*programs.watching(), WebSocketRoute("/live", self.live)]
        return Starlette(routes=[
            Route("/", self.page), Route("/static/{name}", self.page), Route("/about.json", self.about),
            WebSocketRoute("/camera", self.camera), *programs.others(),
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

    async def live(self, socket: WebSocket) -> None:
        """The page's view of the program's camera: a picture with its figures for each time that it is asked for."""
        await socket.accept()
        serial = count = 0
        with self._hub.metrics.viewer():
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
                    self._hub.metrics.shown += 1
                    await socket.send_bytes(struct.pack(">I", len(head)) + head + jpeg)
            except InputError as error:
                await _refuse(socket, error)
            except WebSocketDisconnect:
                return

    async def camera(self, socket: WebSocket) -> None:
        """A visitor's camera: JPEGs come, and for each goes what is read in it; the next comes when that is there."""
        await socket.accept()
        try:
            with self._hub.metrics.visitor(), self._readers.visitor() as visitor:
                await self._visit(socket, visitor)
        except InputError as error:
            await _refuse(socket, error)
        except WebSocketDisconnect:
            return

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
            took = round(sum(vars(reading.milliseconds).values()), 2)
            await socket.send_text(json.dumps({**reading.event(), "steady": rows, "milliseconds": took}))

def _page() -> Iterator[tuple[str, tuple[bytes, str]]]:
    """The page's files by their names: their contents and types."""
    for file in (files("recognizer.web") / "static").iterdir():
        kind = TYPES.get(file.name[file.name.rfind("."):])
        if kind:
            yield file.name, (file.read_bytes(), kind)


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


async def _no_camera(_: Request) -> Response:
    return PlainTextResponse(f"{NO_CAMERA}\n", HTTPStatus.NOT_FOUND)
