"""A sheet in the making: what is written on it, of which kind each bit of ink is, and where there is room."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from train.finder.scenes.writing.glyphs import Ink

UNLABELLED = -1  # a digit of which nobody knows which
GROUND, DIGIT, OTHER, IGNORE, UNKNOWN = range(5)  # of an ink map; UNKNOWN: no digit's box, but maybe ink
INKED = 0.3  # of a glyph's darkest ink, what belongs to it
ROOM = 4  # pixels a cell of the map of what is taken


class Hull(NamedTuple):
    """Of a digit's ink, the convex hull (K, 2) float32 x, y; and its label, 0 to 9 or UNLABELLED."""

    outline: NDArray[np.float32]
    label: int


@dataclass
class Sheet:
    """A sheet of `height` by `width` pixels that is being written on.

    Attributes:
        planes: (H, W, 4) uint8: how much ink there is, then the masks (0 or 255) of digits, other ink, and what is
            to be ignored.
        hulls: of the digits that are to be found.
    """

    height: int
    width: int
    planes: NDArray[np.uint8] = field(init=False)
    hulls: list[Hull] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.planes = np.zeros((self.height, self.width, 4), np.uint8)
        self._taken = np.zeros((self.height // ROOM + 1, self.width // ROOM + 1), bool)

    def put(self, glyph: Ink, x: float, y: float, kind: int, strength: float = 1.0,
            label: int = UNLABELLED) -> tuple[int, int, int, int] | None:
        """Write a glyph with its corner at x, y; `label`: of a digit.

        Returns:
            x, y, w, h of its ink; None where nothing of it is on the sheet.
        """
        left, top = round(x), round(y)
        height, width = glyph.shape
        x0, y0, x1, y1 = max(0, left), max(0, top), min(self.width, left + width), min(self.height, top + height)
        if x1 <= x0 or y1 <= y0:
            return None
        part = glyph[y0 - top : y1 - top, x0 - left : x1 - left]
        region = self.planes[y0:y1, x0:x1]
        np.maximum(region[..., 0], (part * strength).astype(np.uint8) if strength < 1 else part, out=region[..., 0])
        inked = glyph > INKED * max(1, int(glyph.max()))
        region[..., kind][inked[y0 - top : y1 - top, x0 - left : x1 - left]] = 255
        bx, by, bw, bh = cv2.boundingRect(inked.astype(np.uint8))
        if not bw:
            return None
        box = (left + bx, top + by, bw, bh)
        if kind == DIGIT:
            self._keep_hull(inked, left, top, label)
        return box

    def _keep_hull(self, inked: NDArray[np.bool_], left: int, top: int, label: int) -> None:
        points = cv2.findNonZero(inked.astype(np.uint8))
        hull = cv2.convexHull(points)[:, 0].astype(np.float32) + np.array([left, top], np.float32)
        outline = np.vstack([hull, hull + np.array([1, 1], np.float32)])  # a pixel reaches to the next one
        self.hulls.append(Hull(outline, label))

    def ignore(self, x: float, y: float, w: float, h: float) -> None:
        """Nothing in this box is to count, neither as right nor as wrong."""
        self.planes[max(0, int(y)) : max(0, int(y + h) + 1), max(0, int(x)) : max(0, int(x + w) + 1), IGNORE] = 255

    def free(self, x: float, y: float, w: float, h: float) -> bool:
        """Whether nothing was written in this box so far."""
        return not self._taken[self._room(x, y, w, h)].any()

    def take(self, x: float, y: float, w: float, h: float) -> None:
        """Nothing else is to be written in this box."""
        self._taken[self._room(x, y, w, h)] = True

    def _room(self, x: float, y: float, w: float, h: float) -> tuple[slice, slice]:
        x0, y0, x1, y1 = (max(0, int(side)) // ROOM for side in (x, y, x + w, y + h))
        return slice(y0, y1 + 1), slice(x0, x1 + 1)
