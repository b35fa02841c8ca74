"""The window: shows the labelled frames and takes the keys."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

import cv2

from recognizer.core.frame import Image
from recognizer.core.geometry import Box
from recognizer.drawing.overlay import draw, draw_state, fill
from recognizer.errors import OutputError
from recognizer.reading import Reading
from recognizer.window.keys import ESCAPE, NO_KEY, Key
from recognizer.window.pointer import Pointer
from recognizer.window.recorder import Recorder
from recognizer.window.screen import Server, fitting
from recognizer.window.settings import SETTINGS
from recognizer.window.teaching import ASK, Teaching

if TYPE_CHECKING:
    from recognizer.reader import Recognizer

TITLE = "digits"


class Window:
    """Shows the labelled frames; a sink. Videos run at their own speed, photographs wait for a key.

    Args:
        mirror: show the picture as a mirror does; what is read stays as it is.
        debug: show what the program sees.
        choose: takes the part of the frame that was marked with the mouse, in pixels; None for the whole.
        recognizer: is taught; None for nobody.

    Attributes:
        closed: the user closed the window or pressed q or Esc.
    """

    def __init__(
        self, mirror: bool = False, debug: bool = False, choose: Callable[[Box | None], None] | None = None,
        recognizer: Recognizer | None = None,
    ) -> None:
        self.closed = False
        self._mirror, self._debug = mirror, debug
        self._paused = self._full = self._helping = False
        self._reading: Reading | None = None
        self._start: float | None = None
        self._source = ""
        self._notice, self._until = "", 0.0
        self._choose = choose
        self._pointer = Pointer()
        self._shown = 1, 1  # width and height of what is shown
        self._recorder = Recorder(self._notify)
        self._teaching = Teaching(recognizer, self._notify)
        self._code = NO_KEY  # of the key that was pressed last
        self._clicked = False  # since the picture was shown
        self._server: Server | None = None
        self._lost = False

    def __enter__(self) -> Self:
        self._server = Server()
        cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        cv2.setMouseCallback(TITLE, self._mouse)
        return self

    def _mouse(self, event: int, x: int, y: int, _: int, __: object) -> None:
        """Take a click on a digit, or a part of the frame that is marked."""
        if self._reading is None or self._debug:
            return
        x = self._shown[0] - 1 - x if self._mirror else x
        done = self._pointer.event(event, x, y, self._shown, self._reading.frame.size)
        if isinstance(done, Box):
            if self._choose is not None:
                self._choose(done)
        elif done is not None:
            self._teaching.choose_at(self._reading, done)
            self._clicked = True

    def whole(self) -> None:
        if self._choose is not None:
            self._choose(None)

    def write(self, reading: Reading) -> None:
        """Show a reading, and wait until its time is over."""
        frame = reading.frame
        if frame.source != self._source:
            cv2.resizeWindow(TITLE, *fitting(*frame.size))
            self._source, self._start = frame.source, time.monotonic() - frame.time
        self._reading = reading
        self._recorder.write(reading)
        self._look_for_server()
        self._show()
        self._wait(0.0 if frame.live else float("inf") if frame.still else (self._start or 0.0) + frame.time)

    def _show(self) -> None:
        """Draw the present reading as large as the window is, so that its lettering is legible on any screen."""
        if self._reading is not None:
            picture = self._drawn(self._reading)
            self._shown, self._clicked = (picture.shape[1], picture.shape[0]), False
            cv2.imshow(TITLE, picture)

    def _drawn(self, reading: Reading) -> Image:
        frame = reading.frame
        _, _, wide, high = cv2.getWindowImageRect(TITLE)
        if self._debug:
            picture = fill(reading.draw_debug(), max(1, wide), max(1, high))
            draw_state(picture, frame, len(reading.numbers), reading.fps, self._notes())
            return picture
        width, height = frame.size
        scale = min(wide / width, high / height)
        fits = min(width, height) * scale >= 1
        picture = draw(frame, reading.digits, reading.numbers, reading.fps, round(width * scale) if fits else None,
                       self._mirror, self._notes())
        self._teaching.draw(picture, reading, self._mirror)
        return picture

    def _notes(self) -> list[str]:
        if self._helping:
            return [f"{key.names}   {key.help}" for key in KEYS]
        notes = ["recording"] if self._recorder.recording else []
        notes += ["paused"] if self._paused else []
        notes += [ASK] if self._reading and self._teaching.chosen(self._reading) else []
        return notes + ([self._notice] if time.monotonic() < self._until else [])

    def _wait(self, due: float) -> None:
        """Handle the window's events at least once and until `due`; with a photograph until a key."""
        still = due == float("inf")
        while True:
            self._look_for_server()
            left = SETTINGS.poll if self._paused else max(1.0, (due - time.monotonic()) * 1000)
            code = cv2.waitKey(int(min(SETTINGS.poll, left))) & 0xFF
            was_paused = self._paused
            known = self._press(code)
            if self._clicked:
                self._show()
            if _is_gone():
                self.closed = True
            if was_paused and not self._paused and self._start is not None and self._reading:
                self._start = time.monotonic() - self._reading.frame.time  # go on from here
                due = 0.0
            if self.closed or (still and code != NO_KEY and not known):
                return
            if not self._paused and time.monotonic() >= due:
                return

    def _look_for_server(self) -> None:
        if self._server and self._server.gone:
            self.lose()
            raise OutputError("the window: its display is gone; what was written stays, start again where one is")

    def lose(self) -> None:
        """The display is gone: nothing may be asked of it any more."""
        self._lost = True

    @property
    def stopped(self) -> bool:
        """Something that a key asked for could not be written."""
        return self._recorder.stopped or self._teaching.stopped

    def _press(self, code: int) -> bool:
        """Do what a key is for, and show it; whether it is for anything."""
        for key in KEYS:
            if code in key.codes:
                self._code = code
                key.action(self)
                self._show()
                return True
        return False

    def quit(self) -> None:
        self.closed = True

    def pause(self) -> None:
        self._paused = not self._paused

    def snapshot(self) -> None:
        if self._reading is not None:
            self._recorder.snapshot(self._reading)

    def record(self) -> None:
        self._recorder.record()

    def mirror(self) -> None:
        self._mirror = not self._mirror

    def debug(self) -> None:
        self._debug = not self._debug

    def full_screen(self) -> None:
        self._full = not self._full
        cv2.setWindowProperty(TITLE, cv2.WND_PROP_FULLSCREEN,
                              cv2.WINDOW_FULLSCREEN if self._full else cv2.WINDOW_NORMAL)

    def help(self) -> None:
        self._helping = not self._helping

    def next_digit(self) -> None:
        if self._reading:
            self._teaching.choose_next(self._reading)

    def teach(self) -> None:
        if self._reading:
            self._reading = self._teaching.teach(self._reading, chr(self._code))

    def undo(self) -> None:
        if self._reading:
            self._reading = self._teaching.undo(self._reading)

    def _notify(self, text: str) -> None:
        self._notice, self._until = text, time.monotonic() + SETTINGS.notice

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._recorder.__exit__(kind, error, trace)
        finally:
            if not self._lost:
                cv2.destroyAllWindows()
            if self._server:
                self._server.close()


# The list that `h` shows, and the table of docs/flags.md.
KEYS = (
    Key((ord("q"), ESCAPE), "q, Esc", Window.quit, "quit"),
    Key((ord("p"), ord(" ")), "space, p", Window.pause, "pause and go on"),
    Key((ord("s"),), "s", Window.snapshot, "snapshot: the picture and its event"),
    Key((ord("v"),), "v", Window.record, "record a video, and end it"),
    Key((ord("m"),), "m", Window.mirror, "mirror"),
    Key((ord("d"),), "d", Window.debug, "debug: what the program sees"),
    Key((ord("a"),), "a", Window.whole, "all: look everywhere again; the mouse marks a part"),
    Key((ord("\t"),), "Tab", Window.next_digit, "choose the next digit to teach; a click chooses any"),
    Key(tuple(map(ord, "0123456789x")), "0-9, x", Window.teach, "teach: the chosen digit is this one, or none"),
    Key((ord("u"),), "u", Window.undo, "undo the last lesson"),
    Key((ord("f"),), "f", Window.full_screen, "full screen"),
    Key((ord("h"),), "h", Window.help, "this list"),
)


def _is_gone() -> bool:
    """Whether the user closed the window."""
    try:
        return cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) < 1
    except cv2.error:  # with Qt a closed window isn't known any more
        return True
