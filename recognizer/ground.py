"""Takes the light out of a picture: what is left is ink, dark or light, on a ground of one tone."""

from __future__ import annotations

import cv2
import numpy as np

from recognizer.types import Image

PAPER = 128  # what the ground becomes in the flattened picture
DARKNESS = 16  # added to picture and ground before the division: keeps noise in the dark small
LEAST_WINDOW = 31  # pixels, of the background's window
GROUND_SIDE = 90  # shorter side of the picture in which the background is measured

_TONES = np.arange(256)
_DARK = np.clip(PAPER - _TONES, 0, 255).astype(np.uint8)
_LIGHT = np.clip(_TONES - PAPER, 0, 255).astype(np.uint8)
_OFF = np.abs(_TONES - PAPER).astype(np.uint8)


def shrink(grey: Image, scale: float) -> Image:
    """A picture (H, W) uint8 `scale` times as large, at least a pixel each way; scale is 1 at most."""
    size = [max(1, round(side * scale)) for side in grey.shape[::-1]]
    return grey if scale == 1 else np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def flatten(grey: Image, parts: int) -> Image:
    """Divide a picture by its background: the median brightness around each place.

    Args:
        grey: (H, W) uint8.
        parts: the window's side is the picture's shorter one divided by this.

    Returns:
        (H, W) uint8, PAPER on the ground, less on dark ink and more on light.
    """
    factor = max(1, min(grey.shape) // GROUND_SIDE)
    small = shrink(grey, 1 / factor)
    window = max(LEAST_WINDOW, min(grey.shape) // parts) // factor | 1
    ground = cv2.blur(cv2.medianBlur(small, window), (window // 2 | 1, window // 2 | 1))
    ground = cv2.resize(ground, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    lifted = cv2.convertScaleAbs(cv2.blur(grey, (3, 3)), beta=DARKNESS)
    return np.asarray(cv2.divide(lifted, cv2.convertScaleAbs(ground, beta=DARKNESS), scale=PAPER), np.uint8)


def ink_of(flat: Image, dark: bool) -> Image:
    """How far each pixel of a flattened picture is darker, or lighter, than the ground; (H, W) uint8."""
    return np.asarray(cv2.LUT(flat, _DARK if dark else _LIGHT), np.uint8)


def off_ground(flat: Image) -> Image:
    """How far each pixel of a flattened picture is off the ground either way; (H, W) uint8."""
    return np.asarray(cv2.LUT(flat, _OFF), np.uint8)
