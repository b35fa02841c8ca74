"""python -m benchmarks.others keras|rapidocr CLIP FRAMES: how others read a clip; prints milliseconds a frame.

Each runs in a process of its own, with the Python that has it: `live` starts them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from itertools import islice

import cv2
import numpy as np

from benchmarks.frames import decode

Read = Callable[[np.ndarray], object]


def keras() -> Read:
    """The tutorials' way: an adaptive threshold, a box around each contour, `predict` once a digit."""
    import tensorflow as tf

    layers = tf.keras.layers
    network = tf.keras.Sequential([
        layers.Input((28, 28, 1)), layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten(),
        layers.Dense(10, activation="softmax")])

    def read(image: np.ndarray) -> list[int]:
        grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (5, 5), 0)
        binary = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY_INV, 31, 15)
        contours, _ = cv2.findContours(binary, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        labels = []
        for x, y, w, h in map(cv2.boundingRect, contours):
            if 20 <= h <= 200 and w <= 1.5 * h:
                crop = cv2.resize(binary[y : y + h, x : x + w], (28, 28)).astype(np.float32)
                labels.append(int(network.predict(crop[None, ..., None] / 255, verbose=0).argmax()))
        return labels

    return read


def rapidocr() -> Read:
    """A pair of OCR networks, as it comes."""
    from rapidocr_onnxruntime import RapidOCR

    return RapidOCR()


if __name__ == "__main__":
    kind, clip, count = sys.argv[1:]
    read = {"keras": keras, "rapidocr": rapidocr}[kind]()
    frames = list(islice(decode(clip), int(count) + 1))
    read(frames.pop(0))  # sets things up
    start = time.perf_counter()
    for frame in frames:
        read(frame)
    print(1000 * (time.perf_counter() - start) / len(frames))
