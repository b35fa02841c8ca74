"""How far the network's output is off what it is to be."""

from __future__ import annotations

import tensorflow as tf

from train.finder.batches.targets import BOX, HIGHEST, INK, LOWEST, STRIDE
from train.finder.scenes.sheet import IGNORE

INK_WEIGHTS = (1.0, 4.0, 2.0)  # of ground, digit and other: strokes are thin
FEWEST = 20.0  # centres that a batch is taken to have: one without any isn't all-important


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
