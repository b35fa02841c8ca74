"""Fits the network, one freshly degraded epoch at a time; goes on from the last epoch after a stop."""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow

from recognizer.core.writing import replacing
from recognizer.errors import UsageError
from train.augment.samples import Material, make_epoch
from train.data.mnist import Labels, Pictures
from train.model.load_model import load_keras
from train.model.network import build
from train.model.restore import restore

BATCH = 256
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 1e-2
GOING_ON = 0.25  # of that, where the network is already fitted
WARM_UP = 0.03  # share of the steps in which the learning rate rises to its highest

Crops = tuple[Pictures, Labels]


def as_input(crops: Pictures) -> np.ndarray:
    """Crops (N, 28, 28) uint8, 0 or 255, as the network takes them: (N, 28, 28, 1) float32 in 0..1."""
    return crops[..., None].astype(np.float32) / np.float32(255)


def fit(
    material: Material, validation: Crops, recipe: dict[str, Any], folder: Path, start: Sequence[Path] = ()
) -> tuple[keras.Model, list[dict[str, float]]]:
    """Train from nothing, or from the checkpoint that an earlier run of the same recipe left in `folder`.

    While one epoch is fitted, a second process makes the next one's pictures. The dropout's random state, which isn't
    in a checkpoint, is set anew for each epoch, so a run that was stopped ends like one that wasn't.

    Args:
        material: what the pictures are made from.
        validation: crops (N, 28, 28) with labels (N,), judged after each epoch.
        recipe: `epochs` and `seed`, and all else that shapes the model; a checkpoint holds it.
        folder: for the checkpoint.
        start: .keras or .tflite files of this network to go on from, more slowly; without any, random weights.

    Returns:
        The model, and for each epoch its loss, accuracy, val_loss and val_accuracy.

    Raises:
        UsageError: the checkpoint in `folder` is one of another recipe, or damaged; `start` is another network.
        ModelError: `start` can't be loaded.
        OutputError: a checkpoint can't be written; the last good one is kept.
    """
    epochs, seed = recipe["epochs"], recipe["seed"]
    keras.utils.set_random_seed(seed)
    if tensorflow.config.list_physical_devices("GPU"):  # a processor adds up in the same order every time
        tensorflow.config.experimental.enable_op_determinism()
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = _Checkpoint(folder, recipe)
    model, history = checkpoint.load() or (_compiled(material.examples, epochs, begun(start, validation[0])), [])
    if history:
        print(f"going on from epoch {len(history)} of {epochs} in {folder}", flush=True)
    if len(history) == epochs:
        return model, history
    judged = as_input(validation[0]), validation[1]
    first, started = len(history), time.monotonic()
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as ahead:
        coming = ahead.submit(make_epoch, material, seed, first)
        for epoch in range(first, epochs):
            crops, labels = coming.result()
            if epoch + 1 < epochs:
                coming = ahead.submit(make_epoch, material, seed, epoch + 1)
            model.get_layer("dropout").seed_generator.state.assign([seed, epoch])
            fitted = model.fit(as_input(crops), labels, batch_size=BATCH, initial_epoch=epoch, epochs=epoch + 1,
                               shuffle=False, validation_data=judged, verbose=1 if sys.stdout.isatty() else 0)
            history.append({name: float(values[0]) for name, values in fitted.history.items()})
            checkpoint.save(model, history)
            left = (time.monotonic() - started) / (epoch + 1 - first) * (epochs - epoch - 1)
            print(f"epoch {epoch + 1} of {epochs}: " + ", ".join(f"{k} {v:.4f}" for k, v in history[-1].items())
                  + f"; {left / 60:.0f} min left", flush=True)
    return model, history


class _Checkpoint:
    """The model after its last whole epoch, written beside and renamed: a kill at any moment leaves a good one."""

    def __init__(self, folder: Path, recipe: dict[str, Any]) -> None:
        self._folder, self._recipe = folder, recipe
        self._state = folder / "state.json"

    def load(self) -> tuple[keras.Model, list[dict[str, float]]] | None:
        if not self._state.exists():
            return None
        try:
            state = json.loads(self._state.read_text())
            recipe, history, model = state["recipe"], state["history"], self._folder / state["model"]
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{self._state}: not a checkpoint's state ({error}): remove it or give another --run "
                             "folder") from error
        if recipe != self._recipe:
            other = ", ".join(f"{k} {recipe.get(k)}" for k, v in self._recipe.items() if recipe.get(k) != v)
            raise UsageError(f"{self._folder} holds a run of another recipe ({other}): give another --run folder")
        try:
            return keras.models.load_model(model), history
        except (OSError, ValueError) as error:
            raise UsageError(f"{model}: the checkpoint can't be read ({str(error).splitlines()[0]}): remove "
                             f"{self._folder} or give another --run folder") from error

    def save(self, model: keras.Model, history: list[dict[str, float]]) -> None:
        """Two models take turns, and the state names the good one; OutputError where they can't be written."""
        name = f"checkpoint-{len(history) % 2}.keras"
        with replacing(self._folder / name) as [beside]:
            model.save(beside)
        with replacing(self._state) as [beside]:
            beside.write_text(json.dumps({"recipe": self._recipe, "model": name, "history": history}))


def begun(start: Sequence[Path], crops: Pictures) -> keras.Model | None:
    """The network to go on from, if any; of several the mean of their weights.

    Networks that were fitted from one start lie in one basin of the loss, and their mean is often better than each of
    them (Wortsman et al. 2022, Model soups).

    Args:
        start: .keras or .tflite files.
        crops: as `restore` takes them.

    Raises:
        UsageError: one is another network.
        ModelError: one can't be loaded.
    """
    if not start:
        return None
    models = [_restored(file, crops) for file in start]
    mean = [np.mean(weights, axis=0) for weights in zip(*(model.get_weights() for model in models), strict=True)]
    models[0].set_weights(mean)
    return models[0]


def _restored(file: Path, crops: Pictures) -> keras.Model:
    if file.suffix == ".tflite":
        return restore(file, crops)
    model = build()
    try:
        model.set_weights(load_keras(file).get_weights())
    except ValueError as error:
        raise UsageError(f"--start {file}: expected this recipe's network, found another") from error
    return model


def _compiled(examples: int, epochs: int, start: keras.Model | None) -> keras.Model:
    model = start or build()
    steps = -(-examples // BATCH) * epochs
    highest = LEARNING_RATE * (GOING_ON if start else 1)
    schedule = keras.optimizers.schedules.CosineDecay(
        highest / 20, steps, alpha=0.0, warmup_target=highest, warmup_steps=max(1, round(steps * WARM_UP))
    )
    model.compile(
        optimizer=keras.optimizers.AdamW(schedule, weight_decay=WEIGHT_DECAY, clipnorm=1.0),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model
