"""One run of the article: its settings, its data, and the folder that its steps write to and read from."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from recognizer.core.writing import replacing
from recognizer.errors import ModelError
from train.article.prepare import prepare
from train.article.show import show
from train.data.mnist import Digits, Mnist, load_mnist
from train.model.load_model import load_keras
from train.model.save_model import save_keras

MODELS = ("model.keras", "model.h5")


@dataclass(frozen=True)
class Settings:
    """What decides the result of fitting.

    Attributes:
        epochs: passes over the training set.
        learning_rate: of Adadelta; 0.001 is Keras's default.
        seed: where all chance comes from.
        limit: how many training pictures are used, the first ones; None for all.
        denoise: side of the median's square, 3 or 5; None for no denoising.
    """

    epochs: int = 10
    learning_rate: float = 0.001
    seed: int = 1
    limit: int | None = None
    denoise: int | None = None

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise ValueError(f"epochs: expected 1 or more, found {self.epochs}")
        if not self.learning_rate > 0:
            raise ValueError(f"learning-rate: expected more than 0, found {self.learning_rate}")
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"seed: expected 0 to {2**32 - 1}, found {self.seed}")
        if self.limit is not None and self.limit < 1:
            raise ValueError(f"limit: expected 1 or more, found {self.limit}")


@dataclass(frozen=True)
class Fitted:
    """A network with what it was fitted by, and its measures after each epoch."""

    model: keras.Model
    settings: Settings
    history: dict[str, list[float]]


class Run:
    """What the steps share; read or computed when first asked for.

    Args:
        folder: takes pictures and models.
        settings: for fitting; the steps after it go by those that it saved.
        data: a file or folder with the digits; None downloads MNIST.
        windows: show each picture in a window too.
    """

    def __init__(self, folder: Path, settings: Settings, data: Path | None = None, windows: bool = False) -> None:
        self.folder, self.settings = folder, settings
        self._data, self._windows = data, windows

    @cached_property
    def mnist(self) -> Mnist:
        return load_mnist(self._data)

    @property
    def train(self) -> Digits:
        return self.mnist.full_train[: self.settings.limit]

    @property
    def test(self) -> Digits:
        return self.mnist.test

    def draw(self, name: str, figure: Callable[..., None], *args: Any, **kinds: Any) -> None:
        """Save a figure of `train.plots` under this name, say so, and show it where that is wanted."""
        path = self.folder / name
        figure(path, *args, **kinds)
        print(path)
        if self._windows:
            show(path)

    def save(self, fitted: Fitted) -> None:
        """Keep a fitted network in both of Keras's formats, with its history.

        Raises:
            OutputError: they can't be written; those of an earlier fit are kept.
        """
        with replacing(*(self.folder / name for name in MODELS), self._record) as [*models, record]:
            for file in models:
                save_keras(fitted.model, file)
            kept = {"settings": asdict(fitted.settings), "history": fitted.history}
            record.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")

    @cached_property
    def fitted(self) -> Fitted:
        """What was saved.

        Raises:
            ModelError: nothing was, or it is damaged.
        """
        first = f"run 'python -m train article fit --out {self.folder}' first"
        if not self._record.exists():
            raise ModelError(f"{self._record}: not there; {first}")
        try:
            kept = json.loads(self._record.read_text(encoding="utf-8"))
            settings, history = Settings(**kept["settings"]), kept["history"]
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{self._record}: expected the record of a fit, found another; {first}") from error
        return Fitted(load_keras(self.folder / MODELS[0]), settings, history)

    @cached_property
    def probabilities(self) -> NDArray[np.float32]:
        """What the fitted network answers on the test set, (N, 10)."""
        pictures = prepare(self.test.pictures, self.fitted.settings.denoise)
        return np.asarray(self.fitted.model.predict(pictures, batch_size=1000, verbose=0))

    @property
    def _record(self) -> Path:
        return self.folder / "history.json"
