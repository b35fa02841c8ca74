"""Reads one picture of any common kind as the rest of the program wants it."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import cv2
import numpy as np

from recognizer.core.frame import Image
from recognizer.core.stderr import captured_stderr
from recognizer.errors import SourceError
from recognizer.sources.image_header import picture_size
from recognizer.sources.settings import SETTINGS

PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm", ".jp2"}

log = logging.getLogger("recognizer")


def read_picture(path: Path) -> Image:
    """Read a picture as (H, W, 3) uint8, BGR, turned upright.

    What is transparent becomes white, or dark where the ink on it is light.

    Raises:
        SourceError: no such file, empty, not a picture, or too large; the header says that, before it is decoded.
    """
    content = _read(path)
    size = picture_size(content)
    if size is None:
        raise SourceError(f"{path}: not a picture that can be decoded; expected JPEG, PNG, BMP, WebP or TIFF")
    if size.bytes > SETTINGS.most_bytes:
        raise SourceError(f"{path}: expected a picture of up to {SETTINGS.most_bytes // 3_000_000} megapixels, found "
                          f"{size.width}×{size.height} of {size.depth} bytes each; make it smaller")
    # Only the unchanged picture has its transparency, only the other way turns photographs upright.
    jpeg = content.startswith(b"\xff\xd8")
    try:
        with captured_stderr() as damages:
            image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR if jpeg else cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise SourceError(f"{path}: can't be decoded ({error.err}); too large or damaged") from error
    if image is None:
        raise SourceError(f"{path}: can't be decoded; the picture is damaged or cut")
    if damages:
        log.warning("%s: damaged, and read as far as it goes (%s)", path, damages[0].strip())
    return _to_bgr(image)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            content = b"" if size > SETTINGS.most_bytes else file.read(size)  # as much memory is taken as is asked for
    except OSError as error:
        raise SourceError(f"{path}: can't be read ({error.strerror})") from error
    if size > SETTINGS.most_bytes:
        raise SourceError(f"{path}: expected a file of up to {SETTINGS.most_bytes // 1_000_000} MB, found a larger one")
    if not content:
        raise SourceError(f"{path}: the file is empty; expected a picture")
    return content


def _to_bgr(image: np.ndarray) -> Image:
    if image.dtype != np.uint8:
        image = _to_bytes(image)
    if image.ndim == 2 or image.shape[2] == 1:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), np.uint8)
    if image.shape[2] == 4:
        return _on_a_ground(np.asarray(image, np.uint8))
    return image


def _to_bytes(image: np.ndarray) -> Image:
    """A picture of another type: the upper byte of uint16; of the others the brightest value is made 255."""
    if image.dtype == np.uint16:
        return image.view(np.uint8)[..., sys.byteorder == "little" :: 2]
    top = max(1e-9, float(image.max(where=np.isfinite(image), initial=0)))
    result = np.empty(image.shape, np.uint8)
    for row in range(0, len(image), SETTINGS.strip):
        strip = image[row : row + SETTINGS.strip].astype(np.float32) * np.float32(255 / top)
        result[row : row + SETTINGS.strip] = np.nan_to_num(strip).clip(0, 255)
    return result


def _on_a_ground(image: Image) -> Image:
    """A picture (H, W, 4), opacity last, laid on white, or on slate where its ink is light."""
    if image[..., 3].min() == 255:
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
