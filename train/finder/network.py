"""The finder's network: a small fully convolutional one that tells for each place whether a digit stands there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import layers

from train.finder.batches.targets import CHANNELS

WIDTHS = (12, 16, 32, 48, 64)  # channels at strides 2, 4, 8, 16, 32
HEAD = 24
CENTRE_BIAS = -4.0  # digits are rare: the net begins by saying so
DISTANCE_BIAS = 0.8


def build() -> keras.Model:
    """A U-Net from stride 32 back to stride 4; about 116,000 weights, 158 million multiplications at 640×384.

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
    low = layers.UpSampling2D(2, interpolation="nearest")(_linear(low, filters))
    return layers.ReLU()(layers.Add()([low, _linear(high, filters)]))


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
