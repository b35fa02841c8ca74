"""Cuts the ink of digits out of a frame, given where they stand: at half of its contrast, piece by connected piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.core.frame import Image, Pyramid
from recognizer.detection.network import Floats, Maps
from recognizer.detection.proposals import Proposals
from recognizer.detection.tiles import FIT, SIDE, Flags, Tiles, light_of


@dataclass(frozen=True)
class InkSettings:
    """How ink is cut out. Probabilities are those of the network's ink map, 0 to 1.

    Attributes:
        ground: probability of ink, of a digit or other, under which a pixel is ground.
        written: probability of a digit's ink from which on a pixel tells the ink's tone.
        likely: or share of the likeliest pixel's, where that one is less likely.
        other: by how much other ink may be likelier than a digit's where a digit is cut at its box.
        cut: share of the contrast between ink and ground from which on a pixel is ink.
        traced: probability of a digit's ink from which on a pixel is the digit's where rules, edges or other digits run
            into it.
        faintest: contrast in tones under which there is no ink.
        margin: around its box that ink may reach into where it is cut there, as a share of the longer side.
        believed: mean probability of a digit's ink that a piece of a digit has at least.
        inside: share of a piece of a digit that lies in its box at least.
        speck: share of a digit's largest piece under which another is no part of it.
        alike: pixels of a tile by which two ways' boxes may differ and are one: the first, which follows edges best.
        grown: share of its longer side by which a side of a digit may change from one frame to the next.
    """

    ground: float = 0.25
    written: float = 0.5
    likely: float = 0.8
    other: float = 0.15
    cut: float = 0.5
    traced: float = 0.3
    faintest: float = 2.0
    margin: float = 0.2
    believed: float = 0.3
    inside: float = 0.5
    speck: float = 0.02
    alike: int = 2
    grown: float = 0.25


SETTINGS = InkSettings()


class Ink(NamedTuple):
    """The ink of one digit.

    Attributes:
        tile: the index of its box among those given.
        mask: (h, w) uint8, 0 or 255, at the scale of its tile.
        box: (4,) float32, x, y, w, h in pixels of the frame.
        contrast: tones by which the ink is darker than its ground; less than 0 where it is lighter.
        belief: mean probability of a digit's ink over it, 0 to 1.
    """

    tile: int
    mask: Image
    box: Floats
    contrast: float
    belief: float


NO_INK = Ink(0, np.zeros((0, 0), np.uint8), np.zeros(4, np.float32), 0.0, 0.0)


def cut_ink(pyramid: Pyramid, maps: tuple[Maps, ...], proposals: Proposals) -> list[Ink]:
    """The ink at each proposal: as it stands free, as it is cut at the box, and as the network traces it there.

    Where the ways come to about the same it is given once; ink that runs on into other ink, in the later ways alone.
    """
    if not len(proposals.boxes):
        return []
    tiles = Tiles.around(proposals.boxes)
    tones, (digit, other) = tiles.tones(pyramid), tiles.ink(maps, proposals.maps)
    is_ground = cv2.add(digit, other).reshape(digit.shape) < 255 * SETTINGS.ground
    depth = light_of(tones, is_ground) - tones
    inside = tiles.within()
    contrast = _contrast(depth, np.where(inside, digit, np.uint8(0)))
    ink = _inked(depth, contrast)
    may_be_digit = other < 255 * SETTINGS.other + digit
    at_box = ink & may_be_digit & tiles.within(SETTINGS.margin * FIT)
    traced = at_box & tiles.parted(proposals.boxes) & (digit > 255 * SETTINGS.traced)
    ways = [_free_pieces(ink, digit, inside),
            *(_largest_pieces(cut, digit, inside) for cut in (at_box, traced))]
    return _each_once(tiles, ways, contrast, digit)


def cut_again(pyramid: Pyramid, before: list[Ink], boxes: Floats) -> list[Ink]:
    """The ink of digits of the frame before, where they are expected now.

    Args:
        pyramid: of the frame.
        before: N as they were in the frame before.
        boxes: (N, 4) float32, x, y, w, h in pixels of the frame, where each is expected.

    Returns:
        One for each that is still there and about as large, in order.
    """
    if not before:
        return []
    tiles = Tiles.around(boxes)
    tones, inside = tiles.tones(pyramid), tiles.within()
    depth = light_of(tones, ~tiles.within(1)) - tones
    contrast = np.array([ink.contrast for ink in before], np.float32)
    ink, digit = _inked(depth, contrast), inside.view(np.uint8) * np.uint8(255)
    free = _each_once(tiles, [_free_pieces(ink, digit, inside)], contrast, digit)
    found = {one.tile: one for one in free if _is_as_large(one, boxes)}
    others = np.array([tile for tile in range(len(before)) if tile not in found], np.intp)
    if len(others):  # most digits stand free, and need no second way
        at_box = (ink & tiles.within(SETTINGS.margin * FIT))[others]
        pieces = _largest_pieces(at_box, digit[others], inside[others])
        cut = _each_once(tiles, [{int(others[place]): mask for place, mask in pieces.items()}], contrast, digit)
        found |= {one.tile: one for one in cut if _is_as_large(one, boxes)}
    return [found[tile]._replace(belief=before[tile].belief) for tile in sorted(found)]


def _is_as_large(ink: Ink, boxes: Floats) -> bool:
    """Whether ink is about as large as the box (N, 4) of its tile."""
    grown = np.abs(ink.box[2:] - boxes[ink.tile, 2:]).max() / boxes[ink.tile, 2:].max()
    return bool(grown <= SETTINGS.grown)


def _contrast(depth: Floats, digit: Image) -> Floats:
    """By how many tones each tile's ink is darker than its ground, (N,), weighing the strokes' cores most.

    Args:
        depth: (N, SIDE, SIDE) float32, by how many tones pixels are darker than the ground.
        digit: likewise uint8, how likely they are a digit's ink.
    """
    depth, digit = depth.reshape(len(depth), -1), digit.reshape(len(digit), -1)
    likeliest = digit.max(axis=1, keepdims=True)
    written = (digit >= np.minimum(255 * SETTINGS.written, SETTINGS.likely * likeliest)) & (digit > 0)
    inked = np.where(written, depth, np.float32(0))
    size = np.abs(inked).sum(axis=1)
    return np.asarray(np.sign(inked.sum(axis=1)) * (inked * inked).sum(axis=1) / np.maximum(size, 1e-3), np.float32)


def _inked(depth: Floats, contrast: Floats) -> Flags:
    """Which pixels of tiles are ink of this contrast (N,): (N, SIDE, SIDE)."""
    level = np.maximum(SETTINGS.cut * np.abs(contrast), SETTINGS.faintest)
    return np.asarray(depth * np.sign(contrast)[:, None, None] > level[:, None, None], np.bool_)


def _each_once(tiles: Tiles, ways: Sequence[dict[int, Image]], contrast: Floats, digit: Image) -> list[Ink]:
    """The ink that each way finds in the tiles; where a later one comes to about the same as an earlier one, not again.

    Args:
        tiles: N.
        ways: of each, masks (SIDE, SIDE) uint8, 0 or 1, by the tile.
        contrast: (N,) of the ink.
        digit: (N, SIDE, SIDE) uint8, how likely pixels are a digit's ink.
    """
    found: list[Ink] = []
    extents: dict[int, list[tuple[int, ...]]] = {}
    for pieces in ways:
        for tile, mask in pieces.items():
            x, y, w, h = cv2.boundingRect(mask)
            others = extents.setdefault(tile, [])
            if any(max(abs(x - a), abs(y - b), abs(w - c), abs(h - d)) <= SETTINGS.alike for a, b, c, d in others):
                continue
            others.append((x, y, w, h))
            mask = mask[y : y + h, x : x + w]
            belief = cv2.mean(digit[tile, y : y + h, x : x + w], mask)[0] / 255
            box = tiles.in_frame(tile, x, y, w, h)
            found.append(Ink(tile, mask * np.uint8(255), box, float(contrast[tile]), belief))
    return found


@dataclass(frozen=True)
class _Pieces:
    """The M connected pieces of ink in N tiles.

    Attributes:
        labels: (N, SIDE, SIDE) int32, the index of each pixel's piece, counted from 1.
        tile: (M + 1,) the tile of each piece; the first is the ground.
        area: likewise, pixels.
        edge: likewise, whether it reaches its tile's edge.
        score: likewise, its area in its box.
        is_digit: likewise, whether it lies in its box and is taken for a digit's ink.
    """

    labels: NDArray[np.int32]
    tile: NDArray[np.intp]
    area: NDArray[np.int32]
    edge: Flags
    score: NDArray[np.float64]
    is_digit: Flags

    @classmethod
    def of(cls, ink: Flags, digit: Image, inside: Flags) -> _Pieces:
        count, high = len(ink), SIDE + 1  # an empty row parts two tiles
        sheet = np.zeros((count, high, SIDE), np.uint8)
        sheet[:, :SIDE] = ink
        _, labels, stats, _ = cv2.connectedComponentsWithStats(
            sheet.reshape(-1, SIDE), connectivity=8, ltype=cv2.CV_32S)
        left, top, width, height, area = stats.T
        tile, top = np.divmod(top, high)
        edge = (left == 0) | (top == 0) | (left + width == SIDE) | (top + height == SIDE)
        labels = np.asarray(labels, np.int32).reshape(count, high, SIDE)[:, :SIDE]
        inked = np.flatnonzero(labels)
        of_piece = labels.ravel()[inked]
        belief = np.bincount(of_piece, digit.ravel()[inked], len(area)) / (255 * np.maximum(area, 1))
        score = np.bincount(of_piece, inside.ravel()[inked], len(area)).astype(np.float64)
        is_digit = (belief > SETTINGS.believed) & (score > SETTINGS.inside * area)
        is_digit[0] = False
        return cls(labels, tile.astype(np.intp), area, edge, score, is_digit)

    def masks(self, chosen: Flags) -> dict[int, Image]:
        """Of each tile with chosen pieces, these without specks: (SIDE, SIDE) uint8, 0 or 1."""
        largest = np.zeros(len(self.labels))
        np.maximum.at(largest, self.tile[chosen], self.area[chosen])
        chosen = chosen & (self.area > SETTINGS.speck * largest[self.tile])
        return {tile: chosen[self.labels[tile]].view(np.uint8) for tile in np.unique(self.tile[chosen]).tolist()}


def _free_pieces(ink: Flags, digit: Image, inside: Flags) -> dict[int, Image]:
    """The digit of each tile where it stands free of all that reaches the tile's edge."""
    pieces = _Pieces.of(ink, digit, inside)
    return pieces.masks(pieces.is_digit & ~pieces.edge)


def _largest_pieces(ink: Flags, digit: Image, inside: Flags) -> dict[int, Image]:
    """The digit of each tile; where nothing is sure to be one's, what fills most of the box."""
    pieces = _Pieces.of(ink, digit, inside)
    chosen = pieces.is_digit.copy()
    unsure = np.ones(len(ink), bool)
    unsure[pieces.tile[chosen]] = False
    order = 1 + np.argsort(pieces.score[1:], kind="stable")
    largest = np.zeros(len(ink), np.intp)
    largest[pieces.tile[order]] = order  # of a tile's pieces the last stays
    chosen[largest[unsure]] = True
    chosen[0] = False
    return pieces.masks(chosen)
