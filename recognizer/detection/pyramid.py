"""A frame in grey at halves of its size, each made when it is first asked for."""

from __future__ import annotations

import cv2
import numpy as np

from recognizer.core.frame import Image


class Pyramid:
    """A frame in grey, full size and halved again and again.

    Args:
        image: (H, W, 3) uint8, BGR, or (H, W) uint8, grey.

    Attributes:
        image: as given.
        size: of the frame, width and height in pixels.
    """

    def __init__(self, image: Image) -> None:
        self.image = image
        self.size = image.shape[1], image.shape[0]
        self._levels = [image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)]

    def level(self, index: int) -> Image:
        """The frame halved `index` times, (h, w) uint8."""
        while len(self._levels) <= index:
            self._levels.append(resized(self._levels[-1], 1 / 2))
        return self._levels[index]

    def scaled(self, scale: float) -> Image:
        """The frame `scale` times as large, (h, w) uint8."""
        index = 0
        while scale * 2 ** (index + 1) <= 1:
            index += 1
        return resized(self.level(index), scale * 2**index)


def resized(grey: Image, scale: float) -> Image:
    """A picture `scale` times as large, at least a pixel each way."""
    if scale == 1:
        return grey
    size = [max(1, round(side * scale)) for side in grey.shape[::-1]]
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, size, interpolation=how), np.uint8)
