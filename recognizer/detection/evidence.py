"""How sure it is that a place has a digit: what both networks say of it and of its neighbours, weighed together.

The weights are those of a logistic regression, fitted on pictures that neither network was trained on, so that the
result is a probability.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recognizer.classification.classifier import NO_DIGIT
from recognizer.core.geometry import shared_areas
from recognizer.detection.network import Floats

KINDS = ("centre", "ink", "size", "company", "taller", "lower", "digit", "label")
OF_PLACE = 6  # the first of them tell of the place, the others of the crop
MOST = 12.0  # a logit of the classifier beyond that tells no more
LEVEL = 0.2  # step from centre to centre across the line that neighbours may have, in heights of the taller one
FEW = 0.3  # neighbours beside whom their mean height tells half of what it does beside many
STEPS, SIZES = 3.0, 3.0  # how fast a neighbour's weight falls with a larger step, and with another height


@dataclass(frozen=True)
class Calibration:
    """A logistic regression.

    Attributes:
        weights: of each of KINDS.
        bias: is added.
    """

    weights: tuple[float, ...]
    bias: float

    def __call__(self, evidence: Floats) -> Floats:
        """Probabilities (N,) float32 of being a digit, given what speaks for it (N, 8)."""
        logits = evidence @ np.array(self.weights, np.float32) + np.float32(self.bias)
        return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


def of_crops(logits: Floats) -> Floats:
    """What the classifier's logits (N, 11) say: whether it is a digit, and whether it is a certain one; (N, 2)."""
    ordered = np.sort(logits[:, :NO_DIGIT], axis=1)
    labels = np.logaddexp.reduce(ordered, axis=1)
    others = np.logaddexp.reduce(ordered[:, :-1], axis=1)
    both = np.stack([labels - logits[:, NO_DIGIT], ordered[:, -1] - others], axis=1)
    return np.asarray(both.clip(-MOST, MOST), np.float32)


def of_places(centre: Floats, ink: Floats, boxes: Floats, longest: int, digit: Floats) -> Floats:
    """What the finder's network says of N places of one frame, and their neighbours; (N, 6).

    A slash or a bracket is taller than the digits beside it, a letter among them often lower.

    Args:
        centre: (N,) its logits of a digit's centre.
        ink: (N,) mean probability that the ink is a digit's.
        boxes: (N, 4) of the ink, x, y, w, h in pixels.
        longest: the frame's longer side in pixels.
        digit: (N,) the classifier's logits of being a digit at all.
    """
    size = np.log(boxes[:, 2:].max(axis=1, initial=1) / longest)
    return np.column_stack([centre, ink, size, _company(boxes, _sigmoid(centre) * _sigmoid(digit))]).astype(np.float32)


def _company(boxes: Floats, likely: Floats) -> Floats:
    """How likely a digit of its height stands beside each of N, and by how much it is taller or lower than those."""
    start, size = boxes[:, :2], boxes[:, 2:]
    stop, middle, height = start + size, start + size / 2, boxes[:, 3]
    taller = np.maximum(height[:, None], height)
    gap = (np.maximum(start[:, None, 0], start[:, 0]) - np.minimum(stop[:, None, 0], stop[:, 0])).clip(0) / taller
    step = np.abs(middle[:, None, 1] - middle[:, 1]) / taller
    area = size.prod(axis=1)
    apart = 2 * shared_areas(boxes, boxes) <= np.minimum(area[:, None], area)
    near = apart * likely * np.exp(-gap - STEPS * (step - LEVEL).clip(0))
    ratio = np.log(height[:, None] / height)
    company = (near * np.exp(-SIZES * np.abs(ratio))).max(axis=1, initial=0)
    mean = (near * ratio).sum(axis=1) / (near.sum(axis=1) + FEW)
    return np.stack([company, mean.clip(0), (-mean).clip(0)], axis=1)


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logits)), np.float32)
