"""The network: a small CNN from a 28×28 crop to eleven logits."""

import keras
from keras import layers

CLASSES = 11  # ten digits and "no digit"


def build() -> keras.Model:
    """Five convolutions, 28×28 to 14×14 to 7×7 to 5×5 to 3×3, and a dense layer; 236,203 weights.

    The first two convolutions go two pixels at a time, so little is computed at full size or half of it, where a
    network of this kind spends most of its time. The last two keep to the inside of the picture: no padding is
    computed either.
    Input (N, 28, 28, 1) float32 in 0..1, output (N, 11) logits.
    """
    picture = keras.Input((28, 28, 1), name="crop")
    x = _convolve(picture, 32, size=5, stride=2)
    x = _convolve(x, 64, stride=2)
    x = _convolve(x, 64)
    x = _convolve(x, 96, padding="valid")
    x = _convolve(x, 128, padding="valid")
    x = layers.Dropout(0.15, name="dropout")(layers.Flatten()(x))
    return keras.Model(picture, layers.Dense(CLASSES, name="logits")(x), name="digits")


def _convolve(
    x: keras.KerasTensor, filters: int, size: int = 3, stride: int = 1, padding: str = "same"
) -> keras.KerasTensor:
    x = layers.Conv2D(filters, size, stride, padding=padding, use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.98)(x))
