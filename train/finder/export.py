"""From a fitted network to the file that the program runs."""

from __future__ import annotations

import contextlib
import io

import keras
import numpy as np

from recognizer.detection.network import Network, network_input

SIZES = ((96, 128), (64, 64))  # pictures that both are compared on, height and width


def to_litert(model: keras.Model) -> bytes:
    """Convert, all in float32; height and width stay open."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    with contextlib.redirect_stdout(io.StringIO()):  # the converter lists every tensor
        content: bytes = converter.convert()
    return content


def difference(model: keras.Model, content: bytes) -> float:
    """The largest difference between Keras's output and the exported file's, on noise of several sizes."""
    network, rng, largest = Network(content), np.random.default_rng(0), 0.0
    for size in SIZES:
        grey = rng.integers(0, 256, size).astype(np.uint8)
        expected = np.asarray(model(network_input(grey)[None], training=False))[0]
        largest = max(largest, float(np.abs(expected - network.maps(grey)).max()))
    return largest
