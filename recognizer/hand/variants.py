"""A crop as the same hand might write it next time, or as it may be cut out next time."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.classification.preprocess import CROP_SIDE, normalise

SCALE = 3  # how much larger a crop is made before it is bent
# Degrees to the right, slant to the right, and by how much the pen gets wider, in thirds of a pixel.
VARIANTS = ((-9, 0.0, 0), (-4, 0.0, 1), (4, 0.0, 1), (9, 0.0, 0), (0, -0.14, 0), (0, 0.14, 0), (3, 0.08, -1),
            (-3, -0.08, -1))
PEN = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))


def variants(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A crop (28, 28), 0 or 255, turned, slanted, and by other pens: (8, 28, 28)."""
    side = CROP_SIDE * SCALE
    large = np.asarray(cv2.resize(crop, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)
    return np.stack([normalise(_bent(large, *variant)) for variant in VARIANTS])


def _bent(large: NDArray[np.uint8], angle: float, slant: float, wider: int) -> NDArray[np.uint8]:
    middle = len(large) / 2
    matrix = np.asarray(cv2.getRotationMatrix2D((middle, middle), -angle, 1), np.float64)
    matrix[:, 2] += matrix[:, :2] @ (slant * middle, 0)
    matrix[:, 1] -= slant * matrix[:, 0]
    bent = np.where(cv2.warpAffine(large, matrix, large.shape[::-1]) > 127, np.uint8(255), np.uint8(0))
    if wider > 0:
        return np.asarray(cv2.dilate(bent, PEN), np.uint8)
    thinner = np.asarray(cv2.erode(bent, PEN), np.uint8) if wider < 0 else bent
    return thinner if 2 * np.count_nonzero(thinner) > np.count_nonzero(bent) else bent  # a hairline stays
