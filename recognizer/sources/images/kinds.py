"""What a file is, told by its first bytes; its name counts only for the few kinds that have none of their own."""

from __future__ import annotations

import re
import struct
from contextlib import suppress

HEAD = 4096  # bytes that tell a kind

PICTURES = {
    ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".mpo", ".png", ".apng", ".bmp", ".dib", ".webp", ".tif", ".tiff", ".pgm",
    ".ppm", ".pbm", ".pnm", ".jp2", ".j2k", ".jpf", ".jpx", ".jpc", ".j2c", ".heic", ".heif", ".hif", ".avif", ".gif",
    ".tga", ".pcx", ".ico", ".qoi", ".sgi", ".ras",
}
VIDEOS = {
    ".mp4", ".m4v", ".mov", ".qt", ".avi", ".divx", ".mkv", ".webm", ".mpg", ".mpeg", ".m2v", ".vob", ".ts", ".mts",
    ".m2ts", ".wmv", ".asf", ".flv", ".f4v", ".3gp", ".3g2", ".ogv", ".mjpg", ".mjpeg", ".mxf", ".y4m", ".h264", ".264",
    ".h265", ".265", ".hevc", ".ivf", ".dv", ".nut",
}
RAWS = {
    ".dng", ".nef", ".nrw", ".cr2", ".cr3", ".crw", ".arw", ".srf", ".sr2", ".raf", ".orf", ".rw2", ".raw", ".pef",
    ".srw", ".x3f", ".3fr", ".fff", ".iiq", ".erf", ".kdc", ".dcr", ".mrw", ".mef", ".mos", ".rwl",
}
TARGA = {".tga", ".icb", ".vda", ".vst"}
RAW = "raw photo"

_PICTURES = {
    rb"\xff\xd8\xff": "JPEG",
    rb"\x89PNG\r\n\x1a\n": "PNG",
    rb"BM.{12}[\x0c-\xff]\x00\x00\x00": "BMP",
    rb"RIFF....WEBP": "WEBP",
    rb"IIRO|IIRS|MMOR|IIU\x00|FUJIFILMCCD-RAW|FOVb|\x00MRM|II\x1a\x00\x00\x00HEAPCCDR|....ftypcrx": RAW,
    rb"II\*\x00|MM\x00\*|II\+\x00|MM\x00\+": "TIFF",
    rb"P[1-6]\s": "PPM",
    rb"\x00\x00\x00\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51": "JPEG2000",
    rb"....ftyp(?:avif|avis)": "AVIF",
    rb"....ftyp(?:hei[cxms]|hev[cxms]|mif[12]|msf1|miaf)": "HEIF",
    rb"GIF8[79]a": "GIF",
    rb"\x0a[\x00-\x05]\x01[\x01\x02\x04\x08]": "PCX",
    rb"\x00\x00\x01\x00[\x01-\x40]\x00": "ICO",
    rb"qoif": "QOI",
    rb"\x01\xda[\x00\x01][\x01\x02]": "SGI",
    rb"\x59\xa6\x6a\x95": "SUN",
}
_VIDEOS = (rb"....ftyp|....(?:moov|mdat|wide|free|skip)|RIFF....AVI |\x1aE\xdf\xa3|FLV\x01|\x30\x26\xb2\x75\x8e\x66"
           rb"|\x00\x00\x01[\xba\xb3]|OggS|YUV4MPEG2|DKIF|\x06\x0e\x2b\x34|G.{187}G.{187}G|....G.{191}G|#EXTM3U")
_OTHERS = {
    rb"%PDF": "a PDF document",
    rb"8BPS": "a Photoshop picture",
    rb"\xff\x0a|\x00\x00\x00\x0cJXL ": "a JPEG XL picture",
    rb"%!PS|\xc5\xd0\xd3\xc6": "a PostScript picture",
    rb"II\xbc\x01": "a JPEG XR picture",
    rb"v/1\x01": "an OpenEXR picture",
    rb"gimp xcf": "a GIMP picture",
    rb"AT&TFORM": "a DjVu document",
    rb".{128}DICM": "a DICOM picture",
    rb"PK\x03\x04": "a ZIP archive or an office document",
    rb"Rar!|7z\xbc\xaf": "an archive",
    rb"ID3|fLaC": "sound",
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?(?:<!DOCTYPE svg[^>]*>\s*)?<svg": "an SVG drawing",
    rb"(?:\xef\xbb\xbf)?\s*<(?:!DOCTYPE html|html|head|body)": "a web page",
}


def picture_kind(content: bytes, name: str = "") -> str | None:
    """What kind of picture begins with these bytes: "JPEG", "HEIF", RAW …; None where it is none that is known.

    Args:
        content: of the file, whole or its HEAD bytes; of a raw photo in a TIFF more may be needed.
        name: the file's; Targa pictures have no sign of their own at the start.
    """
    kind = next((kind for magic, kind in _PICTURES.items() if re.match(magic, content, re.DOTALL)), None)
    if kind == "TIFF" and (_is_raw(content) or _ends_in(name, RAWS)):
        return RAW
    if kind == "HEIF" and content[8:12] in (b"mif1", b"msf1", b"miaf") and b"avif" in content[12:64]:
        return "AVIF"
    if kind is None and (_is_targa(content) and (_ends_in(name, TARGA) or content[-18:-2] == b"TRUEVISION-XFILE")):
        return "TGA"
    return kind


def is_video(start: bytes) -> bool:
    """Whether a file that begins with these bytes is a video of a common kind."""
    return re.match(_VIDEOS, start, re.DOTALL) is not None and picture_kind(start) is None


def other_kind(start: bytes) -> str | None:
    """In words, what is neither a picture nor a video but may well be taken for one: "a PDF document"."""
    return next((kind for magic, kind in _OTHERS.items() if re.match(magic, start, re.DOTALL | re.IGNORECASE)), None)


def is_text(start: bytes) -> bool:
    """Whether bytes are plain text, as notes and lists are."""
    with suppress(UnicodeDecodeError):
        return b"\x00" not in start and bool(start[:-4].decode() or len(start) < 5)
    return False


def is_motion_jpeg(content: bytes) -> bool:
    """Whether one JPEG picture follows another, as frames do; phones add a second to a photograph, which is none."""
    place = 2
    while place + 4 <= len(content) and content[place] == 0xFF:  # over the segments of the header
        marker, length = content[place + 1], struct.unpack_from(">H", content, place + 2)[0]
        if marker == 0xE2 and content.startswith(b"MPF\x00", place + 4):
            return False
        place += 2 + length
        if marker == 0xDA:
            break
    end = content.find(b"\xff\xd9", place)
    return end >= 0 and re.match(rb"[\x00\r\n]{0,64}\xff\xd8\xff", content[end + 2 : end + 80]) is not None


def _ends_in(name: str, suffixes: set[str]) -> bool:
    return bool(name) and f".{name.lower().rpartition('.')[2]}" in suffixes


def _is_targa(content: bytes) -> bool:
    """Whether the 18 bytes of a header make sense."""
    if len(content) < 18:
        return False
    _, mapped, kind, *_, width, height, bits, _ = struct.unpack_from("<BBB5x2H2H2B", content)
    known = mapped in (0, 1) and kind in (1, 2, 3, 9, 10, 11) and bits in (1, 8, 15, 16, 24, 32)
    return bool(known and width and height)


def _is_raw(content: bytes) -> bool:
    """Whether a TIFF holds what a sensor saw, beside a thumbnail: by its tags, as far as they are in these bytes."""
    if content[8:10] == b"CR":
        return True
    order = "<" if content[:2] == b"II" else ">"
    todo, seen = [struct.unpack_from(order + "I", content, 4)[0]] if len(content) >= 8 else [], 0
    while todo and seen < 16:
        place, seen = todo.pop(), seen + 1
        with suppress(struct.error):
            for entry in range(struct.unpack_from(order + "H", content, place)[0]):
                at = place + 2 + 12 * entry
                tag, kind, count = struct.unpack_from(order + "HHI", content, at)
                value = struct.unpack_from(order + ("H" if kind == 3 else "I"), content, at + 8)[0]
                if tag == 50706 or (tag == 262 and value in (32803, 34892)):  # DNG's version; a mosaic, or linear
                    return True
                if tag == 330:  # directories below this one
                    todo += [value] if count == 1 else struct.unpack_from(f"{order}{min(count, 8)}I", content, value)
    return False
