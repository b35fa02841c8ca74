"""One thing that is written, as a small picture of its ink: from stroke paths, a small picture or a font."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path as File
from typing import Any

import cv2
import matplotlib
import numpy as np
from matplotlib.ft2font import FT2Font
from numpy.typing import NDArray

from fixtures.paths import Path

Ink = NDArray[np.uint8]  # (h, w), 0 (paper) to 255 (ink)
FONTS = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono", "DejaVuSerif", "DejaVuSerif-Bold",
         "DejaVuSerif-Italic", "STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "cmr10", "cmss10", "cmtt10")
_FONT_SIZE = 64


@dataclass(frozen=True)
class Pen:
    """How a hand holds a pen.

    Attributes:
        width: of a stroke in pixels; under 1 it gets fainter.
        slant: how far a unit's top leans to the right.
        stretch: of the width.
        pressure: how much a stroke's width varies, as a share of it.
    """

    width: float
    slant: float = 0.0
    stretch: float = 1.0
    pressure: float = 0.0


def from_paths(paths: list[Path], height: float, pen: Pen, rng: np.random.Generator, turn: float = 0.0) -> Ink:
    """Draw stroke paths (y down) about `height` pixels high, turned by `turn` radians."""
    points = np.vstack(paths)
    low, high = points.min(0), points.max(0)
    scale = (height - min(pen.width, height / 2)) / max(high[1] - low[1], 0.35 * (high[0] - low[0]), 1e-3)
    lean = np.array([[pen.stretch, -pen.slant], [0, 1]])
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return draw([((path - low) * scale) @ (rotation @ lean).T for path in paths], pen, rng)


def draw(paths: list[NDArray[np.floating[Any]]], pen: Pen, rng: np.random.Generator) -> Ink:
    """Draw paths in pixels with a round tip, in a picture as large as they need."""
    points = np.vstack(paths)
    low, high = points.min(0), points.max(0)
    reach = float((high - low).max())
    fine = 4 if reach < 50 else 2 if reach < 140 else 1  # drawn so many times larger, for edges finer than a pixel
    margin = pen.width * (1 + pen.pressure) + 2
    width, height = (int((side + 2 * margin) * fine) + fine for side in (high - low))
    ink = np.zeros((height, width), np.uint8)
    for path in paths:
        fixed = np.round((path - low + margin) * fine * 8).astype(np.int32)
        parts = max(1, min(8, len(fixed) // 4)) if pen.pressure else 1
        swing = rng.uniform(0, 6)
        for part in range(parts):
            first, last = part * len(fixed) // parts, (part + 1) * len(fixed) // parts + 1
            thickness = pen.width * fine * (1 + pen.pressure * np.sin(swing + 5 * part / parts))
            cv2.polylines(ink, [fixed[first:last]], False, 255, max(1, round(thickness)), cv2.LINE_AA, 3)
    if fine > 1:
        smaller = max(1, width // fine), max(1, height // fine)
        ink = np.asarray(cv2.resize(ink, smaller, interpolation=cv2.INTER_AREA), np.uint8)
    return (ink * (pen.width * fine)).astype(np.uint8) if pen.width * fine < 1 else ink


def from_picture(picture: Ink, height: float, level: float) -> Ink:
    """Enlarge a small picture of ink, its edge sharp again at `level` (0 to 1): the lower, the bolder."""
    x, y, w, h = cv2.boundingRect((picture > 40).astype(np.uint8))
    if w < 1 or h < 2:
        return np.full((max(2, round(height)), 2), 255, np.uint8)
    scale = max(height, 6) / max(h, 0.4 * w)
    fine = 2 if height < 60 else 1
    padded = cv2.copyMakeBorder(picture[y : y + h, x : x + w], 2, 2, 2, 2, cv2.BORDER_CONSTANT)
    large = cv2.resize(padded, None, fx=scale * fine, fy=scale * fine, interpolation=cv2.INTER_CUBIC)
    large = cv2.GaussianBlur(large.astype(np.float32) / 255, (0, 0), max(0.4, 0.35 * scale * fine))
    ink = np.clip((large - level) * max(2.0, 0.5 * scale * fine) + 0.5, 0, 1) * 255
    if fine > 1:
        ink = cv2.resize(ink, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return np.asarray(ink, np.uint8)


def from_text(text: str, height: float, font: str) -> tuple[Ink, float]:
    """Set text whose digits are `height` pixels high; its ink, and how far its lowest ink is below the foot line."""
    large, below = _typeset(text, font)
    scale = height / _digit_height(font)
    shape = max(1, round(large.shape[1] * scale)), max(1, round(large.shape[0] * scale))
    ink = cv2.resize(large, shape, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return np.asarray(cv2.copyMakeBorder(ink, 1, 1, 1, 1, cv2.BORDER_CONSTANT), np.uint8), below * scale


@cache
def _load(name: str) -> FT2Font:
    font = FT2Font(str(File(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf"))
    font.set_size(_FONT_SIZE, 72)
    return font


@cache
def _digit_height(font: str) -> int:
    return len(_typeset("0", font)[0])


def _typeset(text: str, name: str) -> tuple[Ink, float]:
    font = _load(name)
    font.set_text(text, 0)
    font.draw_glyphs_to_bitmap()
    picture = np.asarray(font.get_image(), np.uint8)
    x, y, w, h = cv2.boundingRect((picture > 40).astype(np.uint8))
    if not w:
        return np.zeros((2, _FONT_SIZE // 3), np.uint8), 0.0
    below = font.get_descent() / 64 - (picture.shape[0] - y - h)
    return picture[y : y + h, x : x + w].copy(), below
