"""Whether this machine has a display, and the window on it.

OpenCV aborts the whole process when it opens a window without a display, so one is looked for first.
"""

from __future__ import annotations

import os
import re
import socket
import sys
import time
from dataclasses import replace
from types import TracebackType
from typing import Self

import cv2

from recognizer.types import Reading

TITLE = "digits"
QUIT_KEYS = {27, ord("q")}
DEBUG_KEY = ord("d")  # shows what the program sees, and again the labelled picture
POLL = 30  # milliseconds between two looks at whether the window is still there


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


def _is_gone() -> bool:
    """Whether the user closed the window."""
    try:
        return cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) < 1
    except cv2.error:  # with Qt a closed window isn't known any more
        return True


class Window:
    """Shows the labelled frames; a sink. Videos run at their own speed, photographs wait for a key.

    `closed` turns true when the user closes the window or presses q or Esc; d turns the debug view on and off.
    """

    def __init__(self, debug: bool = False) -> None:
        self.closed = False
        self._debug = debug
        self._start: float | None = None
        self._source = ""
        self._reading: Reading | None = None

    def __enter__(self) -> Self:
        cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        return self

    def write(self, reading: Reading) -> None:
        """Show a reading, and wait until its time is over."""
        frame = reading.frame
        if frame.source != self._source:
            width, height = frame.size
            shrink = min(1.0, 1280 / width, 800 / height)
            cv2.resizeWindow(TITLE, max(160, round(width * shrink)), max(120, round(height * shrink)))
            self._source, self._start = frame.source, time.monotonic() - frame.time
        self._reading = reading
        self._show()
        due = float("inf") if frame.still else 0.0 if frame.live else (self._start or 0.0) + frame.time
        self._wait(due)

    def _show(self) -> None:
        if self._reading is not None:
            cv2.imshow(TITLE, replace(self._reading, debug=self._debug).picture)

    def _wait(self, due: float) -> None:
        """Handle the window's events at least once and until `due`, or until a key."""
        while True:
            left = max(1.0, (due - time.monotonic()) * 1000)
            key = cv2.waitKey(int(min(POLL, left))) & 0xFF
            if key == DEBUG_KEY:
                self._debug = not self._debug
                self._show()
                continue
            if key in QUIT_KEYS or _is_gone():
                self.closed = True
            if self.closed or time.monotonic() >= due or (due == float("inf") and key != 0xFF):
                return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        cv2.destroyAllWindows()
