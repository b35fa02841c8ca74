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

WIDTH = 512  # of a sheet, in pixels; a wider window makes it wider
MOST = 200_000  # pixels of a sheet from which on another is begun: it has fewer pieces than 16 bits count
BETWEEN = 1  # pixels of empty ground between two windows


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
    """The connected pieces of ink of a sheet, M of them.

    Attributes:
        tiles: (M,) the index of each one's tile among those of the sheet.
        labels: (M,) what it is called in the sheet's map.
        boxes: (M, 4) int32, x, y, w, h in pixels of its tile's picture.
        areas: (M,) int32, in pixels.
        lengths: (M,) of the stroke that it is, half of its edge, in pixels.
        edge: (M,) bool, whether it reaches its window's edge.
    """

    tiles: NDArray[np.intp]
    labels: NDArray[np.intp]
    boxes: NDArray[np.int32]
    areas: NDArray[np.int32]
    lengths: NDArray[np.float64]
    edge: NDArray[np.bool_]


class Sheet:
    """Tiles side by side, dark ink on a lighter ground all of them.

    Attributes:
        tones: (H, W) uint8, flattened and turned so that ink is dark.
        distance: (H, W) float32, of ink to what is none, in pixels.
        pieces: of all its tiles.
    """

    def __init__(self, tiles: list[Tile]) -> None:
        self._tiles = tiles
        self._places, size = _laid_out([t.window for t in tiles])
        self.tones = np.full(size, PAPER, np.uint8)
        least = np.zeros(size, np.uint8)
        owner = np.zeros(size, np.uint16)
        for index, ((flat, dark, window, level), (x, y)) in enumerate(zip(tiles, self._places, strict=True)):
            part = flat[window.y : window.y + window.h, window.x : window.x + window.w]
            place = slice(y, y + window.h), slice(x, x + window.w)
            self.tones[place] = part if dark else ~part
            least[place] = PAPER - level
            owner[place] = index
        self._ink = cv2.compare(self.tones, least, cv2.CMP_LT)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(self._ink, connectivity=8, ltype=cv2.CV_16U)
        self._labels = labels
        self.distance = cv2.distanceTransform(self._ink, cv2.DIST_L2, cv2.DIST_MASK_3)
        self.pieces = self._measured(stats[1:], owner)

    def _measured(self, stats: NDArray[np.int32], owner: NDArray[np.uint16]) -> Pieces:
        boxes, areas = stats[:, :4].copy(), stats[:, 4]
        inside = np.bincount(self._labels[self.distance > 1.5], minlength=len(stats) + 1)[1:]
        tiles = owner[boxes[:, 1], boxes[:, 0]].astype(np.intp)
        windows = np.array([t.window for t in self._tiles], np.int32).reshape(-1, 4)[tiles]
        boxes[:, :2] += windows[:, :2] - np.array(self._places, np.int32).reshape(-1, 2)[tiles]
        start, stop = boxes[:, :2] - windows[:, :2], windows[:, :2] + windows[:, 2:] - boxes[:, :2] - boxes[:, 2:]
        edge = (np.minimum(start, stop) <= 0).any(axis=1)
        return Pieces(tiles, np.arange(1, len(stats) + 1), boxes, areas, np.maximum(areas - inside, 1) / 2, edge)

    def part(self, tile: int) -> tuple[Image, Image, NDArray[np.uint16]]:
        """Of one tile, three arrays (h, w): its tones, its ink (0 or 255), and the labels of its pieces."""
        (x, y), window = self._places[tile], self._tiles[tile].window
        place = slice(y, y + window.h), slice(x, x + window.w)
        return self.tones[place], self._ink[place], self._labels[place]

    def thickest(self, piece: int) -> float:
        """Half the width of a piece's thickest stroke, in pixels."""
        tile = self.pieces.tiles[piece]
        (x, y), window, box = self._places[tile], self._tiles[tile].window, self.pieces.boxes[piece]
        left, top = box[0] - window.x + x, box[1] - window.y + y
        place = slice(top, top + box[3]), slice(left, left + box[2])
        return float(self.distance[place][self._labels[place] == self.pieces.labels[piece]].max())


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
    width = max(WIDTH, *(w.w for w in windows), 0)
    places, x, y, high = [], 0, 0, 0
    for window in windows:
        if x + window.w > width:
            x, y, high = 0, y + high + BETWEEN, 0
        places.append((x, y))
        x, high = x + window.w + BETWEEN, max(high, window.h)
    return places, (y + high, width)
