"""From a fitted network to the file that the program runs."""

from __future__ import annotations

import contextlib
import io

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

SIZES = ((96, 128), (64, 64))  # pictures that both are compared on, height and width
TOLERANCE = 1e-3  # of logits


class Finder:
    """The exported network; a context-free thing that takes pictures of any size that is a multiple of 32."""

    def __init__(self, content: bytes, threads: int = 1) -> None:
        self._interpreter = Interpreter(model_content=content, num_threads=threads)
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]
        self._shape: tuple[int, ...] = ()

    def __call__(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """Maps (H/4, W/4, 17) float32 of an input (H, W, 2) float32."""
        if picture.shape != self._shape:
            self._interpreter.resize_tensor_input(self._input, (1, *picture.shape))
            self._interpreter.allocate_tensors()
            self._shape = picture.shape
        self._interpreter.set_tensor(self._input, picture[None])
        self._interpreter.invoke()
        maps: NDArray[np.float32] = self._interpreter.get_tensor(self._output)[0]
        return maps


def to_litert(model: keras.Model) -> bytes:
    """Convert, all in float32; height and width stay open."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    with contextlib.redirect_stdout(io.StringIO()):  # the converter lists every tensor
        content: bytes = converter.convert()
    return content


def difference(model: keras.Model, content: bytes) -> float:
    """The largest difference between Keras's output and the exported file's, on noise of several sizes."""
    finder, rng, largest = Finder(content), np.random.default_rng(0), 0.0
    for height, width in SIZES:
        picture = rng.uniform(-0.5, 0.5, (height, width, 2)).astype(np.float32)
        expected = np.asarray(model(picture[None], training=False))[0]
        largest = max(largest, float(np.abs(expected - finder(picture)).max()))
    return largest
