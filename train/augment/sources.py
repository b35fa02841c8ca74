"""All files that the camera recipe learns from and is measured on, MNIST and what may stand beside it."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from train.augment.samples import Material, make_epoch, plain, plain_strokes
from train.data.hands import MoreDigits, PenStrokes
from train.data.mnist import Labels, Mnist, Pictures, load_mnist
from train.data.not_digits import NotDigits


def add_sources(parser: argparse.ArgumentParser) -> None:
    """The flags that `Sources.load` reads."""
    parser.add_argument("--data", type=Path, metavar="PATH",
                        help="a local copy of MNIST (default: keras.datasets' own, downloaded once)")
    parser.add_argument("--not-digits", type=Path, metavar="FILE",
                        help="an .npz with more things that are no digits, beside those that the program makes; its "
                        "last fifth is only measured on")
    parser.add_argument("--strokes", type=Path, metavar="FILE",
                        help="an .npz with digits as pen strokes of several writers, drawn anew each epoch; the last "
                        "six writers' are only measured on")
    parser.add_argument("--more-digits", type=Path, metavar="FILE",
                        help="an .npz with more digits, photographed from other hands; the last fifth of each is only "
                        "measured on")


@dataclass(frozen=True)
class Sources:
    """What was read from the files; what wasn't handed in is empty."""

    mnist: Mnist
    others: NotDigits = field(default_factory=NotDigits)
    strokes: PenStrokes = field(default_factory=PenStrokes)
    more: MoreDigits = field(default_factory=MoreDigits)

    @staticmethod
    def load(args: argparse.Namespace) -> Sources:
        """Read the files of `add_sources`; SourceError where one can't be read or is another."""
        return Sources(
            load_mnist(args.data),
            NotDigits.load(args.not_digits) if args.not_digits else NotDigits(),
            PenStrokes.load(args.strokes) if args.strokes else PenStrokes(),
            MoreDigits.load(args.more_digits) if args.more_digits else MoreDigits(),
        )

    @property
    def hashes(self) -> dict[str, str]:
        """The SHA-256 of each file."""
        found = {"mnist": self.mnist.sha256, "not_digits": self.others.sha256, "strokes": self.strokes.sha256,
                 "more_digits": self.more.sha256}
        return {name: value for name, value in found.items() if value}

    def train(self, limit: int | None) -> Material:
        """What is learnt from, `limit` of MNIST's digits with it."""
        return Material(self.mnist.train[:limit], self.others.train, self.strokes.train, self.more.train)

    def validation(self, seed: int) -> tuple[Pictures, Labels]:
        """One epoch, as `make_epoch` gives it, of what chooses and calibrates."""
        material = Material(
            self.mnist.validation, self.others.held_back, self.strokes.validation, self.more.validation)
        return make_epoch(material, seed, 1_000_000)

    def plain_validation(self) -> tuple[Pictures, Labels]:
        """The digits of it through the live normaliser alone: crops (N, 28, 28) and labels (N,)."""
        crops, labels = [plain(self.mnist.validation)], [self.mnist.validation.labels]
        if len(self.strokes.validation):
            drawn, drawn_labels = plain_strokes(self.strokes.validation)
            crops.append(drawn)
            labels.append(drawn_labels)
        if len(self.more.validation):
            crops.append(plain(self.more.validation))
            labels.append(self.more.validation.labels)
        return np.concatenate(crops), np.concatenate(labels)
