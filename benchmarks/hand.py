"""What teaching a hand is worth.

The writers are the last six of a file of pen strokes, which the model must not have seen; each writes with three pens.
Half of a writer's digits may be taught: of each digit that is misread there five, the misread ones first. The other
half remains to be read. That is done for several random halves.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import print_table
from recognizer.classification.classifier import NO_DIGIT, Classifier, Correction, softmax
from recognizer.core.assets import shipped
from recognizer.hand.correction import Learner
from recognizer.hand.examples import Examples
from train.augment.samples import PENS, Material, plain, plain_others, plain_strokes
from train.data.hands import PenStrokes
from train.data.mnist import load_mnist
from train.data.not_digits import NotDigits

TAUGHT = 5  # examples of each digit that was misread
ACCEPTED = 0.99  # share of the writers' digits that the threshold accepts
OTHERS = 4000  # things that are no digits
MISTAUGHT, AS = 3, 8
BATCH, CALLS = 16, 1000
HEADER = ("what", "without a hand", "with it", "change", "bar")


@dataclass(frozen=True)
class Crops:
    """N crops with labels (N,), and what the network itself says of them."""

    pictures: NDArray[np.uint8]
    labels: NDArray[np.int64]
    logits: NDArray[np.float32]
    features: NDArray[np.float32]

    @classmethod
    def of(cls, classifier: Classifier, pictures: NDArray[np.uint8], labels: NDArray[np.int64]) -> Crops:
        parts = [classifier.outputs(pictures[place : place + 64]) for place in range(0, len(pictures), 64)]
        logits, features = (np.concatenate(both) for both in zip(*parts, strict=True))
        return cls(pictures, labels, logits, features)

    def wrong(self, correction: Correction | None = None) -> NDArray[np.bool_]:
        return np.asarray(self.corrected(correction).argmax(1) != self.labels)

    def corrected(self, correction: Correction | None) -> NDArray[np.float32]:
        return self.logits + correction(self.features) if correction else self.logits


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hand", description=__doc__)
    parser.add_argument("--strokes", type=Path, required=True, metavar="FILE", help="an .npz with pen strokes")
    parser.add_argument("--data", type=Path, metavar="PATH", help="a local copy of MNIST")
    parser.add_argument("--not-digits", type=Path, metavar="FILE", help="an .npz with more things that are no digits")
    parser.add_argument("--model", type=Path, default=shipped("models/digits.tflite"), metavar="FILE",
                        help="the model that is taught (default: the shipped one)")
    parser.add_argument("--choose", action="store_true",
                        help="measure on the three writers before those, which settings are chosen by")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="random halves of the digits (default: 5)")
    args = parser.parse_args()

    classifier = Classifier.load(args.model)
    learn, model = Learner(classifier), classifier.manifest.sha256
    strokes = PenStrokes.load(args.strokes)
    pens = strokes.validation if args.choose else strokes.held_back
    written, writers = Crops.of(classifier, *plain_strokes(pens)), np.tile(pens.writers, len(PENS))
    mnist = load_mnist(args.data)
    test = Crops.of(classifier, plain(mnist.test), mnist.test.labels)
    held_back = NotDigits.load(args.not_digits).held_back if args.not_digits else ()
    others = plain_others(Material(mnist.validation, held_back), OTHERS, seed=5)
    negatives = Crops.of(classifier, others, np.full(OTHERS, NO_DIGIT))
    threshold = np.quantile(_digit_scores(written.logits), 1 - ACCEPTED)

    def refused(correction: Correction | None = None) -> float:
        return float((_digit_scores(negatives.corrected(correction)) < threshold).mean())

    before, after, seconds = [], [], []
    mnist_change, refusal_change = [], []
    for taught, remaining in lessons(written, writers, args.rounds):
        start = time.perf_counter()
        correction = learn(_examples(model, written.pictures[taught], written.labels[taught]))
        seconds.append(time.perf_counter() - start)
        before.append(written.wrong()[remaining].sum())
        after.append(written.wrong(correction)[remaining].sum())
        mnist_change.append(test.wrong().mean() - test.wrong(correction).mean())
        refusal_change.append(refused(correction) - refused())

    rng = np.random.default_rng(1)
    not_three = test.labels != MISTAUGHT
    mistaught = []
    for place in rng.choice(np.flatnonzero(written.labels == MISTAUGHT), 20):
        correction = learn(_examples(model, written.pictures[[place]], np.array([AS])))
        mistaught.append(float(test.wrong()[not_three].mean() - test.wrong(correction)[not_three].mean()))

    plain_time, taught_time = batch_times(classifier, correction, written.pictures[:BATCH])
    errors = sum(before), sum(after)
    hands = f"{len(before)} hands of {len(np.unique(writers))} writers, {len(PENS)} pens"
    accuracy, refusal = 1 - test.wrong().mean(), refused()
    print_table([
        (f"errors on the remaining digits of {hands}", str(errors[0]), str(errors[1]),
         f"{1 - errors[1] / errors[0]:.0%} fewer", "50% fewer"),
        ("MNIST's test set", f"{accuracy:.2%}", f"{accuracy + np.mean(mnist_change):.2%}", _points(mnist_change),
         "-0.05"),
        (f"refusal where {ACCEPTED:.0%} of the digits are accepted", f"{refusal:.2%}",
         f"{refusal + np.mean(refusal_change):.2%}", _points(refusal_change), "-0.1"),
        (f"MNIST's other digits after one {MISTAUGHT} was taught as {AS}", f"{1 - test.wrong()[not_three].mean():.2%}",
         f"{1 - test.wrong()[not_three].mean() + np.mean(mistaught):.2%}", _points(mistaught), "-0.1"),
        (f"ms for a batch of {BATCH}", f"{plain_time:.3f}", f"{taught_time:.3f}",
         f"{taught_time / plain_time - 1:+.0%}", "+10%"),
    ], f"Learning took {1000 * np.median(seconds):.0f} ms. Changes: mean and, in brackets, worst, in points.", HEADER)


def lessons(
    written: Crops, writers: NDArray[np.int64], rounds: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """For each half, writer and pen in which something is misread: what is taught, and what remains, as indices."""
    count = len(writers) // len(PENS)
    number, pens = np.tile(np.arange(count), len(PENS)), np.repeat(np.arange(len(PENS)), count)
    wrong = written.wrong()
    for seed in range(rounds):
        rng = np.random.default_rng(seed)
        teachable = (rng.permutation(count) < count // 2)[number]
        for writer in np.unique(writers):
            for pen in range(len(PENS)):
                mine = (writers == writer) & (pens == pen)
                first = np.flatnonzero(mine & teachable)
                taught: list[int] = []
                for label in np.unique(written.labels[first[wrong[first]]]):
                    some = rng.permutation(first[written.labels[first] == label])
                    taught += sorted(some.tolist(), key=lambda place: not wrong[place])[:TAUGHT]
                if taught:
                    yield np.array(taught), np.flatnonzero(mine & ~teachable)


def batch_times(
    classifier: Classifier, correction: Correction, crops: NDArray[np.uint8]
) -> tuple[float, float]:
    """Median milliseconds for a batch without and with a correction, in turn."""
    def took() -> float:
        start = time.perf_counter()
        classifier.logits(crops)
        return 1000 * (time.perf_counter() - start)

    times: list[list[float]] = [[], []]
    for _ in range(CALLS):
        for place, used in enumerate((None, correction)):
            classifier.correction = used
            times[place].append(took())
    classifier.correction = None
    return float(np.median(times[0])), float(np.median(times[1]))


def _examples(model: str, crops: NDArray[np.uint8], labels: NDArray[np.int64]) -> Examples:
    return Examples(model, crops, labels.astype(np.uint8), np.arange(len(labels), dtype=np.uint32))


def _digit_scores(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return 1 - softmax(logits)[:, NO_DIGIT]


def _points(changes: list[float]) -> str:
    return f"{100 * np.mean(changes):+.3f} ({100 * min(changes):+.2f})"


if __name__ == "__main__":
    main()
