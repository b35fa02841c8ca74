"""The network: a small CNN from a 28×28 crop to eleven logits."""

import keras
from keras import layers

CLASSES = 11  # ten digits and "no digit"


def build() -> keras.Model:
    """Four convolutions, and one of 7×7 that looks at each channel whole; 146,283 weights.

    The first one halves the picture at once: it is binary, so 5×5 pixels of it fit into 32 channels. The
    last one stands where others average: it costs 4,704 weights and keeps where things are, which tells
    a 6 from a 9. Input (N, 28, 28, 1) float32 in 0..1, output (N, 11) logits.
    """
    picture = keras.Input((28, 28, 1), name="crop")
    x = _convolve(picture, 32, size=5, stride=2)
    x = _convolve(x, 48)
    x = _convolve(x, 96, stride=2)
    x = _convolve(x, 96)
    x = layers.DepthwiseConv2D(7, use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))
    x = layers.Dropout(0.15)(layers.Flatten()(x))
    return keras.Model(picture, layers.Dense(CLASSES, name="logits")(x), name="digits")


def _convolve(x: keras.KerasTensor, filters: int, size: int = 3, stride: int = 1) -> keras.KerasTensor:
    x = layers.Conv2D(filters, size, stride, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))
