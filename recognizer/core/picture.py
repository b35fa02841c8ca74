"""What is done with whole pictures: made smaller, and measured."""

from __future__ import annotations

import cv2
import numpy as np

from recognizer.core.frame import Image


def quantile_of(grey: Image, share: float) -> int:
    """The tone that this share of a picture's pixels doesn't exceed, (H, W) uint8; 0.5 for the median."""
    counts = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel().cumsum()
    return int(np.searchsorted(counts, share * counts[-1]))


def shrink(picture: Image, scale: float) -> Image:
    """A picture, uint8, `scale` times as large, at least a pixel each way; scale is 1 at most."""
    size = [max(1, round(side * scale)) for side in picture.shape[1::-1]]
    return picture if scale == 1 else np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
