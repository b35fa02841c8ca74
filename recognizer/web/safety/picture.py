"""Pictures that clients send: what one takes is known before it is decoded, and nothing of it is said."""

from __future__ import annotations

import logging
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress

from recognizer.core.frame import Image
from recognizer.errors import InputError, SourceError
from recognizer.sources.images.header import Size, picture_size
from recognizer.sources.images.picture import read_frames

THREADS = "visitors"  # how the names of the threads begin that decode here
MOST_DIRECTORIES = 16  # of a TIFF: its page, previews and masks of it
SEVERAL = "expected one picture, found several pages or frames; send each on its own"

log = logging.getLogger("recognizer")


def decoded(content: bytes, most_pixels: int) -> Image:
    """A picture's bytes as (H, W, 3) uint8, BGR, or (H, W) uint8, grey, as files are read; its size is looked at first.

    Raises:
        InputError: it is no picture, damaged, has more pixels, or there are several.
    """
    size = picture_size(content)
    if size is None:
        raise InputError("expected a picture (JPEG, PNG, BMP, WebP or TIFF), found something else")
    for one in (size, *_further_sizes(content)):
        _check_size(one, most_pixels)
    try:
        frames = read_frames(content, "the picture")
        image = next(frames).tones
        if next(frames, None):
            raise InputError(SEVERAL)
    except SourceError as error:
        raise InputError(str(error)) from error
    _check_size(Size(image.shape[1], image.shape[0]), most_pixels)  # one of oblong pixels was made larger
    return image


def say_nothing_of_clients() -> None:
    """From now on the log leaves out what is found out about the pictures that clients send."""
    log.addFilter(_is_own)


def _is_own(_: logging.LogRecord) -> bool:
    return not threading.current_thread().name.startswith(THREADS)


def _check_size(size: Size, most_pixels: int) -> None:
    if not 0 < size.width * size.height <= most_pixels or size.bytes > 4 * most_pixels:
        raise InputError(f"expected a picture of up to {most_pixels / 1e6:.0f} megapixels, found "
                         f"{size.width}×{size.height}; make it smaller")


def _further_sizes(content: bytes) -> Iterator[Size]:
    """The sizes of a TIFF picture's pages, previews and masks behind the first, as far as they make sense."""
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(content[:4])
    if order is None:
        return
    with suppress(struct.error):  # the file is cut there
        (place,) = struct.unpack_from(f"{order}I", content, 4)
        for _ in range(MOST_DIRECTORIES):
            (entries,) = struct.unpack_from(f"{order}H", content, place)
            (place,) = struct.unpack_from(f"{order}I", content, place + 2 + 12 * entries)
            if not place:
                return
            size = picture_size(content[:4] + struct.pack(f"{order}I", place) + content[8:])
            if size:
                yield size
        raise InputError(SEVERAL)
