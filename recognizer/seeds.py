"""Looks for ink that has a digit's size: many boxes at once, since rooms are full of what is no digit."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.ground import PAPER, ink_of, off_ground
from recognizer.types import Box, Image

FAINTEST = 0.18  # contrast of ink
FULLEST = 0.82  # share of the box that is ink; bare strokes are exempt
SLIM = 0.4  # width over height under which a piece is no more than a stroke
WIDEST = 5.0  # width over height; what is wider than a digit still tells a line of text
MOST_CROWDED = 0.4  # share of the rectangle around a piece that may be ink of others
SAMPLES = 16  # along each side of a box, and of the rectangle around it

Boxes = NDArray[np.int32]  # (N, 4): x, y, w, h
Shares = NDArray[np.float64]


@dataclass(frozen=True)
class Seed:
    """Where to cut.

    Attributes:
        box: in pixels of the picture that was searched.
        strength: how far its ink stands out from the ground, in tones, PAPER at most on dark ink.
        refused: why no digit can be cut out there, in a word; empty when one may.
    """

    box: Box
    strength: int
    refused: str = ""


def has_size(box: Box, shape: tuple[int, ...], heights: range) -> bool:
    """Whether a box is as large and as wide as a digit may be, and off the picture's border."""
    return bool(_have_size(np.array([box], np.int32), shape, heights)[0])


def seeds(flat: Image, dark: bool, contrast: float, heights: range) -> Boxes:
    """Boxes of the connected pieces of ink above a contrast that have a digit's size.

    Args:
        flat: (H, W) uint8, a flattened picture.
        dark: ink darker than the ground, not lighter.
        contrast: share of the ground's brightness.
        heights: of the ink, in pixels.

    Returns:
        (N, 4) int32.
    """
    level = round(contrast * PAPER)
    kind, level = (cv2.THRESH_BINARY_INV, PAPER - level - 1) if dark else (cv2.THRESH_BINARY, PAPER + level)
    binary = cv2.threshold(flat, level, 255, kind)[1]
    contours, hierarchy = cv2.findContours(binary, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if hierarchy is None:
        return np.zeros((0, 4), np.int32)
    starts = np.cumsum([0, *map(len, contours[:-1])])
    points = np.concatenate(contours)[:, 0]
    low, high = np.minimum.reduceat(points, starts), np.maximum.reduceat(points, starts)
    boxes: Boxes = np.hstack([low, high - low + 1])[hierarchy[0, :, 3] == -1]
    sized: Boxes = boxes[_have_size(boxes, flat.shape, heights)]
    return sized


def without(boxes: Boxes, tried: Boxes) -> Boxes:
    """Those of the boxes that are not nearly one that was tried."""
    if not len(boxes) or not len(tried):
        return boxes
    off = np.abs(boxes[:, None] - tried).max(axis=2).min(axis=1)
    new: Boxes = boxes[off > 1 + boxes[:, 3] // 12]
    return new


def judge(flat: Image, dark: bool, boxes: Boxes) -> list[Seed]:
    """Tell for many boxes at once whether there is ink that may be a digit, by samples of its tones."""
    if not len(boxes):
        return []
    w, h = boxes[:, 2], boxes[:, 3]
    inner = ink_of(_sample(flat, boxes, 0, *_GRID), dark)
    rank = inner.shape[1] - inner.shape[1] // 20
    strong = np.partition(inner, rank, axis=1)[:, rank].astype(np.int32)  # what the strongest twentieth reaches
    share = (inner > strong[:, None] // 2).mean(axis=1)
    gap = 2 + h // 16
    taken = (off_ground(_sample(flat, boxes, gap, *_RIM)) > strong[:, None] // 3).reshape(-1, 4, SAMPLES)
    level, upright = taken.mean(axis=2).reshape(-1, 2, 2).mean(axis=2).T
    crowded = level * (w + 2 * gap) + upright * (h + 2 * gap) > MOST_CROWDED * (w + h + 4 * gap)
    full = (share > FULLEST) & (w > SLIM * h)
    why = np.select([strong < FAINTEST * PAPER, crowded, full], ["contrast", "crowd", "shape"], "")
    return [Seed(Box(*box), tone, word)
            for box, tone, word in zip(boxes.tolist(), strong.tolist(), why.tolist(), strict=True)]


_STEPS = (np.arange(SAMPLES) + 0.5) / SAMPLES
_GRID = tuple(np.meshgrid(_STEPS, _STEPS))
_NEAR, _FAR = np.zeros(SAMPLES), np.ones(SAMPLES)
_RIM = np.stack([_STEPS, _STEPS, _NEAR, _FAR]), np.stack([_NEAR, _FAR, _STEPS, _STEPS])  # top, bottom, left, right


def _sample(flat: Image, boxes: Boxes, gap: NDArray[np.int32] | int, across: Shares, down: Shares) -> Image:
    """Tones at places in boxes, given as shares of their sides, after the boxes are widened by a gap; (N, places)."""
    x, y, w, h = boxes.T
    columns = (x - gap)[:, None] + (w + 2 * gap - 1)[:, None] * across.ravel()
    rows = (y - gap)[:, None] + (h + 2 * gap - 1)[:, None] * down.ravel()
    inside = (np.clip(places + 0.5, 0, side - 1).astype(np.intp)
              for places, side in zip((rows, columns), flat.shape, strict=True))
    tones: Image = flat[tuple(inside)]
    return tones


def _have_size(boxes: Boxes, shape: tuple[int, ...], heights: range) -> NDArray[np.bool_]:
    x, y, w, h = boxes.T
    inside = (x > 0) & (y > 0) & (x + w < shape[1]) & (y + h < shape[0])
    fits: NDArray[np.bool_] = inside & (h >= heights.start) & (h < heights.stop) & (w <= WIDEST * h)
    return fits
