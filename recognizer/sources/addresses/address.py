"""Finds out what is behind an address: a picture, a recording of known length, or a stream without end."""

from __future__ import annotations

import http.client
import socket
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

from recognizer.core.frame import Frame
from recognizer.errors import SourceError
from recognizer.secrets import masked
from recognizer.sources.addresses.pipe import Ahead, is_motion, read_in_order, whole_picture
from recognizer.sources.files import Reader
from recognizer.sources.images.kinds import HEAD, is_text, other_kind, picture_kind
from recognizer.sources.images.picture import read_frames, unreadable
from recognizer.sources.recordings.decode import length_of, open_video
from recognizer.sources.recordings.read_video import read_video
from recognizer.sources.settings import SETTINGS

REFUSALS = {
    401: "its sender wants another name or password (401); put NAME:PASSWORD@ before the host, special characters as "
         "%XX",
    403: "its sender refuses it to this name or machine (403); ask who runs it",
    404: "its sender answers, but has nothing there (404); check what follows the host",
}


def is_http(address: str) -> bool:
    """Whether this is an address of the web."""
    return address.lower().startswith(("http://", "https://"))


def local_path(address: str) -> str | None:
    """The path that a file:// address stands for; None for other addresses."""
    if not address.lower().startswith("file://"):
        return None
    whole = address[len("file://") :]
    if whole.partition("/")[0] not in ("", "localhost"):
        raise SourceError(f"{address}: expected a path after file://, such as file:///home/me/clip.mp4, found a host")
    return urllib.request.url2pathname(whole.removeprefix("localhost"))


def recording_at(address: str) -> Reader | None:
    """What reads the picture or recording at an address, every frame of it; None where a stream is there.

    Only the web's addresses are looked at; all others are streams'.

    Raises:
        SourceError: nobody answers, it is refused or missing, or is neither a picture nor a video.
    """
    if not is_http(address):
        return None
    name = masked(address)
    try:
        with closing(_ask(address)) as answer:
            if answer.headers.get_content_maintype() == "multipart":
                return None
            content = Ahead(answer)
            start, length_told = content.peek(HEAD), bool(answer.headers.get("Content-Length"))
            if picture_kind(start):
                if not length_told and is_motion(content):
                    return None
                return partial(read_frames, whole_picture(content, name), name)
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, (http.client.HTTPException, ssl.SSLError)):
            return None  # what speaks no good HTTP, or shows a certificate that can't be checked, may be a stream yet
        raise SourceError(f"{name}: {_reason(error)}") from error
    text = is_text(start) and not start.startswith(b"#EXTM3U")
    if other_kind(start) or text:
        found = other_kind(start) or "text"
        raise SourceError(f"{name}: expected a picture, a video or a stream, found {found}; {_hint(start)}")
    with open_video(address, name, patience=SETTINGS.stream_patience) as container:
        if not length_of(container):
            return None
    if length_told or start.startswith(b"#EXTM3U"):
        return partial(read_video, address, name, patience=SETTINGS.address_patience)
    return partial(_read_as_it_comes, address)  # FFmpeg takes such an answer's end for a failure, and loses frames


def read_snapshot(address: str) -> Iterator[Frame]:
    """The picture at a http address, as it is now.

    Raises:
        SourceError: nobody answers, or no picture is there.
    """
    name = masked(address)
    try:
        with closing(_ask(address)) as answer:
            content = Ahead(answer)
            start = content.peek(HEAD)
            if not picture_kind(start):
                raise SourceError(f"{name}: {unreadable(start, 'picture')}")
            yield from read_frames(whole_picture(content, name), name)
    except (OSError, http.client.HTTPException) as error:
        raise SourceError(f"{name}: {_reason(error)}") from error


def modified_at(address: str) -> tuple[int, int]:
    """What a sender tells of a file: its size in bytes, and when it was changed, in nanoseconds since 1970; else -1."""
    size = modified = -1
    unknown = OSError, http.client.HTTPException, ValueError, SourceError
    with suppress(*unknown), closing(_ask(address, "HEAD")) as answer:
        size = int(answer.headers.get("Content-Length") or -1)
        modified = round(1e9 * parsedate_to_datetime(answer.headers["Last-Modified"] or "").timestamp())
    return size, modified


def _read_as_it_comes(address: str) -> Iterator[Frame]:
    """Every frame of a recording whose sender doesn't tell how long it is."""
    name = masked(address)
    try:
        with closing(_ask(address)) as answer:
            yield from read_in_order(Ahead(answer), name)
    except (OSError, http.client.HTTPException) as error:
        raise SourceError(f"{name}: {_reason(error)}") from error


def _ask(address: str, method: str = "GET") -> Any:
    """Ask for what is at an address; name and password in it are for its sender, by whichever way that wants them."""
    try:
        parts = urllib.parse.urlsplit(address)
        bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        known = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        if parts.username is not None:
            name, password = (urllib.parse.unquote(part or "") for part in (parts.username, parts.password))
            known.add_password(None, bare, name, password)
        opener = urllib.request.build_opener(
            urllib.request.HTTPBasicAuthHandler(known), urllib.request.HTTPDigestAuthHandler(known))
        request = urllib.request.Request(urllib.parse.quote(bare, safe="%/:=&?~#+!$,;'@()*[]"), method=method,
                                         headers={"User-Agent": "digit-recognizer", "Cache-Control": "no-cache"})
        return opener.open(request, timeout=SETTINGS.stream_patience)
    except ValueError as error:
        raise SourceError(f"{masked(address)}: expected an address, found one that can't be ({error}); check its host, "
                          "and write [ and ] in a name or password as %5B and %5D") from error


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return REFUSALS.get(error.code, f"its sender answers with an error ({error.code} {error.reason})")
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return f"no answer within {SETTINGS.stream_patience:.0f} s; check that its sender runs"
    if isinstance(reason, socket.gaierror):
        return "no such host is known; check the address"
    told = getattr(reason, "strerror", None) or reason
    return f"nobody answers there ({told}); check the address and that its sender runs"


def _hint(start: bytes) -> str:
    if other_kind(start) == "a web page":
        return "give the address of the picture or stream that it shows"
    return "check the address"
