"""A real window, on a display that Xvfb serves."""

import ctypes
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import pytest
from harness import (
    CLIPS,
    PATIENCE,
    PICTURES,
    ROOT,
    command,
    environment,
    lines,
    needs_display,
    press,
    serve,
    summary,
    xdotool,
)

from recognizer import Recognizer
from recognizer.window.window import KEYS, TITLE

pytestmark = needs_display
LONG_CLIP = CLIPS / "demo.mp4"  # at its own speed it plays for seconds after the window stands


@contextmanager
def shown(display: str, source: Path, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The program at work on a source, and its window's id, once it is on the screen."""
    with subprocess.Popen(command("--source", source, "--events", "e.jsonl"), cwd=folder, env=environment(display),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        try:
            yield program, xdotool(display, "search", "--sync", "--onlyvisible", "--name", f"^{TITLE}$").splitlines()[0]
        finally:
            program.kill()


class ClientMessage(ctypes.Structure):
    """Xlib's XClientMessageEvent, padded to the size of XEvent."""

    _fields_ = (
        ("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int), ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong), ("message_type", ctypes.c_ulong), ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5), ("padding", ctypes.c_long * 12),
    )


def ask_to_close(display: str, window: int) -> None:
    """Send what a window manager sends when its close button is pressed; this xdotool can only destroy a window."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XInternAtom.restype = ctypes.c_ulong
    server = ctypes.c_void_p(x11.XOpenDisplay(display.encode()))
    protocols, delete = (x11.XInternAtom(server, name, 0) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW"))
    client_message = 33  # X.h
    event = ClientMessage(type=client_message, window=window, message_type=protocols, format=32)
    event.data[0] = delete
    x11.XSendEvent(server, ctypes.c_ulong(window), 0, ctypes.c_long(0), ctypes.byref(event))
    x11.XCloseDisplay(server)


@pytest.mark.parametrize("key", ["q", "Escape"])
def test_a_key_ends_it(key: str, display: str, tmp_path: Path) -> None:
    with shown(display, LONG_CLIP, tmp_path) as (program, window):
        press(display, window, key)
        printed, said = program.communicate(timeout=PATIENCE)
    assert (program.returncode, printed) == (0, "")
    assert summary(said)["frames"] == len(lines(tmp_path / "e.jsonl"))
    assert 0 < len(lines(tmp_path / "e.jsonl")) < len(lines(LONG_CLIP.with_suffix(".jsonl")))


def test_closing_the_window_ends_it(display: str, tmp_path: Path) -> None:
    with shown(display, LONG_CLIP, tmp_path) as (program, window):
        ask_to_close(display, int(window))
        printed, said = program.communicate(timeout=PATIENCE)
    assert (program.returncode, printed) == (0, "")
    assert summary(said)["frames"] == len(lines(tmp_path / "e.jsonl"))
    assert 0 < len(lines(tmp_path / "e.jsonl")) < len(lines(LONG_CLIP.with_suffix(".jsonl")))


@pytest.mark.parametrize("screen", ["320x240", "800x480"])
def test_the_window_fits_on_a_small_screen(screen: str, tmp_path: Path) -> None:
    with serve(f"{screen}x24") as display, shown(display, LONG_CLIP, tmp_path) as (program, window):
        await_lines(program, tmp_path / "e.jsonl", 3)  # the window gets its size with the first picture
        wide, high = (int(side) for side in screen.split("x"))
        sizes = re.findall(r"\d+", xdotool(display, "getwindowgeometry", window).splitlines()[-1])
        assert int(sizes[0]) <= wide
        assert int(sizes[1]) <= high
        press(display, window, "q")
        program.communicate(timeout=PATIENCE)


def appears(folder: Path, pattern: str) -> Path:
    """The first file of this name in a folder, once it is there and has something in it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = [path for path in folder.glob(pattern) if path.stat().st_size]
        if found:
            return found[0]
        time.sleep(0.02)
    raise AssertionError(f"{pattern} never came")


def test_a_snapshot_is_the_labelled_frame_and_its_event(display: str, tmp_path: Path) -> None:
    with shown(display, LONG_CLIP, tmp_path) as (program, window):
        for key in ("p", "m", "h", "s"):  # neither the mirror nor the list of keys is in what is written
            press(display, window, key)
        event = json.loads(appears(tmp_path, "digits-*.json").read_text())
        press(display, window, "q")
        program.communicate(timeout=PATIENCE)
    picture, reading = cv2.imread(str(next(tmp_path.glob("digits-*.png")))), None
    for reading in Recognizer().watch(LONG_CLIP):
        if reading.frame.index == event["frame"]:
            break
    assert reading
    unlike = {"source": "", "clock": ""}
    assert event | unlike == json.loads(json.dumps(reading.event())) | unlike
    unlike = cv2.absdiff(picture, reading.draw()).max(axis=2) > 0
    assert unlike[100:].sum() == 0  # above stands the status line with its frames a second


def test_a_recording_begins_and_ends_by_key(display: str, tmp_path: Path) -> None:
    with shown(display, LONG_CLIP, tmp_path) as (program, window):
        press(display, window, "v")
        appears(tmp_path, "digits-*.mp4")
        press(display, window, "v")
        press(display, window, "q")
        program.communicate(timeout=PATIENCE)
    video, frames = cv2.VideoCapture(str(next(tmp_path.glob("digits-*.mp4")))), 0
    while video.read()[0]:
        frames += 1
    assert 0 < frames <= len(lines(tmp_path / "e.jsonl"))
    assert program.returncode == 0


def test_a_snapshot_or_recording_that_cannot_be_written_is_told_and_it_goes_on(display: str, tmp_path: Path) -> None:
    folder = tmp_path / "away"
    folder.mkdir()
    with shown(display, LONG_CLIP, folder) as (program, window):
        await_lines(program, folder / "e.jsonl", 3)
        shutil.rmtree(folder)
        assert program.stderr
        for key, said in (("s", "snapshot digits-"), ("v", "recording digits-")):
            press(display, window, key)
            while said not in (line := program.stderr.readline()):
                assert line.startswith("recognizer: --events"), line
            assert line.endswith("the rest goes on without it\n")
        press(display, window, "q")
        program.communicate(timeout=PATIENCE)
    assert program.returncode == 5


def whole_lines(events: Path) -> int:
    return events.read_bytes().count(b"\n")


def await_lines(program: subprocess.Popen[str], events: Path, count: int) -> None:
    while whole_lines(events) < count:
        assert program.poll() is None
        time.sleep(0.02)


def grows(events: Path, held: int, seconds: float = 3.0) -> bool:
    """Whether there come to be more than `held` lines of events within some seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if whole_lines(events) > held:
            return True
    return False


def test_a_pause_holds_the_video_and_lets_it_go_on(display: str, tmp_path: Path) -> None:
    events = tmp_path / "e.jsonl"
    with shown(display, LONG_CLIP, tmp_path) as (program, window):
        # Each key is pressed until it shows: OpenCV loses one that comes while it draws.
        while grows(events, whole_lines(events), seconds=0.5):
            press(display, window, "space")
        assert program.poll() is None  # it is held, not at its end
        while program.poll() is None and not grows(events, whole_lines(events)):
            press(display, window, "space")
        program.communicate(timeout=PATIENCE)
    assert len(lines(events)) == len(lines(LONG_CLIP.with_suffix(".jsonl")))


def test_any_other_key_goes_on_to_the_next_photograph(display: str, tmp_path: Path) -> None:
    with shown(display, PICTURES, tmp_path) as (program, window):
        seen = 0
        while program.poll() is None and seen < 10:
            seen += 1
            while program.poll() is None and len(lines(tmp_path / "e.jsonl")) < seen:
                time.sleep(0.02)
            if program.poll() is None:
                press(display, window, "n")
        program.communicate(timeout=PATIENCE)
    assert [Path(line["source"]).name for line in lines(tmp_path / "e.jsonl")] == [
        path.name for path in sorted(PICTURES.iterdir()) if path.suffix != ".jsonl"]


def test_a_part_marked_with_the_mouse_is_the_only_one_read_and_its_flag_is_printed(
    display: str, tmp_path: Path
) -> None:
    with shown(display, LONG_CLIP, tmp_path) as (program, window):
        await_lines(program, tmp_path / "e.jsonl", 3)
        xdotool(display, "mousemove", "--window", window, "100", "80", "mousedown", "1", "sleep", "0.3",
                "mousemove", "--window", window, "300", "200", "sleep", "0.3", "mouseup", "1")
        assert program.stderr
        said = program.stderr.readline()
        press(display, window, "q")
        program.communicate(timeout=PATIENCE)
    assert re.fullmatch(r"recognizer: --roi \d+,\d+,\d+,\d+\n", said), said


def test_every_key_has_its_row_in_the_docs() -> None:
    rows = (ROOT / "docs" / "flags.md").read_text(encoding="utf-8").splitlines()
    assert [key.names for key in KEYS if f"| {key.names} | {key.help} |" not in rows] == []


HAS_DISPLAY = "from recognizer.window.screen import has_display; print(has_display())"


@pytest.mark.parametrize("name", [":64999", "nonsense", "localhost:59000", ""])
def test_a_display_that_nobody_serves_is_none(name: str, tmp_path: Path) -> None:
    assert ask(name, tmp_path) == "False"


def test_a_served_display_is_one(display: str, tmp_path: Path) -> None:
    assert ask(display, tmp_path) == "True"


def ask(display: str, folder: Path) -> str:
    done = subprocess.run([sys.executable, "-c", HAS_DISPLAY], cwd=folder, env=environment() | {"DISPLAY": display},
                          capture_output=True, text=True, check=True)
    return done.stdout.strip()
