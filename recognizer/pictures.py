"""Reads one picture of any common kind as the rest of the program wants it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from recognizer.errors import SourceError
from recognizer.types import Image

SLATE = 64  # brightness of the ground under light ink
PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm", ".jp2"}


def read_picture(path: Path) -> Image:
    """Read a picture as (H, W, 3) uint8, BGR, turned upright.

    What is transparent becomes white, or dark where the ink on it is light.

    Raises:
        SourceError: no such file, empty, not a picture, or larger than OpenCV's limit on pixels.
    """
    try:
        content = np.fromfile(path, np.uint8)
    except OSError as error:
        raise SourceError(f"{path}: can't be read ({error.strerror})") from error
    if not content.size:
        raise SourceError(f"{path}: the file is empty; expected a picture")
    # Only the unchanged picture has its transparency, only the other way turns photographs upright.
    jpeg = content[:2].tobytes() == b"\xff\xd8"
    try:
        image = cv2.imdecode(content, cv2.IMREAD_COLOR if jpeg else cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise SourceError(f"{path}: can't be decoded ({error.err}); too large or damaged") from error
    if image is None:
        raise SourceError(f"{path}: not a picture that can be decoded; expected JPEG, PNG, BMP, WebP or TIFF")
    return _to_bgr(image)


def _to_bgr(image: np.ndarray) -> Image:
    if image.dtype != np.uint8:
        top = 65535 if image.dtype == np.uint16 else max(float(image.max()), 1e-9)
        image = (image.astype(np.float32) * (255 / top)).clip(0, 255).astype(np.uint8)
    if image.ndim == 2 or image.shape[2] == 1:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), np.uint8)
    if image.shape[2] == 4:
        return _on_a_ground(np.asarray(image[..., :3], np.uint8), np.asarray(image[..., 3], np.uint8))
    return image


def _on_a_ground(image: Image, opacity: Image) -> Image:
    """A picture (H, W, 3) laid by its opacity (H, W), 0 to 255, on white, or on slate where its ink is light."""
    if (opacity == 255).all():
        return np.ascontiguousarray(image)
    ground = SLATE if np.mean(cv2.mean(image, mask=opacity)[:3]) > 128 else 255
    result = np.empty_like(image)
    for channel in range(3):  # one at a time: a large picture's products take much memory
        mixed = image[..., channel].astype(np.uint16) * opacity + (255 - opacity.astype(np.uint16)) * ground
        result[..., channel] = (mixed + 127) // 255
    return result
