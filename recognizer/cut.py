"""Cuts one piece of ink free, and tells whether it can be a digit by its shape and by the ground beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from recognizer.ground import PAPER
from recognizer.types import Box, Image

FREE_AT = 0.33  # share of its strength at which a bare stroke must still stand free; rules are fainter
MOST_CROWDED = 0.4  # share of the rectangle around a piece that may be ink of others
MARGINS = (0.25, 0.6, 0.6, 0.4)  # of a piece's window, in its sides: it is widened while the piece reaches its edge
RUNS_ON = "runs on"  # out of its window: a line, a frame, the border of the picture


@dataclass(frozen=True)
class Limits:
    """What a digit can't be."""

    widest: float = 5.0  # width over height; what is wider than a digit still tells a line of text
    fullest: float = 0.75  # share of the box that is ink; bare strokes are exempt
    slim: float = 0.4  # width over height under which a piece is no more than a stroke
    bare: float = 1.5  # a stroke that is less than so many times as long as the box is high is none either
    boldest: float = 0.3  # width of the thickest stroke over height
    boldest_bare: float = 0.16  # the same for a bare stroke: the spine of a book is bolder
    faintest: float = 0.18  # contrast
    uneven: float = 0.2  # how far the ground beside the ink may be off, in the ink's contrasts
    most_doubt: float = 1.5  # how many times more uneven it may be for ink in the company of surer digits
    uneven_bare: float = 0.15  # the same for a bare stroke, which rooms are full of


LIMITS = Limits()
NO_MASK = np.zeros((0, 0), np.uint8)


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
    blur: int


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


def has_size(box: Box, shape: tuple[int, ...], heights: range) -> bool:
    """Whether a box is as large and as wide as a digit may be, and off the picture's border."""
    inside = box.x > 0 and box.y > 0 and box.x + box.w < shape[1] and box.y + box.h < shape[0]
    return inside and box.h in heights and box.w <= LIMITS.widest * box.h


def cut_free(ink: Image, off_ground: Image, seed: Box, look: Look) -> list[Piece]:
    """Cut a seed's mask at half of its own contrast, and see whether it stands free on its ground.

    Half is where the edge of a blurred stroke lies, and rules of the paper, shadows and the ends of a
    longer line show there. A pencil's strokes break there, so the piece is also joined with what is less
    than a pen's width away: both are given when they differ.
    """
    strong, share = _strength(ink[seed.y : seed.y + seed.h, seed.x : seed.x + seed.w])
    if strong < LIMITS.faintest * PAPER or _crowded(off_ground, seed, strong):
        return [Piece(seed, NO_MASK, strong, refused="crowd")]
    if share > LIMITS.fullest and seed.w > LIMITS.slim * seed.h:
        return [Piece(seed, NO_MASK, strong, refused="shape")]
    window, alone, mask = _grow(ink, seed, strong // 2, reach=0)
    pieces = [_examine(ink, off_ground, window, alone, mask, strong, look)]
    if pieces[0].refused in (RUNS_ON, "shape"):
        return pieces
    area, length = _stroke(mask)
    reach = round(area / length) + 1
    window, joined, mask = _grow(ink, alone, strong // 2, reach)
    if joined != alone:
        pieces.append(_examine(ink, off_ground, window, joined, mask, strong, look))
    return pieces


def _strength(inner: Image) -> tuple[int, float]:
    """How far the ink in a box stands out, the tone that its strongest twentieth reaches; and its share of the box."""
    step = 1 + max(inner.shape) // 64
    tones = inner[::step, ::step]
    rank = tones.size - max(1, tones.size // 20)
    strong = int(np.partition(tones, rank, axis=None)[rank])
    return strong, float(np.count_nonzero(tones > strong // 2)) / tones.size


def _crowded(off_ground: Image, box: Box, strong: int) -> bool:
    """Whether little of a box's surroundings is ground: a quick look along the rectangle around it."""
    gap = 2 + box.h // 16
    left, top = max(0, box.x - gap), max(0, box.y - gap)
    right, bottom = min(off_ground.shape[1], box.x + box.w + gap) - 1, min(off_ground.shape[0], box.y + box.h + gap) - 1
    level = strong // 3
    sides = (off_ground[top, left:right], off_ground[bottom, left:right], off_ground[top:bottom, left],
             off_ground[top:bottom, right])
    taken = sum(int(np.count_nonzero(side > level)) for side in sides)
    return bool(taken > MOST_CROWDED * 2 * (right - left + bottom - top))


def _grow(ink: Image, seed: Box, level: int, reach: int) -> tuple[_Window, Box, Image]:
    """The piece of ink above a level that a seed is part of: its window, its tight box, its mask in the window."""
    tight = seed
    for margin in MARGINS:
        window = _Window.around(tight, ink.shape, margin)
        tight, mask = window.piece(window.of(ink), level, tight, reach)
        if window.holds(tight):
            break
    return window, tight, mask


def _examine(
    ink: Image, off_ground: Image, window: _Window, tight: Box, mask: Image, strong: int, look: Look
) -> Piece:
    """Whether a piece can be a digit by its shape and by the ground beside it."""
    x, y = tight.x - window.box.x, tight.y - window.box.y
    piece = Piece(tight, mask[y : y + tight.h, x : x + tight.w], strong)
    if not (window.holds(tight) and has_size(tight, ink.shape, look.heights)):
        return replace(piece, refused=RUNS_ON)
    area, length = _stroke(mask)
    bare = length < LIMITS.bare * tight.h or tight.w < LIMITS.slim * tight.h
    thickest = 2 * float(cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_3).max())
    boldest = LIMITS.boldest_bare if bare else LIMITS.boldest
    full = area > LIMITS.fullest * tight.area and not bare
    if full or thickest > boldest * tight.h + look.blur:
        return replace(piece, refused="shape")
    if bare:
        # It may be the stem of a letter whose hairlines are fainter: it has to stand free there too.
        whole, _ = window.piece(window.of(ink), round(FREE_AT * strong), tight)
        if whole.area > 1.5 * tight.area + 4 * tight.h:
            return replace(piece, refused="attached")
    near, far = (cv2.dilate(mask, np.ones((side, side), np.uint8)) for side in (5, 7))
    beside = np.sort(window.of(off_ground)[far > near])
    uneven = LIMITS.uneven_bare if bare else LIMITS.uneven
    most, nearly_all = (beside[len(beside) * share // 100] for share in (75, 90)) if len(beside) else (255, 255)
    doubt = max(most / uneven, nearly_all / (1.5 * uneven)) / strong
    if doubt > (1 if bare else LIMITS.most_doubt):
        return replace(piece, refused="ground")
    return replace(piece, sure=doubt <= 1)


def _stroke(mask: Image) -> tuple[int, float]:
    """The area of a mask in pixels and the length of the stroke that it is: half of its edge."""
    area = cv2.countNonZero(mask)
    inside = cv2.countNonZero(cv2.erode(mask, np.ones((3, 3), np.uint8)))
    return area, max(1, area - inside) / 2


@dataclass(frozen=True)
class _Window:
    """A part of the working picture around a piece of ink."""

    box: Box
    shape: tuple[int, ...]  # of the whole picture

    @staticmethod
    def around(box: Box, shape: tuple[int, ...], share: float) -> _Window:
        margin = max(4, round(share * max(box.h, box.w)))
        left, top = max(0, box.x - margin), max(0, box.y - margin)
        right, bottom = min(shape[1], box.x + box.w + margin), min(shape[0], box.y + box.h + margin)
        return _Window(Box(left, top, right - left, bottom - top), shape)

    def of(self, picture: Image) -> Image:
        return picture[self.box.y : self.box.y + self.box.h, self.box.x : self.box.x + self.box.w]

    def holds(self, box: Box) -> bool:
        """Whether a box stays off this window's edges."""
        right, bottom = self.box.x + self.box.w, self.box.y + self.box.h
        return box.x > self.box.x and box.y > self.box.y and box.x + box.w < right and box.y + box.h < bottom

    def piece(self, part: Image, level: int, near: Box, reach: int = 0) -> tuple[Box, Image]:
        """The largest piece above a level in a box, gaps up to `reach` pixels bridged.

        Returns:
            Its own box, and its mask, uint8 0 or 1, of the window's size.
        """
        binary = (part > level).view(np.uint8)
        if not reach:
            _, pieces = cv2.connectedComponents(binary)
        else:  # over specks that are no strokes no bridge is built
            _, pieces, stats, _ = cv2.connectedComponentsWithStats(binary)
            stroke = stats[:, cv2.CC_STAT_AREA] >= reach * reach // 2
            stroke[0] = False
            binary = stroke[pieces].view(np.uint8)
            _, pieces = cv2.connectedComponents(cv2.dilate(binary, np.ones((reach + 1, reach + 1), np.uint8)))
        x, y = near.x - self.box.x, near.y - self.box.y
        counts = np.bincount(pieces[y : y + near.h, x : x + near.w].ravel(), minlength=2)
        counts[0] = 0
        mask = (pieces == counts.argmax()).view(np.uint8) & binary
        left, top, w, h = cv2.boundingRect(mask)
        return Box(self.box.x + left, self.box.y + top, w, h), mask
