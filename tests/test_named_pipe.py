"""What docs/raspberry_pi.md tells: a sender's Motion JPEG comes through a named pipe and is read as a stream."""

import os
import subprocess
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from harness import PATIENCE, command, environment, written


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are Unix's")
def test_motion_jpeg_through_a_named_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "camera.mjpeg"
    os.mkfifo(pipe)
    rng, pictures = np.random.default_rng(0), []
    for _ in range(8):
        picture = 235 - 190 * written("2048") + rng.normal(0, 3, (360, 640))
        pictures.append(cv2.imencode(".jpg", picture.clip(0, 255).astype(np.uint8))[1].tobytes())
    over = threading.Event()

    def send() -> None:
        try:
            with pipe.open("wb") as file:
                index = 0
                while not over.wait(1 / 30):
                    file.write(pictures[index % len(pictures)])
                    file.flush()
                    index += 1
        except BrokenPipeError:
            pass

    sender = threading.Thread(target=send)
    sender.start()
    with subprocess.Popen(command("--source", pipe, "--no-window", "--numbers"), cwd=tmp_path, env=environment(),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout
            assert program.stdout.readline() == "2048\n"
        finally:
            program.terminate()
            over.set()
            program.communicate(timeout=PATIENCE)
            sender.join()
