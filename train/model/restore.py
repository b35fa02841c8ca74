"""Takes the network out of a .tflite file again, to fit it further where no Keras file of it is left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from keras import layers
from numpy.typing import NDArray

from recognizer.errors import ModelError, UsageError
from train.data.mnist import Pictures
from train.model.network import build

WEIGHTED = ("CONV_2D", "FULLY_CONNECTED")
ENOUGH = 5000  # crops whose statistics are taken


def restore(file: Path, crops: Pictures) -> keras.Model:
    """The recipe's network with the weights of a file that `export.to_litert` wrote.

    The export folds each normalization into the convolution before it. It is unfolded by the statistics that `crops`
    have there, so that the network answers as the file does, and goes on being fitted without a jump.

    Args:
        file: a .tflite file.
        crops: (N, 28, 28) uint8, 0 or 255, like those that it will be fitted to; the first ENOUGH are looked at.

    Raises:
        ModelError: it can't be read.
        UsageError: it holds another network.
    """
    weights = _weights(file)
    model = build()
    convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    normalizations = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
    try:
        x = crops[:ENOUGH, ..., None].astype(np.float32) / np.float32(255)
        for convolution, normalization, (kernel, bias) in zip(
                convolutions, normalizations, weights[:-1], strict=True):
            convolution.set_weights([kernel.transpose(1, 2, 3, 0)])
            x = np.asarray(convolution(x))
            mean, variance = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
            normalization.set_weights([np.sqrt(variance + normalization.epsilon), bias + mean, mean, variance])
            x = np.maximum(0, x + bias)
        kernel, bias = weights[-1]
        model.layers[-1].set_weights([kernel.T, bias])
    except ValueError as error:
        raise UsageError(f"--start {file}: expected this recipe's network, found another") from error
    return model


def _weights(file: Path) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Kernel and bias of each operation that has weights, in order."""
    try:
        interpreter: Any = Interpreter(model_content=file.read_bytes())
        inputs = [op["inputs"] for op in interpreter._get_ops_details() if op["op_name"] in WEIGHTED]  # no public way
        interpreter.allocate_tensors()
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelError(f"{file}: expected a model in LiteRT's format ({error})") from error
    details = {tensor["index"]: tensor for tensor in interpreter.get_tensor_details()}
    return [(_values(interpreter, details[kernel]), _values(interpreter, details[bias])) for _, kernel, bias in inputs]


def _values(interpreter: Any, tensor: Any) -> NDArray[np.float32]:
    values: NDArray[np.float32] = interpreter.get_tensor(tensor["index"]).astype(np.float32)
    scales = tensor["quantization_parameters"]["scales"]
    if len(scales):
        values *= scales.reshape(-1, *[1] * (values.ndim - 1))
    return values
