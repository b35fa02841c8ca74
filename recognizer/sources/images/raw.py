"""Reads a camera's raw photographs whole, never from the thumbnail that lies in them; by LibRaw, an extra."""

from __future__ import annotations

import io

import cv2
import numpy as np

from recognizer.core.frame import Image
from recognizer.errors import SourceError
from recognizer.sources.images.picture import check_size


def read_raw(content: bytes, name: str) -> Image:
    """Develop a raw photograph (DNG, NEF, CR2, ARW …) as (H, W, 3) uint8, BGR, turned upright.

    Raises:
        SourceError: rawpy isn't installed, or the photograph is damaged, too large or of a camera that it doesn't know.
    """
    try:
        import rawpy
    except ImportError as error:
        raise SourceError(f"{name}: a raw photo; it can be read with the package rawpy ('pip install rawpy'), or "
                          "export it as JPEG: the small picture inside of it is not what is to be read") from error
    try:
        with rawpy.imread(io.BytesIO(content)) as photo:
            check_size(name, photo.sizes.raw_width, photo.sizes.raw_height, 8)
            developed = photo.postprocess(use_camera_wb=True, output_bps=8)
    except rawpy.LibRawError as error:
        told = error.args[0].decode(errors="replace") if error.args and isinstance(error.args[0], bytes) else error
        raise SourceError(f"{name}: a raw photo that can't be decoded ({told}); export it as JPEG") from error
    return np.asarray(cv2.cvtColor(developed, cv2.COLOR_RGB2BGR), np.uint8)
