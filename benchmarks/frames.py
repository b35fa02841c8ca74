"""A clip's frames by OpenCV alone, with nothing of the program: what others are measured against."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import cv2
import numpy as np


def decode(clip: str | Path) -> Generator[np.ndarray, None, None]:
    """Each frame of a video, (H, W, 3) uint8, BGR."""
    capture = cv2.VideoCapture(str(clip))
    try:
        while True:
            good, image = capture.read()
            if not good:
                return
            yield image
    finally:
        capture.release()
