"""How bright a picture is."""

from __future__ import annotations

import cv2
import numpy as np

from recognizer.core.frame import Image


def quantile_of(grey: Image, share: float) -> int:
    """The tone that this share of a picture's pixels doesn't exceed, (H, W) uint8; 0.5 for the median."""
    counts = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel().cumsum()
    return int(np.searchsorted(counts, share * counts[-1]))
