"""What the finder's network is given: a grey picture, and its local contrast."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

WINDOW = 41  # pixels: side of the box whose mean is taken as the ground
GAIN = 6.0
_LOG = np.log(np.arange(256, dtype=np.float32) + 10).astype(np.float32)  # 10 keeps black's noise from counting most


def finder_input(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The two channels of the network's input.

    The first is the picture as it is. The second is how much darker or brighter a pixel is than its surroundings, as
    a ratio (the high-pass of the logarithm), softly clipped: faint pencil in a shadow and a marker in the sun look
    alike there.

    Args:
        grey: (H, W) uint8, 0 to 255.

    Returns:
        (H, W, 2) float32: grey from -0.5 to 0.5, and contrast between -1 and 1.
    """
    height, width = grey.shape
    channels = np.empty((height, width, 2), np.float32)
    np.multiply(grey, np.float32(1 / 255), out=channels[..., 0])
    channels[..., 0] -= np.float32(0.5)
    level = _LOG[grey]
    level -= cv2.blur(level, (WINDOW, WINDOW), borderType=cv2.BORDER_REFLECT)
    level *= np.float32(GAIN)
    np.divide(level, 1 + np.abs(level), out=channels[..., 1])
    return channels
