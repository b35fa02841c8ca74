"""Many windows of pictures laid into one sheet, so that one call of OpenCV treats all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.core.frame import Image
from recognizer.core.geometry import Box
from recognizer.detection.by_rules.ground import PAPER

MOST = 200_000  # pixels of a sheet from which on another is begun
COUNTED = 4 * 65_000  # pixels that hold no more pieces than 16 bits count, of four pixels at least with what parts them
BETWEEN = 1  # pixels of empty ground between two windows, and around all of them

Flags = NDArray[np.bool_]
Group = tuple[int, ...]  # indices of pieces of one tile


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
    """Connected pieces of ink of a sheet, or several joined to one, M of them.

    Attributes:
        tiles: (M,) the index of each one's tile among those of the sheet.
        boxes: (M, 4) int32, x, y, w, h in pixels of its tile's picture.
        areas: (M,) int32, in pixels.
        edge: (M,) bool, whether it reaches its window's edge.
    """

    tiles: NDArray[np.intp]
    boxes: NDArray[np.int32]
    areas: NDArray[np.int32]
    edge: Flags

    def joined(self, groups: list[Group]) -> Pieces:
        """One piece for each group of indices."""
        first = np.array([group[0] for group in groups], np.intp)
        whole = Pieces(self.tiles[first], self.boxes[first], self.areas[first], self.edge[first])
        for place, group in enumerate(groups):
            if len(group) > 1:
                members = list(group)
                boxes = self.boxes[members]
                low = boxes[:, :2].min(axis=0)
                whole.boxes[place] = *low, *((boxes[:, :2] + boxes[:, 2:]).max(axis=0) - low)
                whole.areas[place], whole.edge[place] = self.areas[members].sum(), self.edge[members].any()
        return whole


class Cutting(NamedTuple):
    """What lies around a piece.

    Attributes:
        tones: (h, w) uint8, PAPER on the ground and less on ink.
        mask: (h, w) uint8, 1 where the piece is.
        box: the piece's, in pixels of these.
    """

    tones: Image
    mask: Image
    box: Box


class Sheet:
    """Tiles side by side, their ink dark on a lighter ground.

    Attributes:
        pieces: the connected pieces of ink of all tiles.
    """

    def __init__(self, tiles: list[Tile]) -> None:
        self._windows = [t.window for t in tiles]
        self._places, size = _laid_out(self._windows)
        self._tones = np.full(size, PAPER, np.uint8)
        ink = np.zeros(size, np.uint8)
        for (flat, dark, window, level), (x, y) in zip(tiles, self._places, strict=True):
            part = window.of(flat)
            place = slice(y, y + window.h), slice(x, x + window.w)
            self._tones[place] = part if dark else ~part
            ink[place] = cv2.threshold(self._tones[place], PAPER - level - 1, 1, cv2.THRESH_BINARY_INV)[1]
        kind = cv2.CV_16U if ink.size < COUNTED else cv2.CV_32S
        _, self._labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=kind)
        self.pieces = self._placed(np.asarray(stats, np.int32)[1:])

    def _placed(self, stats: NDArray[np.int32]) -> Pieces:
        """The pieces by OpenCV's statistics of the sheet, in pixels of their tiles' pictures."""
        boxes, areas = stats[:, :4].copy(), stats[:, 4]
        tile_of = np.zeros(self._labels.shape, np.uint16)
        for index, (x, y) in enumerate(self._places):
            tile_of[y : y + self._windows[index].h, x : x + self._windows[index].w] = index
        tiles = tile_of[boxes[:, 1], boxes[:, 0]].astype(np.intp)
        places = np.array(self._places, np.int32).reshape(-1, 2)[tiles]
        windows = np.array(self._windows, np.int32).reshape(-1, 4)[tiles]
        boxes[:, :2] += windows[:, :2] - places
        start, stop = boxes[:, :2] - windows[:, :2], windows[:, :2] + windows[:, 2:] - boxes[:, :2] - boxes[:, 2:]
        return Pieces(tiles, boxes, areas, (np.minimum(start, stop) <= 0).any(axis=1))

    def cutting(self, group: Group, box: Box, margin: int) -> Cutting:
        """A piece, or several as one, that fills a box, with what is around it in its window as far as a margin."""
        tile = int(self.pieces.tiles[group[0]])
        window, (left, top) = self._windows[tile], self._places[tile]
        box = box.moved(-window.x, -window.y)
        x, y = max(0, box.x - margin), max(0, box.y - margin)
        place = (slice(top + y, top + min(window.h, box.y + box.h + margin)),
                 slice(left + x, left + min(window.w, box.x + box.w + margin)))
        labels = self._labels[place]
        mask = labels == group[0] + 1
        for other in group[1:]:
            mask |= labels == other + 1
        return Cutting(self._tones[place], mask.view(np.uint8), box.moved(-x, -y))

    def window(self, group: Group, box: Box) -> Cutting:
        """The same with all of its window around it."""
        window = self._windows[int(self.pieces.tiles[group[0]])]
        return self.cutting(group, box, margin=max(window.w, window.h))

    def near(self, piece: int, width: float) -> Group:
        """A piece with those less than its stroke's width away, in order; over specks no bridge is built."""
        pieces, reach = self.pieces, round(width) + 1
        strokes = (pieces.tiles == pieces.tiles[piece]) & (pieces.areas >= reach * reach // 2)
        strokes[piece] = False
        among = np.flatnonzero(strokes)
        if not len(among) or _gaps(pieces.boxes[piece], pieces.boxes[among]).min() >= reach:
            return (piece,)
        strokes[piece] = True
        window, (x, y) = self._windows[pieces.tiles[piece]], self._places[pieces.tiles[piece]]
        labels = self._labels[y : y + window.h, x : x + window.w]
        ink = np.append(False, strokes)[labels].view(np.uint8)
        bridged = cv2.connectedComponents(cv2.dilate(ink, np.ones((reach + 1, reach + 1), np.uint8)))[1]
        whole = bridged == bridged[labels == piece + 1][0]
        return tuple(sorted((piece, *(k for k in among.tolist() if whole[labels == k + 1][0]))))


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


def _gaps(box: NDArray[np.int32], boxes: NDArray[np.int32]) -> NDArray[np.int32]:
    """How many pixels N boxes are away from one, (N,); less than 0 where they overlap."""
    gaps: NDArray[np.int32] = np.maximum(boxes[:, :2] - (box[:2] + box[2:]),
                                         box[:2] - (boxes[:, :2] + boxes[:, 2:])).max(axis=1)
    return gaps
