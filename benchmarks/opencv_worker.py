"""The part of `opencv_versions` that runs in each version's own environment; prints JSON.

    python -m benchmarks.opencv_worker time demo.mp4 …    milliseconds a frame, by clip
    python -m benchmarks.opencv_worker read demo.mp4 …    the labels that are read in each frame, by clip
"""

from __future__ import annotations

import json
import sys
from typing import Any

import cv2
import numpy as np

from benchmarks.stages import CLIPS, time_stages, time_whole, use_threads
from recognizer import Recognizer

FRAMES = 60  # that are timed; what is read is read in all


def measure(clips: list[str]) -> dict[str, Any]:
    """Milliseconds a frame with one thread: {clip: {"find": …, "whole": …}}."""
    use_threads(1)
    recognizer = Recognizer()
    return {
        clip: {
            "find": time_stages(recognizer, CLIPS / clip, FRAMES)["find"],
            "whole": time_whole(recognizer, CLIPS / clip, FRAMES).wall,
        }
        for clip in clips
    }


def read(clips: list[str]) -> dict[str, Any]:
    """The sorted labels of each frame: {"opencv": …, "numpy": …, "read": {clip: [[0, 2, 2, 6], …]}}."""
    recognizer = Recognizer()
    labels = {clip: [sorted(d.label for d in r.digits) for r in recognizer.watch(CLIPS / clip)] for clip in clips}
    return {"opencv": cv2.__version__, "numpy": np.__version__, "read": labels}


if __name__ == "__main__":
    print(json.dumps({"time": measure, "read": read}[sys.argv[1]](sys.argv[2:])))
