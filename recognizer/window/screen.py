"""Whether this machine has a display that takes windows, and how large it is.

OpenCV's Qt aborts the whole process where an X server refuses it, and waits for ever for one that is silent. So the
server is greeted first, as Qt would, by hand.
"""

from __future__ import annotations

import ctypes
import os
import re
import select
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from recognizer.window.settings import SETTINGS

COOKIE = b"MIT-MAGIC-COOKIE-1"
ACCEPTED = 1  # the first byte of X's answer

NONE = "none; set DISPLAY, or leave --window out"
HEADLESS = ("an OpenCV without windows; 'pip uninstall opencv-python-headless' and "
            "'pip install --force-reinstall opencv-python' bring one that has them")

Address = tuple[socket.AddressFamily, str | tuple[str, int]]


def has_display() -> bool:
    """Whether a window can be opened, as far as the display goes."""
    return not lacks_display()


def lacks_window() -> str:
    """What was found instead of a display and an OpenCV that knows windows, and what to try; empty where both are."""
    return lacks_display() or ("" if _knows_windows() else HEADLESS)


def lacks_display() -> str:
    """Likewise of the display alone: always assumed on Windows and macOS, elsewhere an X server must let us in."""
    if sys.platform in ("win32", "darwin"):
        return ""
    name = os.environ.get("DISPLAY", "")
    answers = [_greet(address, cookie) for address in _addresses(name) for cookie in _cookies(name)]
    if "" in answers:
        return ""
    told = next((answer for answer in answers if answer), "")
    advice = "leave the window out with --no-window, or give the server's cookie by XAUTHORITY"
    return f"{name}, which {told}; {advice}" if told else NONE


class Server:
    """A connection to the X server of its own, which tells when the server is gone; Qt would end the process then.

    Where there is none it never is.
    """

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        if sys.platform not in ("win32", "darwin"):
            name = os.environ.get("DISPLAY", "")
            self._socket = next((found for address in _addresses(name) for cookie in _cookies(name)
                                 if isinstance(found := _connect(address, cookie), socket.socket)), None)

    @property
    def gone(self) -> bool:
        """Whether the server has closed the connection."""
        if self._socket is None or not select.select([self._socket], [], [], 0)[0]:
            return False
        try:
            return not self._socket.recv(4096)
        except OSError:
            return True

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()


def _knows_windows() -> bool:
    import cv2

    found = re.search(r"^\s*GUI:\s*(.*)$", cv2.getBuildInformation(), re.MULTILINE)
    return not found or found[1].strip() != "NONE"


def _addresses(name: str) -> list[Address]:
    """Where the server of a display such as ":0" or "host:10.0" may listen."""
    found = re.fullmatch(r"(?P<host>[^:]*):(?P<number>\d+)(\.\d+)?", name)
    if not found:
        return []
    host, number = found["host"], int(found["number"])
    if host in ("", "unix"):
        path = f"/tmp/.X11-unix/X{number}"
        return [(socket.AF_UNIX, f"\0{path}"), (socket.AF_UNIX, path)]
    return [(socket.AF_INET, (host, 6000 + number))]


def _cookies(name: str) -> Iterator[bytes]:
    """What a display may want to let us in: the cookies of the user's file that are for its number, or none."""
    number = (re.findall(r":(\d+)", name) or [""])[-1].encode()
    file = Path(os.environ.get("XAUTHORITY", "") or Path.home() / ".Xauthority")
    try:
        content, place = file.read_bytes(), 2
        while place < len(content):  # a family, then four texts: address, number, kind, cookie
            texts = []
            for _ in range(4):
                (length,) = struct.unpack_from(">H", content, place)
                texts.append(content[place + 2 : place + 2 + length])
                place += 2 + length
            place += 2
            if texts[1] in (number, b"") and texts[2] == COOKIE:
                yield texts[3]
    except (OSError, struct.error):
        pass
    yield b""


def _greet(address: Address, cookie: bytes) -> str | None:
    """What is wrong with the server at an address; empty for nothing, None where there is none."""
    found = _connect(address, cookie)
    if isinstance(found, socket.socket):
        found.close()
        return ""
    return found


def _connect(address: Address, cookie: bytes) -> socket.socket | str | None:
    """A connection that the server accepted, or what it did instead; None where nobody listens."""
    family, place = address
    server = socket.socket(family, socket.SOCK_STREAM)
    server.settimeout(SETTINGS.greeting)
    try:
        server.connect(place)
    except OSError:
        server.close()
        return None
    kind = COOKIE if cookie else b""
    padded = b"".join(text + bytes(-len(text) % 4) for text in (kind, cookie))
    try:
        server.sendall(struct.pack("<cxHHHHxx", b"l", 11, 0, len(kind), len(cookie)) + padded)
        answer = server.recv(8)
        if answer[:1] == bytes([ACCEPTED]):
            return server
        reason = server.recv(answer[1]).decode(errors="replace").strip() if len(answer) == 8 and answer[1] else ""
        problem = f"refuses this program{f' ({reason})' if reason else ''}" if answer else "closes the connection"
    except OSError as error:
        problem = "does not answer" if isinstance(error, TimeoutError) else "closes the connection"
    server.close()
    return problem


def screen_size() -> tuple[int, int] | None:
    """Width and height of the X server's screen in pixels; None where it isn't known."""
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:  # another system, or one that shows X's windows without it
        return None
    x11.XOpenDisplay.restype = ctypes.c_void_p
    server = ctypes.c_void_p(x11.XOpenDisplay(None))
    if not server:
        return None
    size = int(x11.XDisplayWidth(server, 0)), int(x11.XDisplayHeight(server, 0))
    x11.XCloseDisplay(server)
    return size


def fitting(width: int, height: int) -> tuple[int, int]:
    """Width and height in pixels of a window for pictures of a size: it fits on the screen, and isn't tiny."""
    screen = screen_size() or SETTINGS.largest
    most = [min(large, SETTINGS.share * side) for large, side in zip(SETTINGS.largest, screen, strict=True)]
    scale = min(1.0, most[0] / width, most[1] / height)
    scale = max(scale, min(min(SETTINGS.smallest[0], most[0]) / width, min(SETTINGS.smallest[1], most[1]) / height))
    return max(1, round(width * scale)), max(1, round(height * scale))
