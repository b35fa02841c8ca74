"""From a fitted network to the file that the program runs."""

from __future__ import annotations

import contextlib
import csv
import io
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from recognizer.detection.network import Network, network_input

EXACT = 3  # operations at the end that stay in float32: eight bits are too coarse for a box's sides
DOUBTFUL = -4.0  # a centre's logit from which on it may become a digit

Grey = NDArray[np.uint8]  # (H, W), a picture; its sides are multiples of 32


def to_litert(model: keras.Model, pictures: Sequence[Grey] = ()) -> bytes:
    """Convert; height and width stay open.

    Args:
        model: the network.
        pictures: what it will be shown: by the ranges that its layers have there, weights and what flows between the
            layers get eight bits, but for the last EXACT operations. Without any all stays in float32.
    """
    import tensorflow as tf

    def converter() -> Any:
        made = tf.lite.TFLiteConverter.from_keras_model(model)
        if pictures:
            made.optimizations = [tf.lite.Optimize.DEFAULT]
            made.representative_dataset = lambda: _shown(pictures)
        return made

    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():  # the converter lists every tensor
        warnings.simplefilter("ignore")
        if not pictures:
            return bytes(converter().convert())
        tools = tf.lite.experimental

        def debugger(exact: list[str] | None = None) -> Any:
            options = tools.QuantizationDebugOptions(denylisted_nodes=exact)
            return tools.QuantizationDebugger(converter=converter(), debug_dataset=lambda: _shown(pictures[:1]),
                                              debug_options=options)

        return bytes(debugger(_operations(debugger())[-EXACT:]).get_nondebug_quantized_model())


def _shown(pictures: Sequence[Grey]) -> Iterator[list[NDArray[np.float32]]]:
    return ([network_input(grey)[None]] for grey in pictures)


def _operations(debugger: Any) -> list[str]:
    """The names of a network's operations, in their order."""
    table = io.StringIO()
    debugger.run()
    debugger.layer_statistics_dump(table)
    return [row["tensor_name"] for row in csv.DictReader(io.StringIO(table.getvalue()))]


def difference(model: keras.Model, content: bytes, pictures: Sequence[Grey]) -> float:
    """How far the logits of centres that may be digits' are in the exported file from Keras's: their deviation."""
    network, squares = Network(content), [np.zeros(0, np.float32)]
    for grey in pictures:
        expected = np.asarray(model(network_input(grey)[None], training=False))[0, ..., 0]
        squares.append((expected - network.maps(grey)[..., 0])[expected > DOUBTFUL] ** 2)
    every = np.concatenate(squares)
    return float(np.sqrt(every.mean())) if len(every) else 0.0
