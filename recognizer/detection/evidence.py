"""How sure it is that a place has a digit: what both networks say of it, weighed by one logistic regression.

Its weights are fitted on scenes and pictures that neither network was trained on, so the result is a probability.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recognizer.classification.classifier import NO_DIGIT
from recognizer.detection.network import Floats

KINDS = ("centre", "digit", "label", "ink", "size")
MOST = 12.0  # a logit of the classifier beyond that tells no more


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
        """Probabilities (N,) float32 of being a digit, given what speaks for it (N, 5)."""
        logits = evidence @ np.array(self.weights, np.float32) + np.float32(self.bias)
        return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


def evidence_of(centre: Floats, logits: Floats, ink: Floats, size: Floats) -> Floats:
    """What speaks for N places having a digit, (N, 5) float32, one column for each of KINDS.

    Args:
        centre: (N,) the finder's logits.
        logits: (N, 11) the classifier's.
        ink: (N,) mean probability that the ink is a digit's.
        size: (N,) the longer side of the ink, as a share of the picture's.
    """
    ordered = np.sort(logits[:, :NO_DIGIT], axis=1)
    labels = np.logaddexp.reduce(ordered, axis=1)
    others = np.logaddexp.reduce(ordered[:, :-1], axis=1)
    return np.stack([
        centre,
        (labels - logits[:, NO_DIGIT]).clip(-MOST, MOST),
        (ordered[:, -1] - others).clip(-MOST, MOST),
        ink,
        np.log(size),
    ], axis=1).astype(np.float32)
