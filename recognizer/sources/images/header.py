"""Reads a picture's size from its header, so that one is refused before its pixels take memory."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from recognizer.errors import InputError


@dataclass(frozen=True)
class Size:
    """What a header declares: width and height in pixels, and bytes that a decoded pixel takes."""

    width: int
    height: int
    depth: int = 3

    @property
    def bytes(self) -> int:
        return self.width * self.height * self.depth


def picture_size(content: bytes) -> Size | None:
    """The size of a JPEG, PNG, BMP, WebP, TIFF, PNM or JPEG 2000 picture; None where it is none of these, or cut.

    Args:
        content: of the file, whole.
    """
    try:
        size = _reader(content)
        return size(content) if size else None
    except (struct.error, ValueError, IndexError, KeyError):  # the header is cut or makes no sense
        return None


def _reader(content: bytes) -> Callable[[bytes], Size] | None:
    """What reads the size of a picture of this kind."""
    return next((size for magic, size in _FORMATS.items() if re.match(magic, content, re.DOTALL)), None)


def pixel_ratio(content: bytes) -> float:
    """How many times as wide as high the pixels of a JPEG picture are, as its JFIF header tells; 1 where it doesn't."""
    if content[6:11] != b"JFIF\x00" or len(content) < 18:
        return 1.0
    across, down = struct.unpack_from(">HH", content, 14)
    return down / across if across and down else 1.0


def png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The name and the first bytes of each chunk of a PNG picture but the pixels', as far as they make sense."""
    place = 8
    while place + 8 <= len(content):
        length, name = int.from_bytes(content[place : place + 4]), content[place + 4 : place + 8]
        if name != b"IDAT":
            yield name, content[place + 8 : place + 8 + min(length, 32)]
        place += 12 + length


def _png(content: bytes) -> Size:
    width, height, bits, colour = struct.unpack_from(">IIBB", content, 16)
    return Size(width, height, (4 if colour in (3, 4, 6) else 3) * max(1, bits // 8))


def _jpeg(content: bytes) -> Size:
    """The first frame header; before it stand segments that tell their length."""
    place = 2
    while True:
        marker, length = content[place + 1], struct.unpack_from(">H", content, place + 2)[0]
        if content[place] != 0xFF:
            raise InputError("no segment here")
        if marker == 0xFF:  # filler
            place += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", content, place + 5)
            return Size(width, height)
        place += 2 + (0 if marker == 0x01 or 0xD0 <= marker <= 0xD8 else length)


def _bmp(content: bytes) -> Size:
    (header,) = struct.unpack_from("<I", content, 14)
    width, height = struct.unpack_from("<HH" if header == 12 else "<ii", content, 18)
    return Size(abs(width), abs(height), 4)


def _webp(content: bytes) -> Size:
    kind = content[12:16]
    if kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", content, 26))
    elif kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
    return Size(width, height, 4)


def _tiff(content: bytes) -> Size:
    order = "<" if content[:2] == b"II" else ">"
    (directory,) = struct.unpack_from(order + "I", content, 4)
    (entries,) = struct.unpack_from(order + "H", content, directory)
    tags = {}
    for entry in range(entries):
        tag, kind, count = struct.unpack_from(order + "HHI", content, directory + 2 + 12 * entry)
        short = kind == 3 and count <= 2  # else the entry holds a long, or where its values are
        tags[tag] = struct.unpack_from(order + ("H" if short else "I"), content, directory + 10 + 12 * entry)[0]
        if tag == 258 and count > 2:  # bits of each channel, where they don't fit into the entry
            tags[tag] = struct.unpack_from(order + "H", content, tags[tag])[0]
    channels = max(3, tags.get(277, 1))
    return Size(tags[256], tags[257], channels * max(1, tags.get(258, 8) // 8))


def _pnm(content: bytes) -> Size:
    found = re.match(rb"P[1-6](?:\s|#[^\n]*\n)+(\d{1,9})(?:\s|#[^\n]*\n)+(\d{1,9})\s", content)
    if not found:
        raise InputError("no size")
    return Size(int(found[1]), int(found[2]), 6)


def _jpeg2000(content: bytes) -> Size:
    place = content.index(b"\xff\x4f\xff\x51")  # where the codestream starts: it counts, not the box around it
    right, bottom, left, top = struct.unpack_from(">IIII", content, place + 8)
    (channels,) = struct.unpack_from(">H", content, place + 40)
    return Size(right - left, bottom - top, max(3, channels) * 4)


_FORMATS = {
    rb"\x89PNG\r\n\x1a\n": _png,
    rb"\xff\xd8\xff": _jpeg,
    rb"BM": _bmp,
    rb"RIFF....WEBP": _webp,
    rb"II\*\x00|MM\x00\*": _tiff,
    rb"P[1-6]\s": _pnm,
    rb"\x00\x00\x00\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51": _jpeg2000,
}
