"""Many windows of pictures laid into one sheet, so that one call of OpenCV treats all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.ground import PAPER
from recognizer.types import Box, Image

MOST = 200_000  # pixels of a sheet from which on another is begun: it has fewer pieces than 16 bits count
BETWEEN = 1  # pixels of empty ground between two windows, and around all of them
INSIDE = 1.5  # distance from the edge, in pixels, of ink all of whose neighbours are ink

Flags = NDArray[np.bool_]


class Tile(NamedTuple):
    """A window of a picture and where ink begins there.

    Attributes:
        flat: (H, W) uint8, the flattened picture.
        dark: ink darker than the ground, not lighter.
        window: which part of it.
        level: ink is what stands out by more tones.
    """

    flat: Image
    dark: bool
    window: Box
    level: int


@dataclass(frozen=True)
class Pieces:
    """Pieces of ink of a sheet, M of them.

    Attributes:
        tiles: (M,) the index of each one's tile among those of the sheet.
        boxes: (M, 4) int32, x, y, w, h in pixels of its tile's picture.
        areas: (M,) in pixels.
        inside: (M,) of those pixels the ones that have no edge.
        widths: (M,) of the thickest stroke, in pixels.
        edge: (M,) bool, whether it reaches its window's edge.
        labels: (M,) tuples of the labels that each one has in the sheet's map.
    """

    tiles: NDArray[np.intp]
    boxes: NDArray[np.int32]
    areas: NDArray[np.int32]
    inside: NDArray[np.int32]
    widths: NDArray[np.float32]
    edge: Flags
    labels: list[tuple[int, ...]]

    @property
    def lengths(self) -> NDArray[np.float64]:
        """(M,) lengths of the strokes that they are, in pixels: half of their edges."""
        lengths: NDArray[np.float64] = np.maximum(self.areas - self.inside, 1) / 2
        return lengths

    def joined(self, groups: list[list[int]]) -> Pieces:
        """One piece for each group of indices, all of one tile."""
        start, stop = self.boxes[:, :2], self.boxes[:, :2] + self.boxes[:, 2:]
        corners = [(start[g].min(axis=0), stop[g].max(axis=0)) for g in groups]
        boxes = np.array([[*low, *(high - low)] for low, high in corners], np.int32).reshape(-1, 4)
        first = np.array([g[0] for g in groups], np.intp)
        areas, inside = (np.array([each[g].sum() for g in groups], np.int32) for each in (self.areas, self.inside))
        widths = np.array([self.widths[g].max() for g in groups], np.float32)
        edge = np.array([self.edge[g].any() for g in groups], bool)
        labels = [tuple(label for k in g for label in self.labels[k]) for g in groups]
        return Pieces(self.tiles[first], boxes, areas, inside, widths, edge, labels)


class Sheet:
    """Tiles side by side, their ink dark on a lighter ground.

    Attributes:
        pieces: the connected pieces of ink of all tiles.
    """

    def __init__(self, tiles: list[Tile]) -> None:
        self._tiles = tiles
        self._places, size = _laid_out([t.window for t in tiles])
        self._tones = np.full(size, PAPER, np.uint8)
        least = np.zeros(size, np.uint8)
        tile_of = np.zeros(size, np.uint16)
        for index, (flat, dark, window, level) in enumerate(tiles):
            part, place = flat[_slices(window)], self._place(index)
            self._tones[place] = part if dark else ~part
            least[place] = PAPER - level
            tile_of[place] = index
        ink = np.asarray(cv2.compare(self._tones, least, cv2.CMP_LT), np.uint8)
        _, self._labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=cv2.CV_16U)
        self.pieces = self._measured(ink, np.asarray(stats, np.int32)[1:], tile_of)

    def _measured(self, ink: Image, stats: NDArray[np.int32], tile_of: NDArray[np.uint16]) -> Pieces:
        boxes, areas = stats[:, :4].copy(), stats[:, 4]
        tiles = tile_of[boxes[:, 1], boxes[:, 0]].astype(np.intp)
        windows = np.array([t.window for t in self._tiles], np.int32).reshape(-1, 4)[tiles]
        boxes[:, :2] += windows[:, :2] - np.array(self._places, np.int32).reshape(-1, 2)[tiles]
        start, stop = boxes[:, :2] - windows[:, :2], windows[:, :2] + windows[:, 2:] - boxes[:, :2] - boxes[:, 2:]
        edge: Flags = (np.minimum(start, stop) <= 0).any(axis=1)
        # All pixels of one piece after those of another, so that each piece is a run of them.
        pixels = np.flatnonzero(ink)
        pixels = pixels[np.argsort(self._labels.ravel()[pixels], kind="stable")]
        distance = cv2.distanceTransform(ink, cv2.DIST_L2, cv2.DIST_MASK_3).ravel()[pixels]
        runs = np.cumsum(areas) - areas
        inside = np.add.reduceat(distance > INSIDE, runs, dtype=np.int32) if len(runs) else areas
        widths = 2 * np.maximum.reduceat(distance, runs) if len(runs) else np.zeros(0, np.float32)
        return Pieces(tiles, boxes, areas, inside, widths, edge, [(label,) for label in range(1, len(stats) + 1)])

    def near(self, piece: int) -> list[int]:
        """The indices of a piece and of those less than its stroke's width away; over specks no bridge is built."""
        pieces = self.pieces
        reach = round(pieces.areas[piece] / pieces.lengths[piece]) + 1
        strokes = (pieces.tiles == pieces.tiles[piece]) & (pieces.areas >= reach * reach // 2)
        strokes[piece] = True
        among = np.flatnonzero(strokes)
        if len(among) == 1 or not _touch(pieces.boxes[among], reach)[among == piece].any():
            return [piece]
        labels = self._labels[self._place(int(pieces.tiles[piece]))]
        ink = np.append(False, strokes)[labels].view(np.uint8)
        bridged = cv2.connectedComponents(cv2.dilate(ink, np.ones((reach + 1, reach + 1), np.uint8)))[1]
        whole = bridged == bridged[labels == piece + 1][0]
        return [piece, *(k for k in among.tolist() if k != piece and whole[labels == k + 1][0])]

    def part(self, pieces: Pieces, piece: int) -> tuple[Image, Image]:
        """The window of a piece: (h, w) uint8, its tones, and a mask that is 1 where the piece is."""
        place = self._place(int(pieces.tiles[piece]))
        first, *others = pieces.labels[piece]
        mask = self._labels[place] == first
        for label in others:
            mask |= self._labels[place] == label
        return self._tones[place], mask.view(np.uint8)

    def _place(self, tile: int) -> tuple[slice, slice]:
        (x, y), window = self._places[tile], self._tiles[tile].window
        return slice(y, y + window.h), slice(x, x + window.w)


def sheets(tiles: list[Tile]) -> Iterator[tuple[list[int], Sheet]]:
    """Lay tiles into as few sheets as may be; with each, the indices of its tiles, the lowest windows first."""
    order = sorted(range(len(tiles)), key=lambda i: tiles[i].window.h)
    begin, pixels = 0, 0
    for end, index in enumerate(order):
        pixels += tiles[index].window.area
        if pixels > MOST or end == len(order) - 1:
            yield order[begin : end + 1], Sheet([tiles[i] for i in order[begin : end + 1]])
            begin, pixels = end + 1, 0


def _laid_out(windows: list[Box]) -> tuple[list[tuple[int, int]], tuple[int, int]]:
    """Where windows go in rows, and the (height, width) that it takes."""
    width = max(round(sum(w.area for w in windows) ** 0.5), *(w.w for w in windows), 0)
    places, x, y, high = [], BETWEEN, BETWEEN, 0
    for window in windows:
        if x + window.w > width + BETWEEN:
            x, y, high = BETWEEN, y + high + BETWEEN, 0
        places.append((x, y))
        x, high = x + window.w + BETWEEN, max(high, window.h)
    return places, (y + high + BETWEEN, width + 2 * BETWEEN)


def _slices(box: Box) -> tuple[slice, slice]:
    return slice(box.y, box.y + box.h), slice(box.x, box.x + box.w)


def _touch(boxes: NDArray[np.int32], reach: int) -> Flags:
    """Which of N boxes come nearer than `reach` to each other; (N, N) bool, False for a box and itself."""
    start, stop = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    touching: Flags = np.maximum(start[:, None] - stop, start - stop[:, None]).max(axis=2) < reach
    np.fill_diagonal(touching, False)
    return touching
