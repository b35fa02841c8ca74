"""Motion in a picture: whether it looks otherwise than it did."""

from __future__ import annotations

import cv2
import numpy as np

from recognizer.core.frame import Image
from recognizer.tracking.settings import SETTINGS


class Motion:
    """Compares pictures of one size with one that is remembered."""

    def __init__(self) -> None:
        self._patches = np.zeros((0, 0), np.uint8)

    def remember(self, image: Image) -> None:
        """This is how it looks now; (H, W, 3) uint8, BGR, or (H, W) uint8, grey."""
        self._patches = _patches(image)

    def since(self, image: Image) -> bool:
        """Whether more has changed in a picture since then than a hand's tremor makes."""
        return bool((cv2.absdiff(_patches(image), self._patches) > SETTINGS.changed).mean() > SETTINGS.few)


def _patches(image: Image) -> Image:
    """The mean tones of patches of a picture, by a few samples of its green, which has most of its light."""
    step = max(1, -(-max(image.shape[:2]) // SETTINGS.samples))
    few = np.ascontiguousarray(image[::step, ::step] if image.ndim == 2 else image[::step, ::step, 1])
    size = -(-few.shape[1] // SETTINGS.patch), -(-few.shape[0] // SETTINGS.patch)
    return np.asarray(cv2.resize(few, size, interpolation=cv2.INTER_AREA), np.uint8)
