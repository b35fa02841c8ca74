"""From a digit's mask to the 28×28 picture that the network knows, the MNIST way.

The same function serves the live path and the training, so the two can't drift apart.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.errors import InputError

CROP_SIDE = 28  # side of the normalised picture
FIT = 20  # longer side of the digit in it
CENTRE = 14.0  # where MNIST's centres of mass lie, measured over its test set: 13.99, 14.01


def normalise(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Crop a mask to its ink, fit it into 20×20, centre it by mass in 28×28 and binarise it.

    The method is that of http://yann.lecun.com/exdb/mnist/, followed by a threshold. The threshold
    sinks with the strokes' width, so that a hairline survives being made small.

    Args:
        mask: (H, W) uint8, ink where it isn't zero.

    Returns:
        (28, 28) uint8, 255 where there is ink and 0 elsewhere; all 0 for a mask without ink, or with
        too little to be seen at that size.

    Raises:
        InputError: the mask isn't a two-dimensional uint8 array.
    """
    if mask.ndim != 2 or mask.dtype != np.uint8:
        raise InputError(f"expected a mask (H, W) of uint8, found {mask.shape} of {mask.dtype}")
    crop = np.zeros((CROP_SIDE, CROP_SIDE), np.uint8)
    x, y, w, h = cv2.boundingRect(mask) if mask.size else (0, 0, 0, 0)
    if not w:
        return crop
    ink = cv2.threshold(mask[y : y + h, x : x + w], 0, 255, cv2.THRESH_BINARY)[1]
    scale = FIT / max(w, h)
    size = (max(1, round(w * scale)), max(1, round(h * scale)))
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    inked_mean = cv2.mean(small, small)[0]
    binary = cv2.threshold(small, min(127.0, 0.75 * inked_mean), 255, cv2.THRESH_BINARY)[1]
    moments = cv2.moments(binary, binaryImage=True)
    if not moments["m00"]:
        return crop
    top = _offset(moments["m01"] / moments["m00"], size[1])
    left = _offset(moments["m10"] / moments["m00"], size[0])
    crop[top : top + size[1], left : left + size[0]] = binary
    return crop


def _offset(mean: float, length: int) -> int:
    """Where a side of `length` pixels begins so that the mean position falls on the centre."""
    return min(max(round(CENTRE - mean), 0), CROP_SIDE - length)
