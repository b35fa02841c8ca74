"""What the network's output means, and what it is to be at each cell of a crop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.finder.scenes.sheet import IGNORE

STRIDE = 4  # pixels between two cells of the output
INK_STRIDE = 2  # pixels between two cells of the ink map
BOX = slice(1, 5)  # channels of the four distances; the centre is the first
INK = slice(5, 17)  # channels of the ink map: 2×2 cells of three classes, for `depth_to_space`
CHANNELS = 17
LOWEST, HIGHEST = -2.0, 5.2  # of a distance's logarithm, which `exp` is taken of
CENTRE_SHARE = 0.2  # radius of the cells that are a digit's centre, in its width and height
LEAST_RADIUS, LARGEST_RADIUS = 2.9, 24.0  # pixels
UNCERTAIN = 0.42  # likewise, of the cells around it that are neither centre nor not
FARTHEST = 12.0  # pixels beyond the centre: what is farther inside a large digit is a piece of it, and no digit
NARROW = 0.5  # a 1 counts as at least so wide, in its height
NEAREST = 0.7  # pixels: distances of less aren't asked for


@dataclass(frozen=True)
class Targets:
    """Of one crop or, stacked, of a batch.

    Attributes:
        centre: (h, w) float32, 1 where a digit's centre is, else 0.
        weight: (h, w) float32, 0 where neither answer counts.
        distances: (h, w, 4) float32, pixels from the cell's middle to the box's left, top, right and bottom.
        ink: (2h, 2w) uint8, GROUND, DIGIT or OTHER, or more where it isn't known.
    """

    centre: NDArray[np.float32]
    weight: NDArray[np.float32]
    distances: NDArray[np.float32]
    ink: NDArray[np.uint8]


def targets(boxes: NDArray[np.float32], ink: NDArray[np.uint8]) -> Targets:
    """The answers for one crop.

    Args:
        boxes: (N, 4) float32 x, y, w, h of its digits in pixels.
        ink: (H/2, W/2) uint8, its ink map.
    """
    height, width = ink.shape[0] // 2, ink.shape[1] // 2
    centre = np.zeros((height, width), np.float32)
    quarters = ink.reshape(height, 2, width, 2)
    weight = 1 - (quarters == IGNORE).any(axis=(1, 3)).astype(np.float32)
    distances = np.full((height, width, 4), NEAREST, np.float32)
    for x, y, w, h in boxes[np.argsort(-boxes[:, 2] * boxes[:, 3])].tolist():
        middle_x, middle_y, wide = x + w / 2, y + h / 2, max(w, NARROW * h)
        radius_x, radius_y = (min(max(CENTRE_SHARE * side, LEAST_RADIUS), LARGEST_RADIUS) for side in (wide, h))
        reach_x, reach_y = min(UNCERTAIN * wide, radius_x + FARTHEST), min(UNCERTAIN * h, radius_y + FARTHEST)
        left, right = _cells(middle_x, max(reach_x, LEAST_RADIUS), width)
        top, bottom = _cells(middle_y, max(reach_y, LEAST_RADIUS), height)
        part = np.s_[top:bottom, left:right]
        at_x = (np.arange(left, right, dtype=np.float32) * STRIDE + STRIDE / 2)[None, :]
        at_y = (np.arange(top, bottom, dtype=np.float32) * STRIDE + STRIDE / 2)[:, None]
        inside = ((at_x - middle_x) / radius_x) ** 2 + ((at_y - middle_y) / radius_y) ** 2 < 1
        inside &= (at_y > y) & (at_y < y + h)
        weight[part][(abs(at_x - middle_x) < reach_x) & (abs(at_y - middle_y) < reach_y)] = 0
        weight[part][inside] = 1
        centre[part][inside] = 1
        sides = np.broadcast_arrays(at_x - x, at_y - y, x + w - at_x, y + h - at_y)
        distances[part][inside] = np.stack(sides, -1)[inside]
    return Targets(centre, weight, np.maximum(distances, NEAREST), ink)


def _cells(middle: float, reach: float, count: int) -> tuple[int, int]:
    """First and one after the last cell that lies within `reach` pixels of a place."""
    first, last = (middle - reach) / STRIDE, (middle + reach) / STRIDE
    return max(0, int(np.floor(first))), min(count, int(np.ceil(last)) + 1)
