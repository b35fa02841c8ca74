"""Figures as PNG files: pictures in a grid, confusion matrix, learning curves, reliability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from recognizer.core.writing import replacing
from train.data.mnist import Labels

RIGHT, WRONG = "black", "crimson"
DPI = 110


def grid(path: Path, pictures: Sequence[NDArray[Any]] | NDArray[Any], titles: Sequence[str] = (),
         wrong: Sequence[bool] = (), columns: int = 5, heading: str = "") -> None:
    """Draw N pictures (H, W), uint8 from 0 to 255 or float from 0 to 1, row by row, each under its title.

    Those marked as wrong have a red frame and title.
    """
    rows = -(-len(pictures) // columns)
    figure = Figure(figsize=(1.1 * columns, 1.3 * rows + 0.4), layout="constrained")
    figure.suptitle(heading)
    for place, axes in enumerate(np.ravel(figure.subplots(rows, columns))):
        if place >= len(pictures):
            axes.axis("off")
            continue
        colour = WRONG if place < len(wrong) and wrong[place] else RIGHT
        top = 255 if pictures[place].dtype == np.uint8 else 1
        axes.imshow(pictures[place], cmap="gray", vmin=0, vmax=top)
        axes.set(xticks=[], yticks=[])
        axes.set_title(titles[place] if place < len(titles) else "", color=colour, fontsize=9)
        for spine in axes.spines.values():
            spine.set(color=colour, linewidth=2.5 if colour == WRONG else 0.5)
    _save(figure, path)


def confusions(labels: Labels, predicted: Labels, classes: int = 10) -> NDArray[np.int64]:
    """How many of each label (rows) were taken for each class (columns), (classes, classes)."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def confusion_matrix(path: Path, labels: Labels, predicted: Labels, names: Sequence[str] = tuple("0123456789")) -> None:
    """Draw how many of each label (N,) were taken for which class (N,); `names` are the classes'."""
    counts = confusions(labels, predicted, len(names))
    figure, axes = _one(size=(6.4, 6))
    axes.imshow(np.log1p(counts), cmap="Blues")  # mistakes are few: on a linear scale they would all be white
    for (row, column), count in np.ndenumerate(counts):
        if count:
            dark = np.log1p(count) > np.log1p(counts.max()) / 2
            axes.text(column, row, str(count), ha="center", va="center", fontsize=8, color="white" if dark else "black")
    axes.set(xlabel="taken for", ylabel="is", xticks=range(len(names)), yticks=range(len(names)),
             xticklabels=names, yticklabels=names)
    _save(figure, path)


def learning_curves(path: Path, history: Mapping[str, Sequence[float]]) -> None:
    """Draw Keras's history: loss and accuracy after each epoch, of training and (`val_…`) of validation."""
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    for axes, name in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        epochs = range(1, len(history[name]) + 1)
        axes.plot(epochs, history[name], marker=".", label="training")
        axes.plot(epochs, history[f"val_{name}"], marker=".", label="validation")
        axes.set(xlabel="epoch", ylabel=name)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend()
    _save(figure, path)


def reliability(path: Path, confidence: NDArray[np.floating], right: NDArray[np.bool_], bins: int = 15) -> None:
    """Draw how often an answer is right against how sure it was (N,), 0 to 1, in bins of equal width."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    filled = [b for b in range(bins) if (place == b).any()]
    figure, axes = _one(size=(4.5, 4.5))
    axes.plot([0, 1], [0, 1], color="gray", linestyle=":")
    axes.plot([confidence[place == b].mean() for b in filled], [right[place == b].mean() for b in filled], marker="o")
    axes.set(xlabel="confidence", ylabel="share that is right", xlim=(0, 1), ylim=(0, 1), aspect="equal")
    _save(figure, path)


def _one(size: tuple[float, float]) -> tuple[Figure, Axes]:
    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots()


def _save(figure: Figure, path: Path) -> None:
    with replacing(path) as [file]:
        figure.savefig(file, dpi=DPI)
