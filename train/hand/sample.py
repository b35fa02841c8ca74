"""python -m train hand-sample: makes models/ordinary.npz, crops by which a hand unlearns nothing.

They are drawn by the program itself, so no one's writing is in them, and they go with any model.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recognizer.classification.preprocess import normalise
from recognizer.core.writing import replacing
from recognizer.hand.examples import packed
from train.augment.degrade import bend, degrade
from train.augment.negatives import no_digit
from train.augment.samples import drawn_digit

DIGITS, NEGATIVES = 1200, 800  # crops
SEED = 1


def main(argv: list[str]) -> None:
    """Draw the crops and write them; OutputError where they can't be written."""
    parser = argparse.ArgumentParser(prog="python -m train hand-sample", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("models/ordinary.npz"), metavar="FILE",
                        help="where they go (default: models/ordinary.npz)")
    args = parser.parse_args(argv)
    crops = draw()
    with replacing(args.out) as [beside]:
        np.savez_compressed(beside, crops=packed(crops))
    print(f"{args.out}: {len(crops)} crops, {args.out.stat().st_size / 1000:.0f} kB")


def draw() -> NDArray[np.uint8]:
    """Digits in all styles, clear and degraded, and things that are none: (N, 28, 28) uint8, 0 or 255."""
    rng = np.random.default_rng(SEED)
    drawings = [drawn_digit(place % 10, rng) for place in range(DIGITS)]
    small = np.stack([normalise(drawing) for drawing in drawings])
    others = [no_digit(small, rng) for _ in range(NEGATIVES)]
    return np.stack([normalise(_seen(picture, rng)) for picture in (*drawings, *others)])


def _seen(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """As a camera gives it: half of them well, the others badly."""
    strength = rng.uniform(0, 0.8)
    return bend(picture, rng, strength) if rng.random() < 0.5 else degrade(picture, rng, strength)
