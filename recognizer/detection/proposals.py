"""From the network's maps to boxes: the peaks of its centre map, the best of several at one place."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.core.geometry import shared_areas
from recognizer.detection.network import STRIDE, Floats, Maps

REACH = -2.0, 5.2  # least and most of the logarithm of a distance
LEAST_WIDTH = 0.4  # of its height, to which a narrow box is widened before boxes are compared: a thin 1 has no area
LEAST_HEIGHT = 7  # pixels of the network's picture
SHARED = 0.45  # intersection over union from which on two boxes are one digit's
MOST = 400  # proposals of a frame: OpenCV maps no more than 32,767 rows of tiles at once


@dataclass(frozen=True)
class Proposals:
    """N places where a digit may stand, the likeliest first.

    Attributes:
        boxes: (N, 4) float32, x, y, w, h in pixels of the frame.
        logits: (N,) float32, of a digit's centre.
        maps: (N,) the index of the maps that each one comes from.
    """

    boxes: Floats
    logits: Floats
    maps: NDArray[np.intp]


def propose(maps: tuple[Maps, ...], least: float) -> Proposals:
    """The peaks over a logit in maps of one frame, no two at one place."""
    peaks = [_peaks(one, least) for one in maps]
    boxes = np.vstack([boxes for boxes, _ in peaks])
    logits = np.concatenate([logits for _, logits in peaks])
    source = np.repeat(np.arange(len(maps)), [len(logits) for _, logits in peaks])
    order = np.argsort(-logits, kind="stable")
    kept = order[distinct(boxes[order], SHARED)[:MOST]]
    return Proposals(boxes[kept], logits[kept], source[kept])


def _peaks(maps: Maps, least: float) -> tuple[Floats, Floats]:
    """Boxes (N, 4) in pixels of the frame, and the logits (N,), of cells that no neighbour exceeds."""
    centre = maps.centre
    rows, columns = np.nonzero((centre >= cv2.dilate(centre, np.ones((3, 3), np.uint8))) & (centre > least))
    reach = np.exp(maps.reach[rows, columns].clip(*REACH)) * STRIDE
    middle = np.stack([columns, rows], axis=1) * np.float32(STRIDE) + STRIDE / 2
    boxes = np.hstack([middle - reach[:, :2], reach[:, :2] + reach[:, 2:]])
    tall = boxes[:, 3] >= LEAST_HEIGHT
    return (boxes[tall] / np.array(maps.scale * 2)).astype(np.float32), centre[rows, columns][tall]


def distinct(boxes: Floats, most: float, of_smaller: bool = False) -> list[int]:
    """Indices of boxes (N, 4), the best given first, without those at the place of a better one.

    Args:
        boxes: x, y, w, h.
        most: what two may share, as a share of both together, 0 to 1.
        of_smaller: as a share of the smaller one instead.
    """
    wide = np.maximum(boxes[:, 2], LEAST_WIDTH * boxes[:, 3])
    boxes = np.column_stack([boxes[:, 0] - (wide - boxes[:, 2]) / 2, boxes[:, 1], wide, boxes[:, 3]])
    area = boxes[:, 2] * boxes[:, 3]
    shared = shared_areas(boxes, boxes)
    whole = np.minimum(area[:, None], area) if of_smaller else area[:, None] + area - shared
    at_one_place = shared >= most * whole
    kept: list[int] = []
    for place in range(len(boxes)):
        if not at_one_place[place, kept].any():
            kept.append(place)
    return kept
