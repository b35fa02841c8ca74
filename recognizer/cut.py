"""Cuts pieces of ink free, and tells whether they can be digits by their shape and by the ground beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.ground import PAPER, off_ground
from recognizer.seeds import FULLEST, SLIM, have_size
from recognizer.tiles import Sheet, Tile, sheets
from recognizer.types import Box, Image

FREE_AT = 0.33  # share of its strength at which a bare stroke must still stand free; rules are fainter
MARGINS = (0.25, 0.6, 0.6, 0.4)  # of a piece's window, in its sides: it is widened while the piece reaches its edge
RUNS_ON = "runs on"  # out of its window: a line, a frame, the border of the picture
SIZE = "size"  # the picture's border cuts it, or it is too high, low or wide
BESIDE = 0.4  # height of a second piece in a seed's place over the seed's


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
FIVE, SEVEN = (np.ones((side, side), np.uint8) for side in (5, 7))


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


class Spot(NamedTuple):
    """A place to cut.

    Attributes:
        flat: (H, W) uint8, the flattened picture at the look's scale.
        look: the picture's.
        dark: ink darker than the ground, not lighter.
        seed: a box that holds some of the ink.
        strength: how far the ink stands out there, in tones, PAPER at most on dark ink.
    """

    flat: Image
    look: Look
    dark: bool
    seed: Box
    strength: int

    @property
    def level(self) -> int:
        """Half of the ink's contrast: there the edge of a blurred stroke lies, and rules and shadows are fainter."""
        return self.strength // 2


class Piece(NamedTuple):
    """Connected ink.

    Attributes:
        spot: where it was cut.
        box: tight, in pixels of the spot's picture.
        mask: (h, w) uint8, 0 or 1; empty for a refused one.
        refused: why it is no digit, in a word; empty when it may be one.
        sure: the ground beside it is even, as a sheet's is.
    """

    spot: Spot
    box: Box
    mask: Image = NO_MASK
    refused: str = ""
    sure: bool = True


def cut_free(spots: list[Spot]) -> list[Piece]:
    """Cut the ink at each spot out at half of its own contrast, and see whether it stands free on its ground.

    A pencil's strokes break at that contrast, so a piece is also joined with what is less than a pen's width away:
    both are given when they differ.
    """
    found: list[Piece] = []
    for widened, margin in enumerate(MARGINS, 1):
        tiles = [Tile(s.flat, s.dark, _around(s.seed, s.flat.shape, margin), s.level) for s in spots]
        running: list[Spot] = []
        for indices, sheet in sheets(tiles):
            here = [spots[i] for i in indices]
            main, beside = _of_seeds(sheet, here)
            runs_on = sheet.pieces.edge[main]
            if widened < len(MARGINS):
                running += [here[sheet.pieces.tiles[k]]._replace(seed=Box(*sheet.pieces.boxes[k].tolist()))
                            for k in main[runs_on]]
                main = main[~runs_on]
            found += _examined(sheet, here, [tiles[i].window for i in indices], np.concatenate([main, beside]))
        spots = running
    return found


def _of_seeds(sheet: Sheet, spots: list[Spot]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of each tile's largest piece in its seed's box, and of the others there that may be digits too."""
    pieces = sheet.pieces
    seeds = np.array([s.seed for s in spots], np.int32).reshape(-1, 4)[pieces.tiles]
    start, stop = pieces.boxes[:, :2], pieces.boxes[:, :2] + pieces.boxes[:, 2:]
    shared = np.minimum(stop, seeds[:, :2] + seeds[:, 2:]) - np.maximum(start, seeds[:, :2])
    share = np.clip(shared, 0, None).prod(axis=1) / pieces.boxes[:, 2:].prod(axis=1)
    order = np.argsort(share * pieces.areas, kind="stable")
    largest = np.zeros(len(spots), np.intp)
    largest[pieces.tiles[order]] = order  # of a tile's pieces the last stays
    main = largest[np.isin(np.arange(len(spots)), pieces.tiles)]
    least = np.array([s.look.heights.start for s in spots])[pieces.tiles]
    others = (share > 0.5) & ~pieces.edge & (pieces.boxes[:, 3] >= np.maximum(least, BESIDE * seeds[:, 3]))
    others[main] = False
    return main, np.flatnonzero(others)


def _examined(sheet: Sheet, spots: list[Spot], windows: list[Box], chosen: NDArray[np.intp]) -> list[Piece]:
    """Whether pieces of a sheet can be digits by their shape and by the ground beside them."""
    pieces = sheet.pieces
    found = []
    for k in chosen.tolist():
        tile = int(pieces.tiles[k])
        spot, box = spots[tile], Box(*pieces.boxes[k].tolist())
        if pieces.edge[k]:
            found.append(Piece(spot, box, refused=RUNS_ON))
            continue
        tones, ink, labels = sheet.part(tile)
        cut = _Cut(spot, windows[tile], tones, (labels == pieces.labels[k]).view(np.uint8), box,
                   int(pieces.areas[k]), float(pieces.lengths[k]))
        alone = _examine(cut, sheet.thickest(k))
        found.append(alone)
        if alone.refused in (SIZE, "shape") or cv2.countNonZero(ink) <= cut.area:
            continue
        joined = _join(cut, (ink != 0).view(np.uint8))
        if joined.box != box:
            thickest = float(cv2.distanceTransform(joined.mask, cv2.DIST_L2, cv2.DIST_MASK_3).max())
            found.append(Piece(spot, joined.box, refused=RUNS_ON) if joined.runs_on else _examine(joined, thickest))
    return found


def _examine(cut: _Cut, thickest: float) -> Piece:
    """Whether a piece can be a digit, given half the width of its thickest stroke."""
    spot, (_, _, w, h) = cut.spot, cut.box
    if not have_size(np.array([cut.box]), spot.flat.shape, spot.look.heights)[0]:
        return Piece(spot, cut.box, refused=SIZE)
    bare = cut.length < LIMITS.bare * h or w < SLIM * h
    bold = (2 * thickest - spot.look.blur) / h
    if bold > LIMITS.boldest or (cut.area > FULLEST * w * h and not bare):
        return Piece(spot, cut.box, refused="shape")
    if bare and cut.attached():
        return Piece(spot, cut.box, refused="attached")
    doubt = cut.doubt(LIMITS.uneven_bare if bare else LIMITS.uneven)
    if doubt > (1 if bare else LIMITS.most_doubt):
        return Piece(spot, cut.box, refused="ground")
    sure = doubt <= 1 and bold <= (LIMITS.boldest_bare if bare else LIMITS.boldest_alone)
    return Piece(spot, cut.box, cut.own_mask, sure=sure)


@dataclass(frozen=True)
class _Cut:
    """A piece of ink and what is around it.

    Attributes:
        spot: where it was cut.
        window: a part of the picture around it.
        tones: (h, w) uint8, the flattened picture there, ink dark.
        mask: (h, w) uint8, 1 where the piece is.
        box: the piece's own, in the picture.
        area: of the piece, in pixels.
        length: of the stroke that it is, in pixels.
    """

    spot: Spot
    window: Box
    tones: Image
    mask: Image
    box: Box
    area: int
    length: float

    @property
    def place(self) -> Box:
        """Its box in the window."""
        return Box(self.box.x - self.window.x, self.box.y - self.window.y, self.box.w, self.box.h)

    @property
    def own_mask(self) -> Image:
        """Its mask in its box."""
        x, y, w, h = self.place
        return self.mask[y : y + h, x : x + w]

    @property
    def runs_on(self) -> bool:
        """Whether it reaches its window's edge."""
        x, y, w, h = self.place
        return not (x > 0 and y > 0 and x + w < self.window.w and y + h < self.window.h)

    def attached(self) -> bool:
        """Whether a stroke is the stem of a letter, say, whose hairlines are fainter."""
        ink = (self.tones < PAPER - round(FREE_AT * self.spot.strength)).view(np.uint8)
        mask = _largest(cv2.connectedComponents(ink)[1], self.place) & ink
        whole = Box(*cv2.boundingRect(mask))
        return whole.area > 1.5 * self.box.area + 4 * self.box.h

    def doubt(self, uneven: float) -> float:
        """How uneven the ground beside the piece is: up to 1 it is as even as a sheet's."""
        near, far = (cv2.dilate(self.mask, kernel) for kernel in (FIVE, SEVEN))
        beside = np.sort(off_ground(self.tones)[far > near])
        if not len(beside):
            return float("inf")
        most, nearly_all = (int(beside[len(beside) * share // 100]) for share in (75, 90))
        return max(most, nearly_all / 1.5) / self.spot.strength / uneven


def _join(cut: _Cut, ink: Image) -> _Cut:
    """The piece with what is less than a pen's width away; over specks that are no strokes no bridge is built."""
    reach = round(cut.area / cut.length) + 1
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(ink)
    stroke = stats[:, cv2.CC_STAT_AREA] >= reach * reach // 2
    stroke[0] = False
    strokes = stroke[pieces].view(np.uint8)
    _, pieces = cv2.connectedComponents(cv2.dilate(strokes, np.ones((reach + 1, reach + 1), np.uint8)))
    mask = _largest(pieces, cut.place) & strokes
    x, y, w, h = cv2.boundingRect(mask)
    area = cv2.countNonZero(mask)
    inside = cv2.countNonZero(cv2.erode(mask, np.ones((3, 3), np.uint8)))
    box = Box(cut.window.x + x, cut.window.y + y, w, h)
    return _Cut(cut.spot, cut.window, cut.tones, mask, box, area, max(1, area - inside) / 2)


def _largest(labels: NDArray[np.int32], near: Box) -> Image:
    """Where the piece is that has most of a box, from a map of labels; uint8, 0 or 1."""
    counts = np.bincount(labels[near.y : near.y + near.h, near.x : near.x + near.w].ravel(), minlength=2)
    counts[0] = 0
    return (labels == counts.argmax()).view(np.uint8)


def _around(box: Box, shape: tuple[int, ...], share: float) -> Box:
    """A window around a box, with a margin that is a share of its longer side, within a picture."""
    margin = max(4, round(share * max(box.h, box.w)))
    left, top = max(0, box.x - margin), max(0, box.y - margin)
    right, bottom = min(shape[1], box.x + box.w + margin), min(shape[0], box.y + box.h + margin)
    return Box(left, top, right - left, bottom - top)
