"""Fits the network, one freshly degraded epoch at a time; goes on from the last epoch after a stop."""

from __future__ import annotations

import json
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import keras
import numpy as np

from recognizer.errors import UsageError
from train.data import Labels, Pictures
from train.network import build
from train.samples import EXAMPLES, Material, make_epoch

BATCH = 256
LEARNING_RATE = 2e-3


def as_input(crops: Pictures) -> np.ndarray:
    """Crops (N, 28, 28) uint8, 0 or 255, as the network takes them: (N, 28, 28, 1) float32 in 0..1."""
    return crops[..., None].astype(np.float32) / np.float32(255)


def fit(material: Material, validation: tuple[Pictures, Labels], epochs: int, seed: int, folder: Path) -> keras.Model:
    """Train from nothing, or from the checkpoint that an earlier run with the same arguments left in `folder`.

    While one epoch is fitted, a second process makes the next one's pictures.

    Raises:
        UsageError: the checkpoint in `folder` was made with other arguments.
    """
    keras.utils.set_random_seed(seed)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint, state_file = folder / "checkpoint.keras", folder / "state.json"
    recipe = {"seed": seed, "epochs": epochs, "digits": len(material.digits.labels)}
    model, first = _compiled(len(material.digits.labels), epochs), 0
    if state_file.exists():
        state = json.loads(state_file.read_text())
        if state["recipe"] != recipe:
            raise UsageError(
                f"{folder} holds a run with {state['recipe']}, this one has {recipe}: give another --run folder"
            )
        model, first = keras.models.load_model(checkpoint), state["done"]
        print(f"going on from epoch {first} of {epochs} in {folder}")
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=spawn) as ahead:
        coming = ahead.submit(make_epoch, material, seed, first)
        for epoch in range(first, epochs):
            crops, labels = coming.result()
            if epoch + 1 < epochs:
                coming = ahead.submit(make_epoch, material, seed, epoch + 1)
            keras.utils.set_random_seed(seed * 1000 + epoch)
            model.fit(as_input(crops), labels, batch_size=BATCH, initial_epoch=epoch, epochs=epoch + 1,
                      validation_data=(as_input(validation[0]), validation[1]), verbose=2)
            _save(model, checkpoint, state_file, {"recipe": recipe, "done": epoch + 1})
    return model


def _compiled(digits: int, epochs: int) -> keras.Model:
    model = build()
    steps = -(-int(digits * EXAMPLES) // BATCH) * epochs
    schedule = keras.optimizers.schedules.CosineDecay(
        1e-4, steps, alpha=0.0, warmup_target=LEARNING_RATE, warmup_steps=max(1, steps // 30)
    )
    model.compile(
        optimizer=keras.optimizers.AdamW(schedule, weight_decay=2e-3, clipnorm=1.0),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def _save(model: keras.Model, checkpoint: Path, state_file: Path, state: dict) -> None:
    """Written beside and renamed, so that a kill at any moment leaves the last good checkpoint."""
    beside = checkpoint.with_suffix(".new.keras")
    model.save(beside)
    os.replace(beside, checkpoint)
    beside = state_file.with_suffix(".new")
    beside.write_text(json.dumps(state))
    os.replace(beside, state_file)
