"""One epoch's pictures: every digit degraded anew, digits drawn in other styles, and things that are none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from fixtures.paths import Path, Points, draw_strokes, ink
from recognizer.classification.preprocess import normalise
from train.augment.degrade import bend, degrade
from train.augment.fonts import REACH, SIDE, printed
from train.augment.letters import LETTERS
from train.augment.negatives import no_digit
from train.augment.strokes import STYLES
from train.data.hands import NO_DIGITS, NO_STROKES, PenDigits
from train.data.mnist import NO_DIGIT, Digits, Labels, Pictures

CLEAR = 0.5  # share of all but printed digits that is only bent, as test sets and good cameras show it
STROKES = 4  # times that a digit in pen strokes is drawn, each time by another pen
MORE = 6  # times that a photographed one is shown
BENT = 0.4  # how much a crop of a scene is bent at most: it was degraded when it was seen
TAUGHT = 40  # times that a crop of a user's hand is shown
DRAWN = 0.36  # digits drawn from stroke paths, as a share of MNIST's
# MNIST's 1s are bare strokes, so those with a flag or a foot, and the 7s like them, are drawn more often.
DRAWN_SHARES = np.array([1, 5, 1, 1, 1.5, 1, 1, 2.5, 1, 1.5]) / 16.5
PRINTED = 0.04  # printed digits, likewise
NEGATIVES = 0.45  # things that are no digits, as a share of MNIST's, the pen's and the photographed digits
TIMES = 3  # that a drawing is degraded: drawing takes longer than bending it anew
LETTERED = 0.25  # of what is no digit, the share of letters and signs drawn from stroke paths
CUT_OUT = 0.15  # of the others, the share that the finder cut out of photographs without digits, where there are any
OUTSIDE = 0.4  # of the others again, the share taken from the file of `--not-digits`, where there is one
PENS = (2.0, 4.5, 9.0)  # widths that pen strokes are measured with, of a picture SIDE wide


@dataclass(frozen=True)
class Material:
    """All that an epoch is made from.

    Attributes:
        digits: MNIST's.
        not_digits: arrays (N, 28, 28) of things that are none, bright ink on black.
        strokes: digits as pen strokes.
        more: photographed digits of other hands.
        cut_out: (N, 28, 28), what the finder took for digits in photographs without any.
        cut: crops (N, 28, 28) that the finder cut out of training scenes, and their labels (N,), 0-9 or NO_DIGIT.
        taught: crops (N, 28, 28) of a user's hand and their labels (N,), 0-9 or NO_DIGIT.
    """

    digits: Digits
    not_digits: tuple[Pictures, ...] = ()
    strokes: PenDigits = NO_STROKES
    more: Digits = NO_DIGITS
    cut_out: Pictures = field(default_factory=lambda: NO_DIGITS.pictures)
    cut: tuple[Pictures, Labels] = field(default_factory=lambda: (NO_DIGITS.pictures, NO_DIGITS.labels))
    taught: tuple[Pictures, Labels] = field(default_factory=lambda: (NO_DIGITS.pictures, NO_DIGITS.labels))

    @property
    def hands(self) -> int:
        """How many digits of people's hands an epoch shows."""
        return len(self.digits) + STROKES * len(self.strokes) + MORE * len(self.more)

    @property
    def examples(self) -> int:
        """How many pictures an epoch has."""
        count = len(self.digits)
        made = int(DRAWN * count) // TIMES * TIMES + int(PRINTED * count) + int(NEGATIVES * self.hands)
        return self.hands + made + len(self.cut[1]) + TAUGHT * len(self.taught[1])


def plain(digits: Digits) -> Pictures:
    """MNIST through the live normaliser alone, binarised at half as the finder would hand it in: (N, 28, 28)."""
    return np.stack([normalise(_binary(picture)) for picture in digits.pictures])


def plain_strokes(strokes: PenDigits, seed: int = 0) -> tuple[Pictures, Labels]:
    """Pen strokes drawn with each of PENS, through the live normaliser alone: crops (3 N, 28, 28), labels (3 N,)."""
    rng = np.random.default_rng(seed)
    crops = [normalise(_binary(_inked(paths, width, rng))) for width in PENS for paths in strokes.paths]
    return np.stack(crops), np.tile(strokes.labels, len(PENS))


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
    for paths, label in zip(material.strokes.paths, material.strokes.labels.tolist(), strict=True):
        for _ in range(STROKES):
            yield _seen(_inked(paths, _pen(rng), rng), rng), label
    for picture, label in zip(material.more.pictures, material.more.labels.tolist(), strict=True):
        for _ in range(MORE):
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
    for _ in range(int(NEGATIVES * material.hands)):
        yield _seen(_negative(material, rng), rng), NO_DIGIT
    for crop, label in zip(material.cut[0], material.cut[1].tolist(), strict=True):
        yield bend(crop, rng, BENT * rng.uniform(0, 1)), label
    for crop, label in zip(material.taught[0], material.taught[1].tolist(), strict=True):
        for _ in range(TAUGHT):
            yield _seen(crop, rng), label


def _seen(picture: Pictures, rng: np.random.Generator) -> Pictures:
    """A picture as a camera gives it, well or badly."""
    strength = rng.uniform(0, 1)
    return bend(picture, rng, 0.8 * strength) if rng.random() < CLEAR else degrade(picture, rng, 0.2 + 0.8 * strength)


def drawn_digit(label: int, rng: np.random.Generator) -> Pictures:
    """A digit from its stroke paths in one of its styles, (SIDE, SIDE) uint8, bright ink on black."""
    return _drawn(STYLES[label][str(rng.choice(list(STYLES[label])))], rng)


def _drawn(strokes: list[Points], rng: np.random.Generator) -> Pictures:
    """Stroke paths as a hand does them this time, by a pen of any width."""
    return _inked(draw_strokes(strokes, rng, wobble=rng.uniform(0.005, 0.04)), _pen(rng), rng)


def _pen(rng: np.random.Generator) -> float:
    """The width of some pen, hairline to marker, in pixels of a picture SIDE wide."""
    return float(np.exp(rng.uniform(np.log(1.5), np.log(11))))


def _inked(paths: list[Path], width: float, rng: np.random.Generator) -> Pictures:
    """Paths about one unit high, drawn by a pen of this width in the middle of a picture (SIDE, SIDE)."""
    points = np.concatenate(paths)
    middle = (points.max(0) + points.min(0)) / 2
    placed = [((p - middle) * REACH + SIDE / 2).astype(np.float32) for p in paths]
    return (ink(placed, (SIDE, SIDE), width, rng) * 255).astype(np.uint8)


def _binary(picture: Pictures) -> Pictures:
    return np.where(picture > 127, 255, 0).astype(np.uint8)


def _negative(material: Material, rng: np.random.Generator) -> NDArray[np.uint8]:
    if rng.random() < LETTERED:
        return _drawn(LETTERS[str(rng.choice(list(LETTERS)))], rng)
    if len(material.cut_out) and rng.random() < CUT_OUT:
        return _any(material.cut_out, rng)
    if material.not_digits and rng.random() < OUTSIDE:
        return _any(material.not_digits[rng.integers(len(material.not_digits))], rng)
    return no_digit(material.digits.pictures, rng)


def _any(pictures: Pictures, rng: np.random.Generator) -> Pictures:
    picture: Pictures = pictures[rng.integers(len(pictures))]
    return picture
