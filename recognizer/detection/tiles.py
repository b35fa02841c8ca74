"""Windows of a frame around boxes, all brought to one size, so that one call treats all of them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.core.frame import Image, Pyramid
from recognizer.core.geometry import Box, shared_areas
from recognizer.detection.network import STRIDE, Floats, Maps

SIDE = 64  # pixels of a tile
FIT = 40  # pixels of the longer side of the box in it
GROWN = 1.1  # times, by which a box may grow until it is looked at again, where not all of a frame is known
AROUND = 4  # pixels of a tile that are known around it, where not all of a frame is
FEWEST = 0.15  # share of a tile that must be known to be ground; else all of it is taken for that
FAR_OFF = 2.5  # times the mean distance from the ground's plane from which on a pixel is no ground
CLOSE = 0.2  # of its height: neighbours that are nearer may touch
ONE_PLACE = 0.5  # share of the smaller box from which on two are one place's
AS_HIGH = 1.6  # of two neighbours' heights, the most that one may be higher
COARSER = 1.26  # of a tile's pixel, in those of its level: it is 0.8 to 1.6 of them wide
NOISE = 12.0  # tones that ground may differ by in any case

Flags = NDArray[np.bool_]

_AXIS = np.arange(SIDE, dtype=np.float32) - (SIDE / 2 - 0.5)  # pixels from a tile's middle


def _basis(axis: Floats) -> Floats:
    """1, x and y at each pixel of a tile, (P, 3)."""
    x, y = np.meshgrid(axis / SIDE, axis / SIDE)
    return np.stack([np.ones_like(x), x, y], axis=-1).reshape(-1, 3).astype(np.float32)


_EVERYWHERE, _SPARSE = _basis(_AXIS), _basis(_AXIS[::2])  # every other pixel tells a plane well enough
_SQUARES = (_SPARSE[:, :, None] * _SPARSE[:, None]).reshape(-1, 9)


@dataclass(frozen=True)
class Tiles:
    """N windows of a frame, each with its box in the middle.

    Attributes:
        middle: (N, 2) float32, of the boxes, in pixels of the frame.
        zoom: (N,) float32, pixels of the frame that one of a tile is wide.
        half: (N, 2) float32, half the width and height of the boxes, in pixels of a tile.
    """

    middle: Floats
    zoom: Floats
    half: Floats

    @classmethod
    def around(cls, boxes: Floats) -> Tiles:
        """Those of boxes (N, 4) float32, x, y, w, h in pixels of the frame."""
        zoom = boxes[:, 2:].max(axis=1) / np.float32(FIT)
        return cls(boxes[:, :2] + boxes[:, 2:] / np.float32(2), zoom, boxes[:, 2:] / (2 * zoom[:, None]))

    def tones(self, pyramid: Pyramid) -> Image:
        """The tiles in grey, smoothed a little, (N, SIDE, SIDE) uint8, each from the level of about its pixels."""
        tones = np.empty((len(self.zoom), SIDE, SIDE), np.uint8)
        levels = self._levels()
        for level in set(levels.tolist()):
            scale = 0.5**level
            tones[levels == level] = self._of(pyramid.level(level), (scale, scale), levels == level)
        return np.asarray(cv2.GaussianBlur(tones.reshape(-1, SIDE), (3, 3), 0.7), np.uint8).reshape(tones.shape)

    def parts(self, size: tuple[int, ...]) -> list[Box] | None:
        """What of a frame of this width and height the tiles show, and a little around them, should digits grow.

        None where that is most of it, or the frame can't be halved evenly as often as it takes.
        """
        width, height = size
        step = 1 << int(self._levels(GROWN).max(initial=0))
        half = self.zoom[:, None] * np.float32(SIDE / 2 + AROUND) + 2
        start = np.floor((self.middle - half).clip(0, size) / step).astype(int) * step
        stop = np.ceil((self.middle + half).clip(0, size) / step).astype(int) * step
        if width % step or height % step or 2 * (stop - start).prod(axis=1).sum() > width * height:
            return None
        boxes = (Box(*box) for box in np.hstack([start, stop - start]).tolist())
        return [box for box in boxes if box.area]

    def _levels(self, grown: float = 1.0) -> NDArray[np.intp]:
        """Of a pyramid, from which each tile is taken, were it `grown` times as large, (N,)."""
        return np.asarray(np.floor(np.log2(np.maximum(self.zoom * np.float32(grown), 1) * COARSER)), np.intp)

    def ink(self, maps: tuple[Maps, ...], which: NDArray[np.intp]) -> tuple[Image, Image]:
        """What the network takes for a digit's ink and for other ink, two of (N, SIDE, SIDE) uint8, 255 for surely.

        Args:
            maps: of the frame.
            which: (N,) the index of those that tell each tile.
        """
        ink = np.empty((len(which), SIDE, SIDE, 2), np.uint8)
        for index in set(which.tolist()):
            along, down = maps[index].scale
            ink[which == index] = self._of(maps[index].ink, (along * 2 / STRIDE, down * 2 / STRIDE), which == index)
        return np.ascontiguousarray(ink[..., 0]), np.ascontiguousarray(ink[..., 1])

    def _of(self, picture: Image, scale: tuple[float, float], chosen: Flags) -> Image:
        """Chosen tiles (M, SIDE, SIDE, …) of a picture that is `scale` times as large as the frame, along and down."""
        along, down = ((self.middle[chosen, None, axis] + self.zoom[chosen, None] * _AXIS) * np.float32(scale[axis])
                       - np.float32(0.5) for axis in (0, 1))
        shape = len(along), SIDE, SIDE
        x, y = np.broadcast_to(along[:, None], shape), np.broadcast_to(down[:, :, None], shape)
        sheet = cv2.remap(picture, x.reshape(-1, SIDE), y.reshape(-1, SIDE), cv2.INTER_LINEAR,
                          borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(sheet, np.uint8).reshape(*shape, *picture.shape[2:])

    def within(self, margin: float = 0.0) -> Flags:
        """Which pixels lie in the boxes, widened by a margin in pixels of a tile: (N, SIDE, SIDE)."""
        x, y = (np.abs(_AXIS) <= self.half[:, axis, None] + margin for axis in (0, 1))
        return np.asarray(x[:, None] & y[:, :, None], np.bool_)

    def parted(self, boxes: Floats) -> Flags:
        """Which pixels lie nearer to the own box's middle than to a neighbour's, in halves of the boxes' sides.

        Args:
            boxes: (N, 4) the tiles' own, x, y, w, h in pixels of the frame.

        Returns:
            (N, SIDE, SIDE), all True for a tile without a neighbour close by.
        """
        own = np.ones((len(boxes), SIDE, SIDE), np.bool_)
        one, other = np.nonzero(_neighbours(boxes))
        if not len(one):
            return own
        zoom, half = self.zoom[one, None], boxes[other, 2:] / 2
        distances = []
        for axis in (0, 1):
            at = self.middle[one, None, axis] + zoom * _AXIS
            distances.append((np.abs(at - self.middle[other, None, axis]) / half[:, None, axis],
                              np.abs(_AXIS) / self.half[one, None, axis]))
        (theirs_x, ours_x), (theirs_y, ours_y) = distances
        nearer = (np.maximum(theirs_x[:, None], theirs_y[:, :, None])
                  < np.maximum(ours_x[:, None], ours_y[:, :, None]))
        np.logical_and.at(own, one, ~nearer)
        return own

    def in_frame(self, tile: int, left: int, top: int, width: int, height: int) -> Floats:
        """A box in pixels of a tile as one in pixels of the frame: (4,) float32."""
        zoom = self.zoom[tile]
        start = self.middle[tile] + (np.array([left, top], np.float32) - SIDE / 2) * zoom
        return np.array([*start, width * zoom, height * zoom], np.float32)


def _neighbours(boxes: Floats) -> Flags:
    """Of N boxes (N, 4), which two are close beside each other and about as high, but not at one place: (N, N)."""
    close = CLOSE * boxes[:, 3:]
    shared = shared_areas(boxes, boxes)
    around = np.hstack([boxes[:, :2] - close, boxes[:, 2:] + 2 * close])
    area = boxes[:, 2] * boxes[:, 3]
    ratio = boxes[:, None, 3] / boxes[:, 3]
    beside = (shared_areas(around, boxes) > 0) & (shared < ONE_PLACE * np.minimum(area[:, None], area))
    return np.asarray(beside & (ratio < AS_HIGH) & (ratio > 1 / AS_HIGH), np.bool_)


def light_of(tones: Image, is_ground: Flags) -> Floats:
    """The light on each tile's ground: a plane, fitted twice, the second time without what is far off the first.

    Args:
        tones: (N, SIDE, SIDE) uint8.
        is_ground: (N, SIDE, SIDE), what is known to be no ink.

    Returns:
        (N, SIDE, SIDE) float32, tones.
    """
    flat = tones[:, ::2, ::2].reshape(len(tones), -1).astype(np.float32)
    weight = is_ground[:, ::2, ::2].reshape(len(tones), -1).astype(np.float32)
    weight[weight.mean(axis=1) < FEWEST] = 1
    off = np.abs(flat - _planes(flat, weight) @ _SPARSE.T)
    spread = (weight * off).sum(axis=1, keepdims=True) / weight.sum(axis=1, keepdims=True)
    near = weight * (off < np.maximum(FAR_OFF * spread, NOISE))
    weight = np.where(near.any(axis=1, keepdims=True), near, weight)
    return (_planes(flat, weight) @ _EVERYWHERE.T).reshape(tones.shape)


def _planes(tones: Floats, weight: Floats) -> Floats:
    """Weighted least squares through N tiles of P pixels: factors of 1, x and y, (N, 3)."""
    squares = (weight @ _SQUARES).reshape(-1, 3, 3) + 1e-3 * np.eye(3, dtype=np.float32)
    return np.asarray(np.linalg.solve(squares, ((weight * tones) @ _SPARSE)[..., None])[..., 0], np.float32)
