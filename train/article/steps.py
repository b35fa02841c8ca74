"""The article's steps in its order; those after `fit` read what it saved, so each can be run alone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from train.article.network import build, compiled
from train.article.prepare import binarise, denoise, one_hot, prepare, scale
from train.article.run import MODELS, Fitted, Run
from train.model.load_model import load_keras
from train.plots import confusion_matrix, confusions, grid, learning_curves

BATCH = 128
DRAWN = 30  # pictures of the test set in a grid, 5 rows of 6


def load(run: Run) -> None:
    """Load MNIST, and count it."""
    print("SHA-256", run.mnist.sha256)
    for use, digits in (("training", run.train), ("test", run.test)):
        counts = np.bincount(digits.labels, minlength=10).tolist()
        print(f"{use}: {digits.pictures.shape} of {digits.pictures.dtype}, of each digit from 0 to 9: {counts}")


def look(run: Run) -> None:
    """Look at the first picture, and at the first 25."""
    first, labels = run.train.pictures[:25], [str(label) for label in run.train.labels[:25]]
    run.draw("first.png", grid, first[:1], labels[:1], columns=1)
    run.draw("first_25.png", grid, first, labels)


def preprocess(run: Run) -> None:
    """Scale, binarise, denoise if wanted; one-hot labels; a channel."""
    before: NDArray[Any] = run.train.pictures[:25]
    steps: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {"scaled": scale, "binarised": binarise}
    if size := run.settings.denoise:
        steps["denoised"] = lambda pictures: denoise(pictures, size)
    for name, step in steps.items():
        after = step(before)
        print(f"{name}: {before.dtype} {before.min()}-{before.max()} becomes {after.dtype} {after.min()}-{after.max()}")
        pairs = [picture for row in range(0, 25, 5) for part in (before, after) for picture in part[row : row + 5]]
        run.draw(f"{name}.png", grid, pairs, columns=10, heading=f"before | {name}")
        before = after
    print(f"one-hot: label {run.train.labels[0]} becomes {one_hot(run.train.labels[:1])[0]}")
    print(f"reshape: {before.shape} becomes {prepare(run.train.pictures[:25]).shape}")


def fit(run: Run) -> None:
    """Train the network, validated on the test set as in the article, and save it as .keras and .h5."""
    settings = run.settings
    keras.utils.set_random_seed(settings.seed)
    model = compiled(build(), settings.learning_rate)
    model.summary()
    fitting = model.fit(
        prepare(run.train.pictures, settings.denoise), one_hot(run.train.labels),
        batch_size=BATCH, epochs=settings.epochs, verbose=1 if sys.stdout.isatty() else 2,
        validation_data=(prepare(run.test.pictures, settings.denoise), one_hot(run.test.labels)),
    )
    run.save(Fitted(model, settings, fitting.history))


def evaluate(run: Run) -> None:
    """Load both files again and measure them on the test set; measure what denoising it changes."""
    denoised = run.fitted.settings.denoise
    for name in MODELS:
        loss, accuracy = _measure(load_keras(run.folder / name), run, denoised)
        print(f"{name}\n  Test loss: {loss}\n  Test accuracy: {accuracy}")
    print(f"Test accuracy of the network, which learnt from pictures {_denoised(denoised)}, on pictures")
    for size in (None, 3, 5):
        _, accuracy = _measure(run.fitted.model, run, size)
        print(f"  {_denoised(size)}: {accuracy:.4f}")


def predict(run: Run) -> None:
    """Predict the test set, and draw 30 of it at random."""
    predicted = run.probabilities.argmax(1)
    some = np.random.default_rng(run.settings.seed).permutation(len(run.test))[:DRAWN]
    wrong = (predicted[some] != run.test.labels[some]).tolist()
    run.draw("predicted.png", grid, run.test.pictures[some], [str(label) for label in predicted[some]], wrong, 6)
    print(f"{wrong.count(False)} of these {len(some)} are right; the wrong ones are red")


def confusion(run: Run) -> None:
    """Which digits are taken for which, and the accuracy of each."""
    predicted = run.probabilities.argmax(1)
    counts = confusions(run.test.labels, predicted)
    print("digit  pictures  accuracy")
    for digit, row in enumerate(counts):
        print(f"{digit:5}  {row.sum():8}  {row[digit] / row.sum():8.4f}")
    run.draw("confusion.png", confusion_matrix, run.test.labels, predicted)


def mistakes(run: Run) -> None:
    """The worst mistakes: the wrong answers that the network was surest of."""
    sure, predicted, labels = run.probabilities.max(1), run.probabilities.argmax(1), run.test.labels
    wrong = np.flatnonzero(predicted != labels)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][:DRAWN]
    print(f"{len(wrong)} of {len(labels)} are wrong")
    if len(worst):
        titles = [f"{predicted[i]}, is {labels[i]} ({sure[i]:.0%})" for i in worst]
        run.draw("mistakes.png", grid, run.test.pictures[worst], titles, columns=6)


def curves(run: Run) -> None:
    """Loss and accuracy after each epoch."""
    run.draw("curves.png", learning_curves, run.fitted.history)


def _measure(model: keras.Model, run: Run, size: int | None) -> tuple[float, float]:
    """Loss and accuracy on the test set, denoised by a median of this size."""
    ready = compiled(model, run.fitted.settings.learning_rate)
    loss, accuracy = ready.evaluate(prepare(run.test.pictures, size), one_hot(run.test.labels), verbose=0)
    return loss, accuracy


def _denoised(size: int | None) -> str:
    return f"denoised {size}×{size}" if size else "as they are"
