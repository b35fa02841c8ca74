"""The finder's network: a small fully convolutional one that tells for each place whether a digit stands there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from train.finder.batches.targets import CHANNELS

WIDTHS = (12, 16, 48, 80, 128)  # channels at strides 2, 4, 8, 16, 32
HEAD = 24
CENTRE_BIAS = -4.0  # digits are rare: the net begins by saying so
DISTANCE_BIAS = 0.8


def build() -> keras.Model:
    """A U-Net from stride 32 back to stride 4; about 360,000 weights.

    Input (N, H, W, 2) float32 from `network_input`, H and W multiples of 32. Output (N, H/4, W/4, 17): a digit's centre
    (logit); logarithms of the distances from the cell's middle to the digit's left, top, right and bottom in cells of
    4 pixels; logits of ground, digit and other ink for the four quarters of the cell.
    """
    picture = keras.Input((None, None, 2), name="picture")
    half = _convolve(picture, WIDTHS[0], stride=2)
    quarter = _convolve(half, WIDTHS[1], stride=2)
    eighth = _residual(_convolve(quarter, WIDTHS[2], stride=2), _separable)
    sixteenth = _residual(_convolve(eighth, WIDTHS[3], stride=2), _separable)
    lowest = _convolve(sixteenth, WIDTHS[4], stride=2)
    lowest = _residual(_residual(lowest, _dense), _separable)
    x = _join(lowest, sixteenth, WIDTHS[3])
    x = _residual(_residual(x, _separable), _separable)
    x = _join(x, eighth, WIDTHS[2])
    x = _residual(_residual(x, _separable), _separable)
    x = _residual(_join(x, quarter, HEAD), _separable)
    x = layers.ReLU()(_separable(x))
    start = [CENTRE_BIAS] + [DISTANCE_BIAS] * 4 + [0.0] * 12
    maps = layers.Conv2D(CHANNELS, 1, bias_initializer=keras.initializers.Constant(start), name="maps")(x)
    return keras.Model(picture, maps, name="finder")


def _convolve(x: keras.KerasTensor, filters: int, size: int = 3, stride: int = 1) -> keras.KerasTensor:
    return layers.ReLU()(_linear(x, filters, size, stride))


def _linear(x: keras.KerasTensor, filters: int, size: int = 1, stride: int = 1) -> keras.KerasTensor:
    x = layers.Conv2D(filters, size, stride, padding="same", use_bias=False)(x)
    return FusedNormalization(momentum=0.97)(x)


def _separable(x: keras.KerasTensor) -> keras.KerasTensor:
    channels = x.shape[-1]
    return _linear(layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x), channels)


def _dense(x: keras.KerasTensor) -> keras.KerasTensor:
    return _linear(x, x.shape[-1], size=3)


def _residual(
    x: keras.KerasTensor, convolve: Callable[[keras.KerasTensor], keras.KerasTensor]
) -> keras.KerasTensor:
    return layers.ReLU()(layers.Add()([x, convolve(x)]))


def _join(low: keras.KerasTensor, high: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    """Bring a map of half the size up to another one and add both."""
    return layers.ReLU()(layers.Add()([Doubled()(_linear(low, filters)), _linear(high, filters)]))


class Doubled(layers.Layer):  # type: ignore[misc]
    """Each cell four times: what `UpSampling2D` does, in operations that the runtime's fast kernels have."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return tf.nn.depth_to_space(tf.concat([inputs] * 4, -1), 2)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        sides = (None if side is None else 2 * side for side in shape[1:3])
        return (shape[0], *sides, shape[3])


class FusedNormalization(layers.BatchNormalization):  # type: ignore[misc]
    """Keras's batch normalization, with TensorFlow's fused operation while fitting: half the time on a processor."""

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: Any = None) -> tf.Tensor:
        if not training:
            return super().call(inputs, training=False)
        output, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs, self.gamma, self.beta, epsilon=self.epsilon, is_training=True)
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + value * (1 - self.momentum))
        return output


def widened(narrow: Sequence[NDArray[np.float32]], model: keras.Model) -> list[NDArray[np.float32]]:
    """The weights that let a network tell what a narrower one of the same layers told.

    What its further channels make of the picture is left to chance, and nothing listens to them yet: weights from a
    further channel to an earlier one are zero (after Chen et al. 2016, Net2Net).

    Args:
        narrow: weights of the narrower network, in the order of `get_weights`; of one as wide they stay as they are.
        model: the wider one.

    Raises:
        ValueError: the layers differ, or are wider than the model's.
    """
    weights = []
    for variable, weight, known in zip(model.weights, model.get_weights(), narrow, strict=True):
        if known.ndim != weight.ndim or (np.array(known.shape) > weight.shape).any():
            raise ValueError(f"expected a {variable.path} of at most {weight.shape}, found {known.shape}")
        if weight.ndim == 4 and "depthwise" not in variable.path:
            weight[:, :, known.shape[2] :, : known.shape[3]] = 0
        weight[tuple(slice(side) for side in known.shape)] = known
        weights.append(weight)
    return weights
