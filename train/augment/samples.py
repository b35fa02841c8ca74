"""One epoch's pictures: every digit degraded anew, digits drawn in other styles, and things that are none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fixtures.paths import Points, draw_strokes, ink
from recognizer.classification.preprocess import normalise
from train.augment.degrade import bend, degrade
from train.augment.fonts import SIDE, printed
from train.augment.letters import LETTERS
from train.augment.negatives import no_digit
from train.augment.strokes import STYLES
from train.data.mnist import NO_DIGIT, Digits, Labels, Pictures

CLEAR = 0.5  # share of all but printed digits that is only bent, as test sets and good cameras show it
DRAWN = 0.36  # digits drawn from stroke paths, as a share of MNIST's
# MNIST's 1s are bare strokes, so those with a flag or a foot, and the 7s like them, are drawn more often.
DRAWN_SHARES = np.array([1, 5, 1, 1, 1.5, 1, 1, 2.5, 1, 1.5]) / 16.5
PRINTED = 0.04  # printed digits, likewise
NEGATIVES = 0.45  # things that are no digits, likewise
EXAMPLES = 1 + DRAWN + PRINTED + NEGATIVES  # pictures of an epoch for every digit of MNIST
TIMES = 3  # that a drawing is degraded: drawing takes longer than bending it anew
LETTERED = 0.25  # of what is no digit, the share of letters and signs drawn from stroke paths
OUTSIDE = 0.4  # of the others, the share taken from the file of `--not-digits`, where there is one


@dataclass(frozen=True)
class Material:
    """All that an epoch is made from: MNIST digits, and arrays (N, 28, 28) of things that are none."""

    digits: Digits
    not_digits: tuple[Pictures, ...] = ()


def plain(digits: Digits) -> Pictures:
    """MNIST through the live normaliser alone, binarised at half as the finder would hand it in: (N, 28, 28)."""
    return np.stack([normalise(_binary(picture)) for picture in digits.pictures])


def plain_others(material: Material, count: int, seed: int) -> Pictures:
    """Things that are no digits, as many as asked for, through the live normaliser alone: (count, 28, 28)."""
    rng = np.random.default_rng(seed)
    return np.stack([normalise(_binary(_negative(material, rng))) for _ in range(count)])


def make_epoch(material: Material, seed: int, epoch: int) -> tuple[Pictures, Labels]:
    """The crops of one epoch, the same for the same seed and epoch.

    Returns:
        (N, 28, 28) uint8 crops, 0 or 255, and their (N,) labels, 0-9 or NO_DIGIT, shuffled.
    """
    rng = np.random.default_rng((seed, epoch))
    cv2.setNumThreads(1)
    crops: list[Pictures] = []
    labels: list[int] = []
    for mask, label in _masks(material, rng):
        crops.append(normalise(mask))
        labels.append(label)
    order = rng.permutation(len(crops))
    return np.stack(crops)[order], np.array(labels, np.int64)[order]


def _masks(material: Material, rng: np.random.Generator) -> Iterator[tuple[Pictures, int]]:
    """The masks of an epoch as the finder would hand them in, each with its label."""
    count = len(material.digits)
    for picture, label in zip(material.digits.pictures, material.digits.labels.tolist(), strict=True):
        yield _seen(picture, rng), label
    for _ in range(int(DRAWN * count) // TIMES):
        label = int(rng.choice(10, p=DRAWN_SHARES))
        drawing = drawn_digit(label, rng)
        for _ in range(TIMES):
            yield _seen(drawing, rng), label
    for _ in range(int(PRINTED * count)):
        label = int(rng.integers(10))
        # No serifs: a 1 with them is every stem of a printed i, n or u.
        yield degrade(printed(str(label), rng, outlines=0), rng), label
    for _ in range(int(NEGATIVES * count)):
        yield _seen(_negative(material, rng), rng), NO_DIGIT


def _seen(picture: Pictures, rng: np.random.Generator) -> Pictures:
    """A picture as a camera gives it, well or badly."""
    strength = rng.uniform(0, 1)
    return bend(picture, rng, 0.8 * strength) if rng.random() < CLEAR else degrade(picture, rng, 0.2 + 0.8 * strength)


def drawn_digit(label: int, rng: np.random.Generator) -> Pictures:
    """A digit from its stroke paths in one of its styles, (SIDE, SIDE) uint8, bright ink on black."""
    return _drawn(STYLES[label][str(rng.choice(list(STYLES[label])))], rng)


def _drawn(strokes: list[Points], rng: np.random.Generator) -> Pictures:
    """Strokes by a pen of any width, hairline to marker, in the middle of a picture."""
    height = SIDE * 20 / 28
    paths = draw_strokes(strokes, rng, wobble=rng.uniform(0.005, 0.04))
    points = np.concatenate(paths)
    middle = (points.max(0) + points.min(0)) / 2
    thickness = float(np.exp(rng.uniform(np.log(1.5), np.log(11))))
    placed = [((p - middle) * height + SIDE / 2).astype(np.float32) for p in paths]
    return (ink(placed, (SIDE, SIDE), thickness, rng) * 255).astype(np.uint8)


def _binary(picture: Pictures) -> Pictures:
    return np.where(picture > 127, 255, 0).astype(np.uint8)


def _negative(material: Material, rng: np.random.Generator) -> NDArray[np.uint8]:
    if rng.random() < LETTERED:
        return _drawn(LETTERS[str(rng.choice(list(LETTERS)))], rng)
    if material.not_digits and rng.random() < OUTSIDE:
        kind = material.not_digits[rng.integers(len(material.not_digits))]
        picture: NDArray[np.uint8] = kind[rng.integers(len(kind))]
        return picture
    return no_digit(material.digits.pictures, rng)
