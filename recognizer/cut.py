"""Cuts one piece of ink free, and tells whether it can be a digit by its shape and by the ground beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.ground import ink_of, off_ground
from recognizer.seeds import FULLEST, SLIM, has_size
from recognizer.types import Box, Image

FREE_AT = 0.33  # share of its strength at which a bare stroke must still stand free; rules are fainter
MARGINS = (0.25, 0.6, 0.6, 0.4)  # of a piece's window, in its sides: it is widened while the piece reaches its edge
RUNS_ON = "runs on"  # out of its window: a line, a frame, the border of the picture
SIZE = "size"  # the picture's border cuts it, or it is too high, low or wide


@dataclass(frozen=True)
class Limits:
    """What a digit can't be."""

    bare: float = 1.5  # a stroke that is less than so many times as long as the box is high is no digit but a 1
    boldest: float = 0.38  # width of the thickest stroke over height
    boldest_alone: float = 0.3  # the same for ink that needs no company
    boldest_bare: float = 0.16  # the same for a bare stroke: the spine of a book is bolder
    uneven: float = 0.2  # how far the ground beside the ink may be off, in the ink's contrasts
    most_doubt: float = 1.5  # how many times more uneven it may be for ink in the company of surer digits
    uneven_bare: float = 0.15  # the same for a bare stroke, which rooms are full of


LIMITS = Limits()
NO_MASK = np.zeros((0, 0), np.uint8)
THREE, FIVE, SEVEN = (np.ones((side, side), np.uint8) for side in (3, 5, 7))


@dataclass(frozen=True)
class Look:
    """At what scale a picture is looked at, and what it may show there.

    Attributes:
        shrink: how many times smaller than the working picture.
        parts: the background's window is the picture's shorter side divided by this.
        heights: of the ink, in pixels of the smaller picture.
        blur: by how many pixels strokes may be thickened there.
    """

    shrink: int
    parts: int
    heights: range
    blur: float


@dataclass(frozen=True)
class Piece:
    """Connected ink.

    Attributes:
        box: tight, in the working picture.
        mask: (h, w) uint8, 0 or 1.
        strength: how far it stands out from the ground, in tones, PAPER at most on dark ink.
        refused: why it is no digit, in a word; empty when it may be one.
        sure: the ground beside it is even, as a sheet's is.
    """

    box: Box
    mask: Image
    strength: int
    refused: str = ""
    sure: bool = True



def cut_free(flat: Image, dark: bool, seed: Box, strong: int, look: Look) -> list[Piece]:
    """Cut a seed's mask at half of its own contrast, and see whether it stands free on its ground.

    Half is where the edge of a blurred stroke lies, and rules of the paper, shadows and the ends of a
    longer line show there. A pencil's strokes break there, so the piece is also joined with what is less
    than a pen's width away: both are given when they differ.

    Args:
        flat: (H, W) uint8, a flattened picture.
        dark: ink darker than the ground, not lighter.
        seed: a box that holds some of the ink.
        strong: how far the ink stands out there, in tones.
        look: the picture's.
    """
    level = strong // 2
    alone = _grow(flat, dark, seed, level)
    pieces = [_examine(alone, flat.shape, strong, look)]
    if pieces[0].refused in (RUNS_ON, SIZE, "shape") or not alone.has_more(level):
        return pieces
    area, length = _stroke(alone.mask)
    joined = _grow(flat, dark, alone.box, level, reach=round(area / length) + 1)
    if joined.box != alone.box:
        pieces.append(_examine(joined, flat.shape, strong, look))
    return pieces


def _grow(flat: Image, dark: bool, seed: Box, level: int, reach: int = 0) -> _Cut:
    """The piece of ink above a level that a seed is part of, gaps up to `reach` pixels bridged."""
    for margin in MARGINS:
        window = _around(seed, flat.shape, margin)
        part = flat[window.y : window.y + window.h, window.x : window.x + window.w]
        ink = ink_of(part, dark)
        seed, mask = _piece(ink > level, _moved(seed, -window.x, -window.y), reach)
        cut = _Cut(window, part, ink, mask, _moved(seed, window.x, window.y))
        if not cut.runs_on:
            break
        seed = cut.box
    return cut


def _examine(cut: _Cut, shape: tuple[int, ...], strong: int, look: Look) -> Piece:
    """Whether a piece can be a digit by its shape and by the ground beside it."""
    x, y, w, h = _moved(cut.box, -cut.window.x, -cut.window.y)
    piece = Piece(cut.box, cut.mask[y : y + h, x : x + w], strong)
    if cut.runs_on or not has_size(cut.box, shape, look.heights):
        return replace(piece, refused=RUNS_ON if cut.runs_on else SIZE)
    area, length = _stroke(cut.mask)
    bare = length < LIMITS.bare * h or w < SLIM * h
    bold = _boldness(cut.mask, h, look)
    if bold > LIMITS.boldest or (area > FULLEST * w * h and not bare):
        return replace(piece, refused="shape")
    if bare and _attached(cut, strong):
        return replace(piece, refused="attached")
    doubt = _doubt(cut, strong, bare)
    if doubt > (1 if bare else LIMITS.most_doubt):
        return replace(piece, refused="ground")
    return replace(piece, sure=doubt <= 1 and bold <= (LIMITS.boldest_bare if bare else LIMITS.boldest_alone))


def _boldness(mask: Image, height: int, look: Look) -> float:
    """Width of the thickest stroke over the height, what the picture's blur may have added taken off."""
    thickest = 2 * float(cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_3).max())
    return (thickest - look.blur) / height


def _attached(cut: _Cut, strong: int) -> bool:
    """Whether a stroke is the stem of a letter, say, whose hairlines are fainter."""
    whole, _ = _piece(cut.ink > round(FREE_AT * strong), _moved(cut.box, -cut.window.x, -cut.window.y))
    return whole.area > 1.5 * cut.box.area + 4 * cut.box.h


def _doubt(cut: _Cut, strong: int, bare: bool) -> float:
    """How uneven the ground beside a piece is: up to 1 it is as even as a sheet's."""
    near, far = (cv2.dilate(cut.mask, kernel) for kernel in (FIVE, SEVEN))
    beside = np.sort(off_ground(cut.part)[far > near])
    if not len(beside):
        return float("inf")
    most, nearly_all = (int(beside[len(beside) * share // 100]) for share in (75, 90))
    return max(most, nearly_all / 1.5) / strong / (LIMITS.uneven_bare if bare else LIMITS.uneven)


def _stroke(mask: Image) -> tuple[int, float]:
    """The area of a mask in pixels and the length of the stroke that it is: half of its edge."""
    area = cv2.countNonZero(mask)
    inside = cv2.countNonZero(cv2.erode(mask, THREE))
    return area, max(1, area - inside) / 2


@dataclass(frozen=True)
class _Cut:
    """A piece of ink and what is around it.

    Attributes:
        window: a part of the picture around it.
        part: (h, w) uint8, the flattened picture there.
        ink: (h, w) uint8, the ink there.
        mask: (h, w) uint8, 1 where the piece is.
        box: the piece's own, in the picture.
    """

    window: Box
    part: Image
    ink: Image
    mask: Image
    box: Box

    @property
    def runs_on(self) -> bool:
        """Whether it reaches its window's edge."""
        x, y, w, h = _moved(self.box, -self.window.x, -self.window.y)
        return not (x > 0 and y > 0 and x + w < self.window.w and y + h < self.window.h)

    def has_more(self, level: int) -> bool:
        """Whether there is other ink in the window."""
        return cv2.countNonZero(self.mask) < int(np.count_nonzero(self.ink > level))


def _piece(binary: NDArray[np.bool_], near: Box, reach: int = 0) -> tuple[Box, Image]:
    """The largest piece in a box, gaps up to `reach` pixels bridged.

    Returns:
        Its own box, and its mask, uint8 0 or 1.
    """
    ink = binary.view(np.uint8)
    if not reach:
        _, pieces = cv2.connectedComponents(ink)
    else:  # over specks that are no strokes no bridge is built
        _, pieces, stats, _ = cv2.connectedComponentsWithStats(ink)
        stroke = stats[:, cv2.CC_STAT_AREA] >= reach * reach // 2
        stroke[0] = False
        ink = stroke[pieces].view(np.uint8)
        _, pieces = cv2.connectedComponents(cv2.dilate(ink, np.ones((reach + 1, reach + 1), np.uint8)))
    counts = np.bincount(pieces[near.y : near.y + near.h, near.x : near.x + near.w].ravel(), minlength=2)
    counts[0] = 0
    mask = (pieces == counts.argmax()).view(np.uint8) & ink
    return Box(*cv2.boundingRect(mask)), mask


def _around(box: Box, shape: tuple[int, ...], share: float) -> Box:
    """A window around a box, with a margin that is a share of its longer side, within a picture."""
    margin = max(4, round(share * max(box.h, box.w)))
    left, top = max(0, box.x - margin), max(0, box.y - margin)
    right, bottom = min(shape[1], box.x + box.w + margin), min(shape[0], box.y + box.h + margin)
    return Box(left, top, right - left, bottom - top)


def _moved(box: Box, right: int, down: int) -> Box:
    return Box(box.x + right, box.y + down, box.w, box.h)
