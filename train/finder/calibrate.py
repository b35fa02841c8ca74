"""Fits the finder's calibration: how sure a digit is, given what both networks say of its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizer.core.clock import Clock
from recognizer.core.frame import Image
from recognizer.core.geometry import shared_areas
from recognizer.detection.evidence import KINDS, Calibration
from recognizer.detection.learned import CutCandidate, LearnedFinder
from recognizer.detection.network import Floats

DECAY = 1e-2  # of the weights, in units of the evidence's spread
STEPS = 50  # of Newton's method, many more than it needs
PLACED = 0.5  # intersection over union from which on a candidate stands on a digit
NARROW = 0.4  # of its height, to which a narrow box is widened before that
IGNORED = 0.3  # share of a candidate in a place that isn't known from which on it doesn't count


@dataclass(frozen=True)
class Example:
    """A picture whose digits are known.

    Attributes:
        image: (H, W, 3) uint8, BGR, or (H, W) uint8, grey.
        boxes: (N, 4) x, y, w, h in pixels, of its digits.
        labels: (N,) what they are; -1 where that isn't known.
        ignored: (M, 4) boxes in which candidates don't count.
        weight: how much each of its candidates counts.
    """

    image: Image
    boxes: Floats
    labels: NDArray[np.intp]
    ignored: Floats
    weight: float = 1.0


def calibrate(finder: LearnedFinder, examples: Iterable[Example]) -> Calibration:
    """The calibration that makes what is known of pictures likeliest.

    Neither network should have been trained on them: what it knows by heart it is too sure of.
    """
    evidence, is_digit, weights = [], [], []
    for example in examples:
        candidates = finder.candidates(example.image, finder.memory(moving=False), Clock())
        said, labels = finder.evidence(candidates, Clock())
        right, counts = _judged(candidates, labels.argmax(axis=1), example)
        evidence.append(said[counts])
        is_digit.append(right[counts])
        weights.append(np.full(int(counts.sum()), example.weight))
    return fit(np.vstack([np.zeros((0, len(KINDS)), np.float32), *evidence]), np.concatenate(is_digit),
               np.concatenate(weights))


def _judged(
    candidates: Sequence[CutCandidate], labels: NDArray[np.intp], example: Example
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Of each candidate, whether it stands on a digit with its label, and whether it counts."""
    boxes = np.array([one.box for one in candidates], np.float64).reshape(-1, 4)
    placed = overlaps(boxes, np.asarray(example.boxes, np.float64).reshape(-1, 4)) >= PLACED
    right = (placed & ((example.labels == labels[:, None]) | (example.labels < 0))).any(axis=1)
    hidden = shared_areas(boxes, np.asarray(example.ignored, np.float64).reshape(-1, 4)).sum(axis=1)
    return right, right | (hidden < IGNORED * boxes[:, 2] * boxes[:, 3])


def overlaps(boxes: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of each of N boxes with each of M others, (N, M), narrow ones widened."""
    one, other = _widened(boxes), _widened(others)
    shared = shared_areas(one, other)
    whole = (one[:, 2] * one[:, 3])[:, None] + other[:, 2] * other[:, 3] - shared
    return np.asarray(shared / whole, np.float64)


def _widened(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    wide = np.maximum(boxes[:, 2], NARROW * boxes[:, 3])
    return np.column_stack([boxes[:, 0] - (wide - boxes[:, 2]) / 2, boxes[:, 1], wide, boxes[:, 3]])


def fit(evidence: Floats, is_digit: NDArray[np.bool_], weights: NDArray[np.float64]) -> Calibration:
    """The logistic regression that makes N labelled candidates likeliest, by Newton's method.

    Args:
        evidence: (N, 5) float32, as `evidence_of` gives it.
        is_digit: (N,) what each of them is.
        weights: (N,) how much each of them counts.
    """
    mean, spread = evidence.mean(axis=0), evidence.std(axis=0) + 1e-6
    basis = np.hstack([(evidence - mean) / spread, np.ones((len(evidence), 1))]).astype(np.float64)
    found = np.zeros(basis.shape[1])
    for _ in range(STEPS):
        probability = 1 / (1 + np.exp(-basis @ found))
        slope = basis.T @ (weights * (probability - is_digit)) + DECAY * found
        curve = (basis * (weights * probability * (1 - probability))[:, None]).T @ basis
        found -= np.linalg.solve(curve + DECAY * np.eye(len(found)), slope)
    scaled = found[:-1] / spread
    return Calibration(tuple(float(weight) for weight in scaled), float(found[-1] - scaled @ mean))
