"""The article's preprocessing, one function a step."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from train.data.mnist import Labels, Pictures

Scaled = NDArray[np.float32]  # (N, 28, 28), 0 to 1, bright ink on black


def scale(pictures: Pictures) -> Scaled:
    """From 0-255 to 0-1."""
    return pictures.astype(np.float32) / np.float32(255)


def binarise(pictures: Scaled) -> Scaled:
    """Ink is 1, paper is 0, parted at 0.5."""
    return (pictures >= 0.5).astype(np.float32)


def denoise(pictures: Scaled, size: int) -> Scaled:
    """Each pixel becomes the median of the `size`×`size` pixels around it; 3 or 5.

    The article gives this up: its pictures are float64, which OpenCV's median refuses. It takes float32 up to 5×5, and
    uint8. Of 0s and 1s the median is the majority, so it does the same before binarising and after it.
    """
    return np.stack([cv2.medianBlur(picture, size) for picture in pictures])


def one_hot(labels: Labels) -> NDArray[np.float32]:
    """A row of ten for each label: 1 at its place, 0 elsewhere."""
    return np.eye(10, dtype=np.float32)[labels]


def prepare(pictures: Pictures, size: int | None = None) -> NDArray[np.float32]:
    """All of it: (N, 28, 28) uint8 as the network takes them, (N, 28, 28, 1) float32 of 0 and 1.

    `size` is that of the median that denoises; None leaves it out.
    """
    prepared = binarise(scale(pictures))
    if size:
        prepared = denoise(prepared, size)
    return prepared[..., None]
