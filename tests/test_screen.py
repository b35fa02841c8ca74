"""A display that refuses, is silent or dies, and an OpenCV without windows, neither abort nor hang the program."""

import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import Run
from harness import CLIPS, PATIENCE, PICTURES, command, environment, errors, lines, needs_display

REASON = b"No protocol specified"
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has X servers")


@contextmanager
def server(kind: str) -> Iterator[str]:
    """The name of a display whose server refuses, says nothing, or hangs up."""
    over = threading.Event()
    with socket.socket(socket.AF_UNIX) as listening:
        number = next(n for n in range(700, 800) if _bound(listening, n))
        listening.listen()
        listening.settimeout(0.1)

        def serve() -> None:
            kept = []
            while not over.is_set():
                try:
                    client, _ = listening.accept()
                except TimeoutError:
                    continue
                kept.append(client)
                if kind == "refuses":
                    client.recv(4096)
                    reason = REASON + bytes(-len(REASON) % 4)
                    client.sendall(struct.pack("<BBHHH", 0, len(REASON), 11, 0, len(reason) // 4) + reason)
                elif kind == "hangs up":
                    client.close()
            for client in kept:
                client.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f":{number}"
        finally:
            over.set()
            thread.join()


def _bound(listening: socket.socket, number: int) -> bool:
    try:
        listening.bind(f"\0/tmp/.X11-unix/X{number}")
    except OSError:
        return False
    return True


@pytest.mark.parametrize(("kind", "told"), [("refuses", REASON.decode()), ("says nothing", "does not answer"),
                                            ("hangs up", "closes the connection")])
def test_a_display_that_lets_nobody_in_is_named_and_numbers_are_printed(kind: str, told: str, run: Run) -> None:
    with server(kind) as display:
        done = run("--source", PICTURES / "tiny.png", env={"DISPLAY": display})
        asked = run("--source", PICTURES / "tiny.png", "--window", env={"DISPLAY": display})
    [said] = errors(done)
    assert (done.returncode, done.stdout.split()[-1]) == (0, "3")
    assert said.startswith("recognizer: no display")
    assert told in said
    assert "the numbers are printed instead" in said
    assert asked.returncode == 5
    assert told in errors(asked)[0]


@needs_display
def test_an_opencv_without_windows_is_named_with_what_to_do(display: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import cv2\n"
        "told = cv2.getBuildInformation()\n"
        "for name in ('QT5', 'QT6', 'GTK+'):\n"
        "    told = told.replace(name, 'NONE')\n"
        "cv2.getBuildInformation = lambda: told\n")
    env = environment(display)
    env["PYTHONPATH"] = f"{tmp_path}{os.pathsep}{env['PYTHONPATH']}"
    for flags, code in (((), 0), (("--window",), 5)):
        done = subprocess.run(command("--source", PICTURES / "tiny.png", *flags), cwd=tmp_path, env=env, text=True,
                              capture_output=True, timeout=PATIENCE, check=False)
        assert (done.returncode, len(errors(done))) == (code, 1)
        assert "pip uninstall opencv-python-headless" in done.stderr


@pytest.mark.skipif(not shutil.which("Xvfb"), reason="needs Xvfb")
@pytest.mark.parametrize("source", [CLIPS / "demo.mp4", PICTURES / "tiny.png"], ids=["plays", "waits for a key"])
def test_a_display_that_dies_ends_it_in_good_order(source: Path, tmp_path: Path) -> None:
    ours, theirs = os.pipe()
    with subprocess.Popen(["Xvfb", "-displayfd", str(theirs), "-nolisten", "tcp"], pass_fds=[theirs],
                          stderr=subprocess.DEVNULL) as xvfb:
        os.close(theirs)
        with open(ours) as ready:
            name = f":{ready.readline().strip()}"
        with subprocess.Popen(command("--source", source, "--events", "e.jsonl"), cwd=tmp_path, env=environment(name),
                              stderr=subprocess.PIPE, text=True) as program:
            events = tmp_path / "e.jsonl"
            while not (events.exists() and events.stat().st_size):
                assert program.poll() is None
                time.sleep(0.02)
            xvfb.send_signal(signal.SIGKILL)
            _, said = program.communicate(timeout=PATIENCE)
    assert program.returncode == 5
    assert "display is gone" in said
    assert "Traceback" not in said
    assert lines(events)
