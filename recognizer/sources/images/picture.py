"""Reads the pictures of one file, of any common kind, as the rest of the program wants them.

OpenCV reads what is plain, which is fast; Pillow what has pages, frames, a palette, a colour key or an orientation that
OpenCV leaves out, and the kinds that OpenCV doesn't know. Pillow is imported when it is first needed.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from recognizer.core.frame import Frame, Image, InGrey
from recognizer.core.stderr import captured_stderr
from recognizer.errors import SourceError
from recognizer.sources.images.header import picture_size, pixel_ratio, png_chunks
from recognizer.sources.images.kinds import HEAD, RAW, other_kind, picture_kind
from recognizer.sources.images.pixels import Pixels, squared, to_bgr
from recognizer.sources.settings import SETTINGS

PLAIN = {"BMP", "PPM", "JPEG2000"}  # kinds that OpenCV reads as they are
# Chunks of a PNG that it reads wrongly, or not at all: opacity by a colour, frames, orientation, a pixel's shape.
TOLD_APART = {b"tRNS", b"acTL", b"eXIf", b"pHYs"}
EXPECTED = "expected JPEG, PNG, WebP, TIFF, HEIC, AVIF, GIF or BMP"

log = logging.getLogger("recognizer")


def read_picture(path: Path) -> Image:
    """Read a picture, of several the first, as (H, W, 3) uint8, BGR, turned upright; `read_frames` is faster.

    What is transparent becomes white, or dark where the ink on it is light.

    Raises:
        SourceError: no such file, empty, not a picture, or too large; the header says that, before it is decoded.
    """
    return next(read_frames(read_content(path), str(path))).image


def read_frames(content: bytes, name: str) -> Iterator[Frame]:
    """All pictures of a file: its one, its pages, or the frames of an animation; a slide show's are still.

    Args:
        content: of the file, whole.
        name: what the frames call their source.

    Raises:
        SourceError: as `read_picture`.
    """
    kind = picture_kind(content, name)
    if kind is None:
        raise SourceError(f"{name}: {unreadable(content, 'picture')}")
    if kind == RAW:
        from recognizer.sources.images.raw import read_raw

        yield Frame(read_raw(content, name), source=name)
    elif kind == "JPEG":
        yield Frame(_photograph(content, name), source=name)
    elif kind in PLAIN or (kind == "PNG" and _is_plain(content)):
        yield Frame(to_bgr(decode(content, name)), source=name)
    else:
        from recognizer.sources.images.with_pillow import read_pages

        yield from read_pages(content, kind, name)


def unreadable(content: bytes, what: str) -> str:
    """Why this can't be read as a picture or video, with what is there where that is known."""
    found = other_kind(content[:HEAD])
    if found:
        return f"expected a picture or a video, found {found}; save it as PNG or JPEG"
    return f"not a {what} that can be decoded; {EXPECTED}"


def decode(content: bytes, name: str, page: int = 0) -> Pixels:
    """Decode a page of a picture by OpenCV, (H, W) or (H, W, C) in BGR with opacity last, of the file's own type.

    A JPEG becomes grey: its colours take as long again.

    Raises:
        SourceError: it is too large, or damaged.
    """
    return _decoded(content, name, page)[0]


def _photograph(content: bytes, name: str) -> Image | InGrey:
    """A JPEG in grey; a damaged one at once in colour: what that makes the decoder say would be heard elsewhere."""
    grey, damaged = _decoded(content, name)
    in_colour = partial(_in_colour, content)
    return in_colour() if damaged else InGrey(squared(grey, _upright_ratio(content)), in_colour)


def _decoded(content: bytes, name: str, page: int = 0) -> tuple[Pixels, bool]:
    """A page of a picture, as `decode` gives it, and whether it is damaged."""
    size = picture_size(content)
    if size is None:
        raise SourceError(f"{name}: can't be decoded; the picture is damaged or cut")
    check_size(name, size.width, size.height, size.depth)
    # Only the unchanged picture has its transparency, only the other way turns photographs upright.
    jpeg = content.startswith(b"\xff\xd8")
    values = np.frombuffer(content, np.uint8)
    try:
        with captured_stderr() as damages:
            if page:
                good, pages = cv2.imdecodemulti(values, cv2.IMREAD_UNCHANGED, None, (page, page + 1))
                image = pages[0] if good else None
            else:
                image = cv2.imdecode(values, cv2.IMREAD_GRAYSCALE if jpeg else cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise SourceError(f"{name}: can't be decoded ({error.err}); too large or damaged") from error
    if image is None:
        raise SourceError(f"{name}: can't be decoded; the picture is damaged or cut")
    if damages:
        log.warning("%s: damaged, and read as far as it goes (%s)", name, damages[0].strip())
    return image, bool(damages)


def _in_colour(content: bytes) -> Image:
    """A JPEG that could be decoded in grey, (H, W, 3) uint8, BGR."""
    with captured_stderr():  # what is damaged was told then
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return squared(np.asarray(image, np.uint8), _upright_ratio(content))


def _upright_ratio(content: bytes) -> float:
    """How many times as wide as high the pixels of a JPEG are once it stands upright, as OpenCV gives it."""
    ratio = pixel_ratio(content)
    if ratio == 1:
        return ratio
    from recognizer.sources.images.with_pillow import orientation_in

    return 1 / ratio if orientation_in(content) >= 5 else ratio


def check_size(name: str, width: int, height: int, depth: int) -> None:
    """Refuse a picture that takes too much memory, before it is decoded; `depth` is bytes a pixel."""
    if width * height * depth > SETTINGS.most_bytes:
        most = SETTINGS.most_bytes // (depth * 1_000_000)
        raise SourceError(f"{name}: expected a picture of up to {most} megapixels of {depth} bytes each, found "
                          f"{width}×{height}; make it smaller")


def read_content(path: Path, name: str = "") -> bytes:
    """All bytes of a file.

    Raises:
        SourceError: it can't be read, is empty or too large.
    """
    name = name or str(path)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            content = b"" if size > SETTINGS.most_bytes else file.read(size)  # as much memory is taken as is asked for
    except OSError as error:
        raise SourceError(f"{name}: can't be read ({error.strerror})") from error
    if size > SETTINGS.most_bytes:
        raise SourceError(f"{name}: expected a file of up to {SETTINGS.most_bytes // 1_000_000} MB, found a larger one")
    if not content:
        raise SourceError(f"{name}: the file is empty; expected a picture")
    return content


def _is_plain(content: bytes) -> bool:
    """Whether OpenCV reads all of a PNG picture as it is meant."""
    for chunk, start in png_chunks(content):
        if chunk in TOLD_APART and not (chunk == b"pHYs" and start[:4] == start[4:8]):
            return False
        if chunk in (b"iTXt", b"zTXt", b"tEXt") and start.startswith((b"XML:com.adobe.xmp", b"Raw profile type")):
            return False
    return True
