"""One epoch's pictures: every digit degraded anew, digits drawn in other styles, and things that are none."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fixtures.strokes import STYLES, Points, draw_strokes, ink
from recognizer.normalise import normalise
from train.data import NO_DIGIT, Digits, Labels, Pictures
from train.degrade import degrade
from train.letters import LETTERS
from train.negatives import FONTS, SIDE, no_digit

DRAWN = 0.3  # digits drawn from stroke paths, as a share of MNIST's
# MNIST's 1s are bare strokes, so those with a flag or a foot, and the 7s like them, are drawn more often.
DRAWN_SHARES = np.array([1, 4, 1, 1, 1.5, 1, 1, 2.5, 1, 1.5]) / 15.5
PRINTED = 0.03  # digits in a plotter's fonts, likewise
NEGATIVES = 0.45  # things that are no digits, likewise
EXAMPLES = 1 + DRAWN + PRINTED + NEGATIVES  # pictures of an epoch for every digit of MNIST
LETTERED = 0.25  # of those, the share of letters and signs drawn from stroke paths
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
    count = len(material.digits.labels)
    crops, labels = [], []
    for picture, label in zip(material.digits.pictures, material.digits.labels, strict=True):
        crops.append(normalise(degrade(picture, rng, strength=rng.uniform(0.2, 1))))
        labels.append(int(label))
    for _ in range(int(DRAWN * count)):
        label = int(rng.choice(10, p=DRAWN_SHARES))
        crops.append(normalise(degrade(drawn_digit(label, rng), rng)))
        labels.append(label)
    for _ in range(int(PRINTED * count)):
        label = int(rng.integers(10))
        crops.append(normalise(degrade(printed_digit(label, rng), rng)))
        labels.append(label)
    for _ in range(int(NEGATIVES * count)):
        crops.append(normalise(degrade(_negative(material, rng), rng)))
        labels.append(NO_DIGIT)
    order = rng.permutation(len(crops))
    return np.stack(crops)[order], np.array(labels, np.int64)[order]


def drawn_digit(label: int, rng: np.random.Generator) -> Pictures:
    """A digit from its stroke paths in one of its styles, (SIDE, SIDE) uint8, bright ink on black."""
    return _drawn(STYLES[label][str(rng.choice(list(STYLES[label])))], rng)


def printed_digit(label: int, rng: np.random.Generator) -> Pictures:
    """A digit in one of OpenCV's line fonts, (SIDE, SIDE) uint8, bright ink on black."""
    font, thickness = FONTS[rng.integers(len(FONTS))], int(rng.integers(1, 10))
    (width, height), _ = cv2.getTextSize(str(label), font, 1.0, thickness)
    scale = SIDE * 20 / 28 / max(width, height)
    picture = np.zeros((SIDE, SIDE), np.uint8)
    origin = (int(SIDE / 2 - width * scale / 2), int(SIDE / 2 + height * scale / 2))
    cv2.putText(picture, str(label), origin, font, scale, 255, thickness, cv2.LINE_AA)
    return picture


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
        return kind[rng.integers(len(kind))]
    return no_digit(material.digits.pictures, rng)
