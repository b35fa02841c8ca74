"""Fits the finder's network to scenes; goes on where it was after a stop, and hands out what it has on the way."""

from __future__ import annotations

import json
import signal
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from recognizer.core.writing import replacing
from recognizer.errors import UsageError
from train.finder.batches.loss import loss
from train.finder.batches.pool import Batch, Pool
from train.finder.network import build

PHASES = ((0.4, 36, 192), (1.0, 24, 256))  # up to this share of the run: crops a batch, and their side in pixels
LEARNING_RATE = 3e-3
LOWEST_RATE = 2e-5
GOING_ON = 0.3  # of the rate, where the network is already fitted
WARM_UP = 200  # steps
WEIGHT_DECAY = 1e-3
LARGEST_GRADIENT = 5.0  # norm
AVERAGE = 0.9985  # of the averaged weights, what a step leaves of them
REPORTS = 200  # steps between two lines
CHECKPOINTS = 180.0  # seconds between two
HANDED_OUT = 600.0  # seconds between two networks that are handed out on the way
MINING = 2500  # steps between two searches for what fools the network
LOSSES = ("centre", "box", "ink", "iou")


@dataclass(frozen=True)
class Length:
    """How long a run takes: so many steps, or so many minutes of fitting; one of them."""

    steps: int | None = None
    minutes: float | None = None

    def share(self, step: int, seconds: float) -> float:
        """How much of it is done."""
        return step / self.steps if self.steps else seconds / 60 / (self.minutes or 1)


@dataclass
class Trainer:
    """A network, its averaged weights and its optimizer.

    Attributes:
        step: the next one.
        seconds: that fitting took so far, all sittings together.
        rate: of learning, the highest.
    """

    step: int = 0
    seconds: float = 0.0
    rate: float = LEARNING_RATE
    model: keras.Model = field(default_factory=build)

    def __post_init__(self) -> None:
        self._optimizer = keras.optimizers.AdamW(LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        self._optimizer.build(self.model.trainable_variables)
        self._average = [np.array(w) for w in self.model.get_weights()]
        self._update = tf.function(self._descend, reduce_retracing=True)

    def fit(self, batch: Batch, share: float) -> NDArray[np.float32]:
        """One step on a batch, `share` of the run being done; the losses and the IoU, as `loss` gives them."""
        warm = min(1.0, (self.step + 1) / WARM_UP)
        rate = LOWEST_RATE + self.rate * warm * (0.5 + 0.5 * np.cos(np.pi * min(1.0, share)))
        self._optimizer.learning_rate = rate
        picture, answers = batch
        parts = self._update(*(tf.constant(a) for a in (
            picture, answers.centre, answers.weight, answers.distances, answers.ink)))
        keep = min(AVERAGE, (self.step + 1) / (self.step + 10))
        for average, weight in zip(self._average, self.model.weights, strict=True):
            average += (1 - keep) * (weight.numpy() - average)
        self.step += 1
        return np.asarray(parts.numpy(), np.float32)

    def _descend(self, picture: tf.Tensor, *answers: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            parts = loss(self.model(picture, training=True), *answers)
            total = parts[0] + parts[1] + parts[2]
        gradients = tape.gradient(total, self.model.trainable_variables)
        gradients, _ = tf.clip_by_global_norm(gradients, LARGEST_GRADIENT)
        self._optimizer.apply_gradients(zip(gradients, self.model.trainable_variables, strict=True))
        return parts

    def averaged(self) -> keras.Model:
        """A network with the averaged weights: the one to use."""
        model = build()
        model.set_weights(self._average)
        return model

    def save_averaged(self, file: Path) -> None:
        """Write the averaged weights, which another run can begin from."""
        with replacing(file) as [beside]:
            np.savez_compressed(beside, *self._average)

    def begin_from(self, files: Sequence[Path]) -> None:
        """Begin with the averaged weights of another run, or with the mean of those of several.

        The runs of a mean began from the same weights themselves (Wortsman et al. 2022, Model soups).

        Raises:
            UsageError: one is no such file, or of another network.
        """
        found = []
        for file in files:
            try:
                with np.load(file, allow_pickle=False) as archive:
                    self.model.set_weights([archive[name] for name in archive.files])
            except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
                raise UsageError(f"{file}: expected the averaged weights of a run ({error})") from error
            found.append(self.model.get_weights())
        self.model.set_weights([np.mean(weights, axis=0) for weights in zip(*found, strict=True)])
        self._average = [np.array(w) for w in self.model.get_weights()]

    def save(self, file: Path, recipe: dict[str, Any]) -> None:
        """Write all that going on needs; OutputError where that isn't possible, what was there is kept."""
        state = {"recipe": recipe, "step": self.step, "seconds": round(self.seconds, 1)}
        arrays = {f"{name}{i}": np.asarray(v) for name, values in self._arrays().items() for i, v in enumerate(values)}
        with replacing(file) as [beside]:
            np.savez(beside, state=np.array(json.dumps(state)), **arrays)  # type: ignore[arg-type]

    def load(self, file: Path, recipe: dict[str, Any]) -> None:
        """Go on from a checkpoint.

        Raises:
            UsageError: it is one of another recipe, or damaged.
        """
        try:
            with file.open("rb") as content, np.load(content, allow_pickle=False) as archive:
                state = json.loads(str(archive["state"]))
                found = {n: [archive[f"{n}{i}"] for i in range(len(v))] for n, v in self._arrays().items()}
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise UsageError(f"{file}: the checkpoint can't be read ({error}): remove it or give another --run "
                             "folder") from error
        if other := [k for k, v in recipe.items() if state["recipe"].get(k) != v]:
            raise UsageError(f"{file} is of a run with other {', '.join(other)}: give another --run folder")
        self.step, self.seconds = state["step"], state["seconds"]
        self.model.set_weights(found["weight"])
        self._average = [np.array(w) for w in found["average"]]
        for variable, value in zip(self._optimizer.variables, found["optimizer"], strict=True):
            variable.assign(value)

    def _arrays(self) -> dict[str, list[NDArray[Any]]]:
        return {"weight": self.model.get_weights(), "average": self._average,
                "optimizer": [np.asarray(v) for v in self._optimizer.variables]}


def fit(
    pool_of: Callable[[int], Pool], length: Length, recipe: dict[str, Any], folder: Path,
    hand_out: Callable[[Trainer], object] = lambda _: None, mine: Callable[[Trainer], object] = lambda _: None,
    until: int | None = None, start: Sequence[Path] = (),
) -> Trainer:
    """Fit from nothing, or go on from the checkpoint in `folder`.

    Args:
        pool_of: makes the pool of scenes, given the first step.
        length: of the whole run, earlier sittings included.
        recipe: all that shapes the network but for the length; a checkpoint of another is refused.
        folder: for the checkpoint.
        hand_out: called now and then.
        mine: called after every MINING steps.
        until: a step after which this sitting ends, whatever `length` is.
        start: averaged weights of other runs to begin from, more slowly.
    """
    keras.utils.set_random_seed(recipe["seed"])
    trainer = Trainer(rate=LEARNING_RATE * (GOING_ON if start else 1))
    checkpoint = folder / "checkpoint.npz"
    if checkpoint.exists():
        trainer.load(checkpoint, recipe)
        print(f"going on from step {trainer.step} in {folder}", flush=True)
    elif start:
        trainer.begin_from(start)
    with _Stop() as stop, pool_of(trainer.step) as pool:
        saved = handed_out = time.monotonic()
        parts: list[NDArray[np.float32]] = []
        first, reported = trainer.step, trainer.seconds
        while (share := length.share(trainer.step, trainer.seconds)) < 1 and trainer.step != until and not stop.asked:
            began = time.monotonic()
            size, side = next(phase[1:] for phase in PHASES if share < phase[0])
            parts.append(trainer.fit(pool.batch(trainer.step, size, side), share))
            if trainer.step > first + 1:  # a sitting's first step waits for scenes and for the graph
                trainer.seconds += time.monotonic() - began
            if trainer.step % REPORTS == 0:
                _report(trainer, share, parts, size, trainer.seconds - reported)
                parts, reported = [], trainer.seconds
            if trainer.step % MINING == 0:
                mine(trainer)
            if time.monotonic() - saved > CHECKPOINTS:
                trainer.save(checkpoint, recipe)
                pool.forget(trainer.step)
                saved = time.monotonic()
            if time.monotonic() - handed_out > HANDED_OUT:
                hand_out(trainer)
                handed_out = time.monotonic()
    trainer.save(checkpoint, recipe)
    if stop.asked:
        raise KeyboardInterrupt
    return trainer


def _report(trainer: Trainer, share: float, parts: list[NDArray[np.float32]], size: int, seconds: float) -> None:
    means = ", ".join(f"{name} {value:.4f}" for name, value in zip(LOSSES, np.mean(parts, 0), strict=True))
    print(f"step {trainer.step}, {share:.1%}, {trainer.seconds / 60:.1f} min: {means}; "
          f"{len(parts) * size / seconds:.0f} crops/s", flush=True)


class _Stop:
    """While it is open, SIGINT and SIGTERM ask for the end of the step instead of ending the program."""

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> _Stop:
        self._before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
