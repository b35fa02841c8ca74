"""Printed characters: the fonts that come with matplotlib, with serifs and without, and OpenCV's line fonts."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

Picture = NDArray[np.uint8]
SIDE = 84  # three times MNIST's, with the same share of empty border
REACH = SIDE * 20 // 28  # the longer side of what is drawn
OUTLINE = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono", "DejaVuSerif", "DejaVuSerif-Bold",
           "DejaVuSerif-Italic", "STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "cmr10", "cmss10", "cmtt10")
LINE = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX,
        cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, cv2.FONT_HERSHEY_SCRIPT_COMPLEX)


def printed(text: str, rng: np.random.Generator, outlines: float = 0.5) -> Picture:
    """Text in some font, as large as a picture (SIDE, SIDE) uint8 takes; bright ink on black.

    `outlines` is the share of matplotlib's fonts, the rest is OpenCV's.
    """
    ink = _outline(text, str(rng.choice(OUTLINE))) if rng.random() < outlines else _line(text, rng)
    x, y, w, h = cv2.boundingRect(ink)
    scale = REACH / max(w, h)
    size = max(1, round(w * scale)), max(1, round(h * scale))
    picture = np.zeros((SIDE, SIDE), np.uint8)
    left, top = (SIDE - size[0]) // 2, (SIDE - size[1]) // 2
    picture[top : top + size[1], left : left + size[0]] = cv2.resize(
        ink[y : y + h, x : x + w], size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return picture


def _outline(text: str, name: str) -> Picture:
    mask = _load(name).getmask(text)
    return np.array(mask, np.uint8).reshape(mask.size[::-1])


@cache
def _load(name: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf", size=64)


def _line(text: str, rng: np.random.Generator) -> Picture:
    font, thickness = LINE[rng.integers(len(LINE))], int(rng.integers(1, 10))
    (width, height), below = cv2.getTextSize(text, font, 2.0, thickness)
    picture = np.zeros((height + below + 2 * thickness, width + 2 * thickness), np.uint8)
    cv2.putText(picture, text, (thickness, height + thickness), font, 2.0, 255, thickness, cv2.LINE_AA)
    return picture
