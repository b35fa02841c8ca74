"""Whether this machine has a display, and how large it is.

OpenCV aborts the whole process when it opens a window without one, so it is looked for first.
"""

from __future__ import annotations

import ctypes
import os
import re
import socket
import sys


def has_display() -> bool:
    """Whether a window can be opened: always assumed on Windows and macOS, elsewhere an X server must answer."""
    if sys.platform in ("win32", "darwin"):
        return True
    found = re.fullmatch(r"(?P<host>[^:]*):(?P<number>\d+)(\.\d+)?", os.environ.get("DISPLAY", ""))
    if not found:
        return False
    host, number = found["host"], int(found["number"])
    local = host in ("", "unix")
    addresses: list[tuple[socket.AddressFamily, str | tuple[str, int]]] = (
        [(socket.AF_UNIX, f"\0/tmp/.X11-unix/X{number}"), (socket.AF_UNIX, f"/tmp/.X11-unix/X{number}")]
        if local
        else [(socket.AF_INET, (host, 6000 + number))]
    )
    for family, address in addresses:
        with socket.socket(family, socket.SOCK_STREAM) as server:
            server.settimeout(2)
            try:
                server.connect(address)
            except OSError:
                continue
            return True
    return False


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
