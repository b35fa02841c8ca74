"""What a hand's examples change in the network's answer: a linear layer beside its last one.

Ridge regression in closed form. The layer adds to the logits what the right labels of the taught crops lack; it is
small, and next to nothing on the features of ordinary crops, so that what isn't taught stays as it is. It costs the
same whatever was taught.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recognizer.classification.classifier import Classifier, Correction
from recognizer.core.assets import shipped
from recognizer.hand.examples import Examples, unpacked
from recognizer.hand.variants import VARIANTS, variants

SAMPLE = "models/ordinary.npz"  # ordinary crops, a bit a pixel; `train.hand.sample` makes it
MARGIN = 4.5  # logits by which a taught label is to lead all others
ORDINARY = 3000.0  # how much a change on ordinary crops counts, against one on a taught crop
RIDGE = 0.3  # and how much the layer's weights do, in mean squares of a feature
STEP = 128  # crops that the network sees at a time

Floats = NDArray[np.float64]


class Learner:
    """Learns from examples what to add to a classifier's logits.

    Args:
        classifier: one that gives features.
    """

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    def __call__(self, examples: Examples) -> Correction:
        """The correction by examples, one at least.

        With the features F (N, D) of the taught crops and their variants, what their logits lack R (N, 11), and the
        features of ordinary crops O (M, D), its weights W (D, 11) are those of least
        ‖FW - R‖² + ORDINARY · ‖OW‖² / M + RIDGE · ‖W‖² · ‖O‖² / (M D), a crop's variants together counting as one.
        """
        count, times = len(examples), len(VARIANTS)
        crops = np.concatenate([examples.crops, *map(variants, examples.crops)])
        labels = np.concatenate([examples.labels, np.repeat(examples.labels, times)])
        logits, features = self._outputs(crops)
        spread = self._unlike_ordinary @ features.T  # (D, N)
        doubts = np.diag(np.repeat([1.0, times], [count, count * times]))
        weights = spread @ np.linalg.solve(features @ spread + doubts, lacking(logits, labels))
        narrow = weights.astype(np.float32)
        return lambda found: found @ narrow

    @cached_property
    def _unlike_ordinary(self) -> Floats:
        """The inverse of what weights cost, (D, D): the second moments of ordinary crops' features, and the ridge."""
        with np.load(shipped(SAMPLE), allow_pickle=False) as archive:
            _, features = self._outputs(unpacked(archive["crops"]))
        moments = features.T @ features / len(features)
        cost = ORDINARY * moments + RIDGE * moments.diagonal().mean() * np.eye(len(moments))
        return np.asarray(np.linalg.inv(cost), np.float64)

    def _outputs(self, crops: NDArray[np.uint8]) -> tuple[Floats, Floats]:
        """Logits and features of many crops."""
        parts = [self._classifier.outputs(crops[place : place + STEP]) for place in range(0, len(crops), STEP)]
        logits, features = (np.concatenate(both).astype(np.float64) for both in zip(*parts, strict=True))
        return logits, features


def lacking(logits: Floats, labels: NDArray[np.uint8]) -> Floats:
    """What to add to logits (N, 11) so that labels (N,) lead all others by MARGIN, half of it to the labels."""
    rows = np.arange(len(labels))
    others = logits.copy()
    others[rows, labels] = -np.inf
    own = logits[rows, labels]
    gain = np.maximum(0, others.max(1) + MARGIN - own) / 2
    change = -np.maximum(0, others - (own + gain - MARGIN)[:, None])
    change[rows, labels] = gain
    return np.asarray(change, np.float64)
