"""Takes the light out of a picture: what is left is ink, dark or light, on a ground of one tone."""

from __future__ import annotations

import cv2
import numpy as np
from cv2.typing import MatLike

from recognizer.core.frame import Image, quantile_of, shrink

PAPER = 128  # what the ground becomes in the flattened picture
DARKNESS = 16  # added to picture and ground before the division: keeps noise in the dark small
LEAST_WINDOW = 31  # pixels, of the background's window
WHITE = 0.995  # share of a picture's pixels that are no brighter than its white
CELLS = 11  # the background's window in pixels of the picture in which it is measured

_PAPER = np.uint8(PAPER)


def ground_of(grey: Image, parts: int) -> Image:
    """The background of a picture: the median brightness in a window around each place.

    Args:
        grey: (H, W) uint8.
        parts: the window's side is the picture's shorter one divided by this.

    Returns:
        A smaller picture, uint8, with DARKNESS added.
    """
    window = max(LEAST_WINDOW, min(grey.shape) // parts)
    small = shrink(grey, min(1.0, CELLS / window))
    return _lifted(cv2.blur(cv2.medianBlur(small, CELLS), (5, 5)))


def white_of(grey: Image) -> int:
    """What is about the brightest in a picture (H, W) uint8: a few pixels may be brighter."""
    return quantile_of(grey, WHITE)


def flatten(grey: Image, ground: Image, white: int = 0) -> Image:
    """Divide a picture by its background.

    Dark ink can be darker than its ground by all of it. Light ink can be lighter by what the ground lacks to white: on
    a dark ground that is more, and mere division would make ink of the glow around strokes.

    Args:
        grey: (H, W) uint8.
        ground: of the same place, of any size, as `ground_of` gives it.
        white: the brightest that there is in the picture.

    Returns:
        (H, W) uint8, PAPER on the ground, less on dark ink and more on light.
    """
    darkest = int(ground.min())
    if ground.shape != grey.shape:
        ground = np.asarray(cv2.resize(ground, grey.shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
    lifted = _lifted(grey)
    flat = np.asarray(cv2.divide(lifted, ground, scale=PAPER), np.uint8)
    whole = white + 2 * DARKNESS
    if whole <= 2 * darkest:
        return flat
    lacking = cv2.max(cv2.subtract(np.full_like(ground, min(255, whole)), ground), ground)
    light = cv2.divide(cv2.subtract(lifted, ground), lacking, scale=PAPER)
    return np.asarray(cv2.add(np.minimum(flat, _PAPER), light), np.uint8)


def ink_of(flat: Image, dark: bool) -> Image:
    """How far each pixel of a flattened picture is darker, or lighter, than the ground; uint8 of its shape."""
    return _PAPER - np.minimum(flat, _PAPER) if dark else np.maximum(flat, _PAPER) - _PAPER


def off_ground(flat: Image) -> Image:
    """How far each pixel of a flattened picture is off the ground either way; uint8 of its shape."""
    return np.maximum(flat, _PAPER) - np.minimum(flat, _PAPER)


def _lifted(picture: MatLike) -> Image:
    return np.asarray(cv2.convertScaleAbs(picture, beta=DARKNESS), np.uint8)
