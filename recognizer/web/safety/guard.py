"""Who may ask: the token, the names by which the server is asked, other websites, and how many at once."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

log = logging.getLogger("recognizer")

OPEN = "/healthz"  # what needs no token
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
          "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
HEADERS = {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
}


@dataclass(frozen=True)
class Access:
    """What a client needs.

    Attributes:
        token: to be known; empty where none is needed.
        hosts: names by which the server may be asked; empty for any. Without a token it is a website's own name that
            was made to point at this machine which is kept out so.
        clients: requests and streams at one time.
        cookie: the name of the one that holds the token; ports share a machine's cookies, so it has the port in it.
        secure: the server speaks TLS.
    """

    token: str
    hosts: frozenset[str]
    clients: int
    cookie: str
    secure: bool


class Guard:
    """Asks all clients for what they need, and adds the headers that keep browsers safe."""

    def __init__(self, app: App, access: Access) -> None:
        self._app, self._access = app, access
        self._clients = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        query = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        by_query = bool(self._access.token) and self._knows(query)
        sending = _with_headers(send, cross_origin=by_query)
        if scope["path"] == OPEN:
            return await self._app(scope, receive, sending)
        refusal = self._refusal(scope, headers, by_query)
        if refusal is not None:
            return await refusal(scope, receive, sending)
        self._clients += 1
        try:
            return await self._app(scope, receive, sending)
        except Exception as error:
            log.error("%s: a request failed (%r)", scope["path"], error)
            raise
        finally:
            self._clients -= 1

    def _refusal(self, scope: Scope, headers: Headers, by_query: bool) -> Response | None:
        access = self._access
        if access.hosts and _name(headers.get("host", "")) not in access.hosts:
            return denied(HTTPStatus.MISDIRECTED_REQUEST, "expected a name of this machine itself, such as localhost")
        origin = headers.get("origin")
        if origin is not None and (scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD")) \
                and _host(origin) != headers.get("host", "").lower():
            return denied(HTTPStatus.FORBIDDEN, "other websites may not ask this")
        if not (by_query or self._knows(_bearer(headers)) or self._knows(self._cookie(headers))):
            return denied(HTTPStatus.UNAUTHORIZED, "open the address that the program has printed, with its token",
                          {"www-authenticate": "Bearer"})
        if self._clients >= access.clients:
            return denied(HTTPStatus.SERVICE_UNAVAILABLE, f"{access.clients} clients are connected, which is the limit "
                          "(--clients); try again later", {"retry-after": "5"})
        if by_query and scope["type"] == "http" and scope["path"] == "/":
            return self._welcome()
        return None

    def _welcome(self) -> Response:
        """The page once more, its token in a cookie instead of the address, which others may see."""
        response = RedirectResponse("/", HTTPStatus.SEE_OTHER)
        response.set_cookie(self._access.cookie, self._access.token, httponly=True, samesite="lax",
                            secure=self._access.secure)
        return response

    def _knows(self, token: str) -> bool:
        return not self._access.token or hmac.compare_digest(token.encode(), self._access.token.encode())

    def _cookie(self, headers: Headers) -> str:
        return cookie_parser(headers.get("cookie", "")).get(self._access.cookie, "")


def denied(status: HTTPStatus, words: str, headers: dict[str, str] | None = None) -> Response:
    """An answer that says why not; the connection is closed, so that what may still come isn't taken."""
    return PlainTextResponse(f"{words}\n", status, {"connection": "close", **(headers or {})})


def _bearer(headers: Headers) -> str:
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _name(host: str) -> str:
    """A Host header's name, without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _host(origin: str) -> str | None:
    """What the Host header of an origin's own requests says; None where it is no address."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def _with_headers(send: Send, cross_origin: bool) -> Send:
    """Add what browsers are told; only who gives the token in an address may show the answer in another page."""
    policy = "cross-origin" if cross_origin else "same-origin"

    async def sending(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            present = {name for name, _ in message.get("headers", [])}
            extra = {"cache-control": "no-store", "cross-origin-resource-policy": policy, **HEADERS}
            message["headers"] = [*message.get("headers", []), *(
                (name.encode(), value.encode()) for name, value in extra.items() if name.encode() not in present)]
        await send(message)

    return sending
