"""Makes of a decoder's values what the rest of the program wants: 8 bits, BGR, opaque, upright, of square pixels."""

from __future__ import annotations

import math
import struct
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.core.frame import Image
from recognizer.sources.settings import SETTINGS

Pixels = NDArray[Any]

# The orientation of EXIF for the signs of a display matrix: what its rows and columns make of right and down.
_ORIENTATIONS: dict[tuple[int, ...], int] = {
    (1, 0, 0, 1): 1, (-1, 0, 0, 1): 2, (-1, 0, 0, -1): 3, (1, 0, 0, -1): 4,
    (0, 1, 1, 0): 5, (0, 1, -1, 0): 6, (0, -1, -1, 0): 7, (0, -1, 1, 0): 8,
}


def to_bgr(image: Pixels) -> Image:
    """A picture (H, W), or (H, W, 1, 3 or 4) in BGR with opacity last, of any type, as (H, W, 3) uint8, BGR.

    What is transparent becomes white, or dark where the ink on it is light.
    """
    if image.ndim == 3 and image.shape[2] == 2:  # grey and its opacity
        image = np.dstack([image[..., :1]] * 3 + [image[..., 1:]])
    if image.dtype != np.uint8:
        image = _to_bytes(image)
    if image.ndim == 2 or image.shape[2] == 1:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), np.uint8)
    if image.shape[2] == 4:
        return _on_a_ground(np.asarray(image, np.uint8))
    return np.asarray(image[..., :3], np.uint8)


def upright(image: Image, orientation: int) -> Image:
    """A picture (H, W, 3) or (H, W) turned and flipped as an EXIF orientation, 1 to 8, asks for."""
    if orientation in (5, 6, 7, 8):
        image = image.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    return np.ascontiguousarray(image)


def orientation_of(matrix: bytes) -> int:
    """The EXIF orientation, 1 to 8, that a video's display matrix stands for: nine int32, in this machine's order."""
    a, b, _, c, d, *_ = struct.unpack_from("=9i", matrix)
    largest = max(map(abs, (a, b, c, d)))
    signs = [0 if abs(part) < largest / 2 else int(math.copysign(1, part)) for part in (a, b, c, d)]
    return _ORIENTATIONS.get(tuple(signs), 1)


def square_size(width: int, height: int, ratio: float) -> tuple[int, int]:
    """Width and height of a picture whose pixels are `ratio` times as wide as high, once they are made square.

    It is made larger, and only where the ratio is neither next to nothing nor a mistake.
    """
    if not SETTINGS.least_stretch <= max(ratio, 1 / ratio) <= SETTINGS.most_stretch:
        return width, height
    return (round(width * ratio), height) if ratio > 1 else (width, round(height / ratio))


def squared(image: Image, ratio: float) -> Image:
    """A picture, (H, W, 3) or (H, W), whose pixels are `ratio` times as wide as high, made larger to square ones."""
    size = square_size(image.shape[1], image.shape[0], ratio)
    if size == image.shape[1::-1] or size[0] * size[1] * 3 > SETTINGS.most_bytes:
        return image
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _to_bytes(image: Pixels) -> Image:
    """A picture of another type; opacity is scaled on its own.

    Of uint16 as many bits count as its brightest value takes, 8 at least: machine-vision cameras save 10, 12 or 14.
    Of the others the brightest value is made 255.
    """
    result = np.empty(image.shape, np.uint8)
    opaque = image.ndim < 3 or image.shape[2] < 4
    for part in (np.s_[...],) if opaque else (np.s_[..., :3], np.s_[..., 3]):
        values, target = image[part], result[part]
        if image.dtype == np.uint16:
            shift = max(8, int(values.max()).bit_length()) - 8
        else:
            scale = np.float32(255 / max(1e-9, float(values.max(where=np.isfinite(values), initial=0))))
        for row in range(0, len(image), SETTINGS.strip):
            strip = values[row : row + SETTINGS.strip]
            if image.dtype == np.uint16:
                target[row : row + SETTINGS.strip] = strip >> shift
            else:
                target[row : row + SETTINGS.strip] = np.nan_to_num(strip.astype(np.float32) * scale).clip(0, 255)
    return result


def _on_a_ground(image: Image) -> Image:
    """A picture (H, W, 4), opacity last, laid on white, or on slate where its ink is light.

    One that is transparent all over was saved by a program that left opacity empty: it counts as opaque.
    """
    if image[..., 3].min() == 255 or not image[..., 3].any():
        return np.ascontiguousarray(image[..., :3])
    result = np.empty((*image.shape[:2], 3), np.uint8)
    ground = SETTINGS.slate if _ink(image) > 128 else 255
    for row in range(0, len(image), SETTINGS.strip):
        strip = image[row : row + SETTINGS.strip].astype(np.uint16)
        mixed = strip[..., :3] * strip[..., 3:] + (255 - strip[..., 3:]) * ground
        result[row : row + SETTINGS.strip] = (mixed + 127) // 255
    return result


def _ink(image: Image) -> float:
    """The mean tone, 0 to 255, of what can be seen of a picture (H, W, 4); 0 where that is nothing."""
    total = count = 0
    for row in range(0, len(image), SETTINGS.strip):
        strip = image[row : row + SETTINGS.strip]
        seen = strip[strip[..., 3] > 0]
        total, count = total + int(seen[:, :3].sum()), count + seen[:, :3].size
    return total / max(1, count)
