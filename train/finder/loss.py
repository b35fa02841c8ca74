"""What the network is to learn at each cell, and how far off it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from train.finder.network import BOX, HIGHEST, INK, LOWEST, STRIDE
from train.finder.scenes.sheet import IGNORE

INK_WEIGHTS = (1.0, 4.0, 2.0)  # of ground, digit and other: strokes are thin
CENTRE_SHARE = 0.2  # radius of the cells that are a digit's centre, in its width and height
LEAST_RADIUS = 2.9  # pixels
UNCERTAIN = 0.42  # likewise, of the cells around it that are neither centre nor not
NARROW = 0.5  # a 1 counts as at least so wide, in its height
NEAREST = 0.7  # pixels: distances of less aren't asked for
FEWEST = 20.0  # centres that a batch is taken to have: one without any isn't all-important


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
        left, right = _cells(middle_x, max(UNCERTAIN * wide, LEAST_RADIUS), width)
        top, bottom = _cells(middle_y, max(UNCERTAIN * h, LEAST_RADIUS), height)
        part = np.s_[top:bottom, left:right]
        at_x = (np.arange(left, right, dtype=np.float32) * STRIDE + STRIDE / 2)[None, :]
        at_y = (np.arange(top, bottom, dtype=np.float32) * STRIDE + STRIDE / 2)[:, None]
        inside = (
            ((at_x - middle_x) / max(CENTRE_SHARE * wide, LEAST_RADIUS)) ** 2
            + ((at_y - middle_y) / max(CENTRE_SHARE * h, LEAST_RADIUS)) ** 2 < 1
        ) & (at_y > y) & (at_y < y + h)
        weight[part][(abs(at_x - middle_x) < UNCERTAIN * wide) & (abs(at_y - middle_y) < UNCERTAIN * h)] = 0
        weight[part][inside] = 1
        centre[part][inside] = 1
        sides = np.broadcast_arrays(at_x - x, at_y - y, x + w - at_x, y + h - at_y)
        distances[part][inside] = np.stack(sides, -1)[inside]
    return Targets(centre, weight, np.maximum(distances, NEAREST), ink)


def _cells(middle: float, reach: float, count: int) -> tuple[int, int]:
    """First and one after the last cell that lies within `reach` pixels of a place."""
    first, last = (middle - reach) / STRIDE, (middle + reach) / STRIDE
    return max(0, int(np.floor(first))), min(count, int(np.ceil(last)) + 1)


def loss(maps: tf.Tensor, centre: tf.Tensor, weight: tf.Tensor, distances: tf.Tensor, ink: tf.Tensor) -> tf.Tensor:
    """Focal loss of the centres, IoU and logarithms of the boxes, weighted cross entropy of the ink.

    Args:
        maps: (N, h, w, 17), the network's output; the others as in `Targets`, N of them.

    Returns:
        (4,): the losses of centres, boxes and ink, whose sum is to fall, and the mean IoU of the boxes at centres.
    """
    logit = maps[..., 0]
    positive = centre > 0.5
    probability = tf.sigmoid(logit)
    certainty = tf.where(positive, probability, 1 - probability)
    focal = tf.nn.sigmoid_cross_entropy_with_logits(centre, logit) * (1 - certainty) ** 2
    focal *= tf.where(positive, 1.0, 0.75) * weight
    centres = tf.reduce_sum(centre)

    found = tf.exp(tf.clip_by_value(maps[..., BOX], LOWEST, HIGHEST)) * STRIDE
    common = tf.minimum(found, distances)
    both = (common[..., 0] + common[..., 2]) * (common[..., 1] + common[..., 3])
    iou = both / (_area(found) + _area(distances) - both + 1e-3)
    ratio = tf.reduce_mean(tf.abs(tf.math.log(found / distances)), -1)

    logits = tf.nn.depth_to_space(maps[..., INK], 2)
    known = tf.cast(ink < IGNORE, tf.float32)
    classes = tf.minimum(tf.cast(ink, tf.int32), 2)
    weights = tf.gather(tf.constant(INK_WEIGHTS), classes) * known
    entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(classes, logits)
    return tf.stack([
        3 * tf.reduce_sum(focal) / (centres + FEWEST),
        tf.reduce_sum(centre * (1 - iou + 0.3 * ratio)) / (centres + FEWEST),
        1.5 * tf.reduce_sum(entropy * weights) / (tf.reduce_sum(weights) + 1),
        tf.reduce_sum(centre * iou) / (centres + 1),
    ])


def _area(distances: tf.Tensor) -> tf.Tensor:
    return (distances[..., 0] + distances[..., 2]) * (distances[..., 1] + distances[..., 3])
