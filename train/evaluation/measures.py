"""Figures of a model: accuracy, calibration, and how well it tells digits from the rest; and how to calibrate it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizer.classification.classifier import NO_DIGIT, softmax
from train.data.mnist import Labels

Logits = NDArray[np.float32]


@dataclass(frozen=True)
class Figures:
    """Measured on crops that are digits, and on crops that are none.

    Attributes:
        accuracy: share of the digits whose likeliest class is right, all classes allowed, "no digit" too.
        among_digits: share of the digits whose label is the likeliest of the ten.
        loss: mean negative log likelihood of the digits' labels.
        ece: expected calibration error in 15 bins (Guo et al. 2017, arXiv:1706.04599).
        accepted: share of the digits whose digit probability reaches the threshold.
        rejected: share of the others whose digit probability stays below it.
        auroc: area under the ROC curve of the digit probability, digits against the rest.
        rejected_at_99: share of the others refused when 99% of the digits are accepted.
        per_class: the accuracy on each digit, 0 to 9.
    """

    accuracy: float
    among_digits: float
    loss: float
    ece: float
    accepted: float
    rejected: float
    auroc: float
    rejected_at_99: float
    per_class: tuple[float, ...]


def measure(digits: Logits, labels: Labels, others: Logits, temperature: float, threshold: float) -> Figures:
    """Measure from the logits (N, C) of digits with their labels (N,), and of things that are none (M, C).

    The first ten of the C classes are the digits; a network that knows no others has no more.
    """
    probabilities = softmax(digits / np.float32(temperature))
    score, other_score = (_digit_score(softmax(x / np.float32(temperature))) for x in (digits, others))
    right = probabilities.argmax(1) == labels
    return Figures(
        accuracy=float(right.mean()),
        among_digits=float((digits[:, :NO_DIGIT].argmax(1) == labels).mean()),
        loss=_loss(digits, labels, temperature),
        ece=_calibration_error(probabilities.max(1), right),
        accepted=float((score >= threshold).mean()),
        rejected=float((other_score < threshold).mean()),
        auroc=_auroc(score, other_score),
        rejected_at_99=float((other_score < np.quantile(score, 0.01)).mean()),
        per_class=tuple(float(right[labels == k].mean()) if (labels == k).any() else float("nan") for k in range(10)),
    )


def fit_temperature(logits: Logits, labels: Labels) -> float:
    """The temperature with the least negative log likelihood, to a hundredth, between 0.3 and 5."""
    grid = [round(0.01 * step, 2) for step in range(30, 500)]
    return min(grid, key=lambda temperature: _loss(logits, labels, temperature))


def _loss(logits: Logits, labels: Labels, temperature: float) -> float:
    likelihood = softmax(logits / np.float32(temperature))[np.arange(len(labels)), labels]
    return float(-np.log(likelihood + 1e-12).mean())


def choose_threshold(logits: Logits, temperature: float, keep: float = 0.98) -> float:
    """The threshold at which `keep` of these digits (N, 11) are still accepted, to a hundredth, at least 0.5."""
    score = _digit_score(softmax(logits / np.float32(temperature)))
    return round(float(np.clip(np.floor(np.quantile(score, 1 - keep) * 100) / 100, 0.5, 0.95)), 2)


def _digit_score(probabilities: Logits) -> NDArray[np.float32]:
    """The probability of being a digit, whichever; of a network that knows nothing else its best label's."""
    score: NDArray[np.float32] = (1 - probabilities[:, NO_DIGIT] if probabilities.shape[1] > NO_DIGIT
                                  else probabilities.max(1))
    return score


def _calibration_error(confidence: NDArray[np.float32], right: NDArray[np.bool_], bins: int = 15) -> float:
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(right[place == b].mean() - confidence[place == b].mean()) * (place == b).mean()
            for b in range(bins) if (place == b).any()]
    return float(sum(gaps))


def _auroc(positive: NDArray[np.float32], negative: NDArray[np.float32]) -> float:
    """The probability that a positive scores above a negative (Mann-Whitney U), ties counted half."""
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, "left") + np.searchsorted(ordered, positive, "right")
    return float(below.mean() / 2 / len(negative))
