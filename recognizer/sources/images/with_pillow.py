"""Reads pictures with Pillow: pages and frames, palettes, colour keys, orientations, HEIC and AVIF."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
from PIL import Image as Pillow

from recognizer.core.frame import Frame, Image
from recognizer.errors import SourceError
from recognizer.sources.images.picture import check_size, decode
from recognizer.sources.images.pixels import Pixels, squared, to_bgr, upright
from recognizer.sources.settings import SETTINGS

FORMATS = ("PNG", "WEBP", "TIFF", "AVIF", "GIF", "TGA", "PCX", "ICO", "QOI", "SGI", "SUN")
ORIENTATION, SUBFILE, BITS, CHANNELS = 274, 254, 258, 277  # tags of EXIF and TIFF
BY_OPENCV = {"TIFF", "WEBP"}  # what it may read where Pillow can't
OPACITY = {"LA", "PA", "La", "RGBa"}
PLAIN = {"L", "RGB", "RGBA", "F", "I", "I;16", "I;16L", "I;16B", "I;16N"}


def read_pages(content: bytes, kind: str, name: str) -> Iterator[Frame]:
    """All pages or frames of a picture.

    Those of an animation are frames of a video, or photographs where each stands for a while, as slides do.

    Args:
        content: of the file, whole.
        kind: as `picture_kind` tells it.
        name: what the frames call their source.

    Raises:
        SourceError: damaged, too large, or what reads this kind isn't installed.
    """
    index, moment, slides = 0, 0.0, True
    with _opened(content, kind, name) as picture:
        count = _count(picture, name)
        # A frame that only stands in for an animation where that can't be shown is none of it.
        for page in range(1 if count > 1 and getattr(picture, "default_image", False) else 0, count):
            image = _page(picture, page, content, kind, name)
            if image is None:
                continue
            lasts = picture.info.get("duration", 0)
            lasts = lasts / 1000 if isinstance(lasts, (int, float)) and lasts > 0 else SETTINGS.usual_slide
            if not index:
                slides = count == 1 or "duration" not in picture.info or lasts >= SETTINGS.slide
            if slides:
                yield Frame(image, index, moment if "duration" in picture.info else 0.0, name)
            else:
                yield Frame(image, index, moment, name, still=False, fps=1 / lasts, total=count,
                            stands=lasts)
            index, moment = index + 1, moment + lasts
    if not index:
        raise SourceError(f"{name}: expected a picture, found but previews and masks of one")


def orientation_in(content: bytes) -> int:
    """The EXIF orientation of a JPEG, 1 to 8; 1 where there is none."""
    with suppress(Exception), Pillow.open(io.BytesIO(content), formats=("JPEG",)) as picture:  # it may be damaged
        return _orientation(picture)
    return 1


def _opened(content: bytes, kind: str, name: str) -> Pillow.Image:
    formats: tuple[str, ...] = FORMATS
    if kind == "HEIF":
        try:
            import pi_heif
        except ImportError as error:
            raise SourceError(f"{name}: HEIC pictures need the package pi-heif, which isn't installed here; "
                              "'pip install pi-heif', or save the picture as JPEG") from error
        pi_heif.register_heif_opener()
        formats = ("HEIF",)
    if kind == "AVIF" and not _has_avif():
        raise SourceError(f"{name}: AVIF pictures need Pillow 11.3 or later; install that, or save the picture as JPEG")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the size is checked below, and damages are told by errors
            picture = Pillow.open(io.BytesIO(content), formats=formats)
    except Pillow.DecompressionBombError as error:
        raise SourceError(f"{name}: expected a picture of up to {SETTINGS.most_bytes // 3_000_000} megapixels "
                          f"({error}); make it smaller") from error
    except Exception as error:
        raise SourceError(f"{name}: {_damaged(error)}") from error
    return picture


def _has_avif() -> bool:
    from PIL import features

    return bool(features.check("avif"))


def _damaged(error: Exception) -> str:
    told = " ".join(str(error).split())
    told = "" if not told or "BytesIO" in told else f" ({told})"
    return f"can't be decoded; the picture is damaged or cut{told}"


def _count(picture: Any, name: str) -> int:
    try:
        return int(getattr(picture, "n_frames", 1))
    except Exception as error:
        raise SourceError(f"{name}: {_damaged(error)}") from error


def _page(picture: Any, page: int, content: bytes, kind: str, name: str) -> Image | None:
    """One page as it is to be seen; None for a preview or a mask of another."""
    try:
        if picture.tell() != page:  # HEIC begins with its primary picture, which may be any
            picture.seek(page)
        tags = getattr(picture, "tag_v2", {})
        if tags.get(SUBFILE, 0) & 5:
            return None
        check_size(name, picture.width, picture.height, 6)  # as Pillow holds it, and as it is handed on
        turned = tags.get(ORIENTATION, 1) if tags else 0  # Pillow turns a TIFF by itself when it decodes it
        ratio = _ratio(picture)
        if _is_deep(tags, content, kind):
            image = to_bgr(decode(content, name, page))
            return upright(squared(image, ratio), _orientation(picture)) if kind != "TIFF" else squared(image, ratio)
        image = to_bgr(_pixels(picture))
        if turned:
            return squared(image, 1 / ratio if turned >= 5 else ratio)
        return upright(squared(image, ratio), _orientation(picture))
    except SourceError:
        raise
    except Exception as error:
        if kind in BY_OPENCV:
            return to_bgr(decode(content, name, page))
        raise SourceError(f"{name}: {_damaged(error)}") from error


def _pixels(picture: Any) -> Pixels:
    """The present page decoded, (H, W) or (H, W, C) in BGR with opacity last."""
    picture.load()
    if "transparency" in picture.info or picture.mode in OPACITY or (
            picture.mode == "P" and picture.palette is not None and picture.palette.mode == "RGBA"):
        picture = picture.convert("RGBA")
    elif picture.mode == "LAB":
        from PIL import ImageCms

        picture = ImageCms.profileToProfile(picture, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"),
                                            outputMode="RGB")
    elif picture.mode not in PLAIN:
        picture = picture.convert("L" if picture.mode == "1" else "RGB")
    values = np.asarray(picture)
    if values.ndim == 3:
        values = np.ascontiguousarray(values[..., [2, 1, 0, 3][: values.shape[2]]])
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def _is_deep(tags: Any, content: bytes, kind: str) -> bool:
    """Whether Pillow would leave only 8 bits of more: of several channels, or of grey with opacity."""
    if kind == "PNG":
        return content[24] == 16
    bits = tags.get(BITS, (8,))
    return bool(tags.get(CHANNELS, 1) > 1 and max(bits if isinstance(bits, tuple) else (bits,)) > 8)


def _orientation(picture: Any) -> int:
    # What stands there may be damaged, and the picture good.
    with suppress(OSError, SyntaxError, ValueError, KeyError, IndexError, TypeError, struct.error):
        turned = picture.getexif().get(ORIENTATION, 1)
        return int(turned) if turned in range(1, 9) else 1
    return 1


def _ratio(picture: Any) -> float:
    """How many times as wide as high a pixel is, by what the file tells of its resolution; 1 where it doesn't."""
    with suppress(TypeError, ValueError, ZeroDivisionError):
        across, down = picture.info.get("dpi") or picture.info.get("resolution") or picture.info.get("aspect") or (1, 1)
        return float(down) / float(across) if float(across) > 0 and float(down) > 0 else 1.0
    return 1.0
