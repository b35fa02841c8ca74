"""From a fitted Keras network to the bundle that the program ships."""

from __future__ import annotations

import contextlib
import io

import keras
import numpy as np
from numpy.typing import NDArray

from train.data.mnist import Pictures
from train.model.fit import as_input


def to_litert(model: keras.Model) -> bytes:
    """Convert with weights quantised to eight bits (dynamic range); activations stay float32.

    The file gives two outputs: the logits, and the features that the last layer, a dense one, makes them from.
    """
    import tensorflow as tf

    with_features = keras.Model(model.input, [model.output, model.layers[-1].input])
    converter = tf.lite.TFLiteConverter.from_keras_model(with_features)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    with contextlib.redirect_stdout(io.StringIO()):  # the converter lists every tensor
        content: bytes = converter.convert()
    return content


def keras_labels(model: keras.Model, crops: Pictures) -> NDArray[np.int64]:
    """The likeliest class of each crop (N, 28, 28), as Keras itself sees it; (N,) int64."""
    labels: NDArray[np.int64] = np.asarray(model.predict(as_input(crops), batch_size=1000, verbose=0)).argmax(1)
    return labels
