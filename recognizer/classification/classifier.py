"""From 28×28 crops to calibrated probabilities, all crops of a frame in one batch, by LiteRT."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.classification.model_file import CLASSES, INPUT_SHAPE, Manifest
from recognizer.core.bundle import interpreter_of, load_bundle
from recognizer.errors import InputError, ModelError

NO_DIGIT = len(CLASSES) - 1
BATCH_STEP = 8  # batches are filled up to multiples: each new size makes the runtime plan anew

Correction = Callable[[NDArray[np.float32]], NDArray[np.float32]]  # from features (N, F) to what logits (N, 11) get


class Classifier:
    """The CNN of a model bundle; many threads may call it at once. The runtime is loaded here, not on import.

    Args:
        content: of the .tflite file.
        manifest: what its manifest says.
        name: what errors call it.

    Attributes:
        correction: is added to the logits, computed from the features; None for nothing. May be changed at any time.
        feature_count: F, how many values the model's file gives beside the logits; 0 for one that can't be taught.

    Raises:
        ModelError: the runtime can't read it, or its shapes are not those of this program.
    """

    def __init__(self, content: bytes, manifest: Manifest, name: str = "in memory") -> None:
        self.manifest = manifest
        self._content, self._name = content, name
        self.correction: Correction | None = None
        self._idle = [_Runner(content, name)]  # as many as threads have called it at one time
        self.feature_count = self._idle[0].feature_count

    @classmethod
    def load(cls, model: Path) -> Classifier:
        """The classifier of a .tflite file, its manifest beside it and its hash checked."""
        return cls(*load_bundle(model, Manifest), str(model))

    def __call__(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Classify normalised crops.

        Args:
            crops: (N, 28, 28) uint8, 0 or 255; N may be 0.

        Returns:
            (N, 11) float32 probabilities, each row summing to 1; the last column is "no digit".

        Raises:
            InputError: the crops are of another shape or type.
        """
        return softmax(self.logits(crops) / np.float32(self.manifest.temperature))

    def logits(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The logits of crops (N, 28, 28), (N, 11) float32, corrected, before temperature and softmax.

        Raises:
            InputError: the crops are of another shape or type.
        """
        correct = self.correction
        logits, features = self._run(crops, with_features=correct is not None)
        return logits if correct is None else logits + correct(features)

    def outputs(self, crops: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The network's own logits, (N, 11), and what its last layer makes them from, the features, (N, F) float32.

        Raises:
            InputError: the crops are of another shape or type.
            ModelError: the model's file doesn't give features.
        """
        return self._run(crops, with_features=True)

    def _run(
        self, crops: NDArray[np.uint8], with_features: bool
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The network's own logits, (N, 11), and its features, (N, F), or (N, 0) where they aren't asked for."""
        if crops.shape[1:] != INPUT_SHAPE[:2] or crops.dtype != np.uint8:
            raise InputError(f"expected crops (N, 28, 28) of uint8, found {crops.shape} of {crops.dtype}")
        if with_features and not self.feature_count:
            raise ModelError(f"model {self._name}: expected two outputs, logits and features, found the logits alone: "
                             "this model can't be taught, the shipped one can")
        if not len(crops):
            return np.zeros((0, len(CLASSES)), np.float32), np.zeros((0, self.feature_count), np.float32)
        try:
            runner = self._idle.pop()
        except IndexError:  # all are at work in other threads
            runner = _Runner(self._content, self._name)
        try:
            return runner(crops, with_features)
        finally:
            self._idle.append(runner)


class _Runner:
    """One interpreter of the network, for one thread at a time: LiteRT's refuses two."""

    def __init__(self, content: bytes, name: str) -> None:
        self._interpreter: Any = _interpreter(content, name)
        self._input: int = self._interpreter.get_input_details()[0]["index"]
        outputs: dict[int, int] = {int(one["shape"][1]): one["index"] for one in self._interpreter.get_output_details()}
        self._logits = outputs.pop(len(CLASSES))
        self.feature_count = next(iter(outputs), 0)
        self._features = outputs.get(self.feature_count)
        self._batch = 0

    def __call__(
        self, crops: NDArray[np.uint8], with_features: bool
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The logits and features of crops, one at least."""
        count = len(crops)
        batch = -(-count // BATCH_STEP) * BATCH_STEP
        if batch != self._batch:
            self._interpreter.resize_tensor_input(self._input, [batch, *INPUT_SHAPE])
            self._interpreter.allocate_tensors()
            self._batch = batch
        filled = np.zeros((batch, *INPUT_SHAPE), np.float32)
        np.multiply(crops[..., None], np.float32(1 / 255), out=filled[:count])
        self._interpreter.set_tensor(self._input, filled)
        self._interpreter.invoke()
        logits = self._interpreter.get_tensor(self._logits)[:count]
        features = self._interpreter.get_tensor(self._features) if with_features else np.zeros((batch, 0), np.float32)
        return logits, features[:count]


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities of (N, C) logits, each row summing to 1."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: NDArray[np.float32] = powers / powers.sum(axis=1, keepdims=True)
    return probabilities


def _interpreter(content: bytes, name: str) -> Any:
    interpreter = interpreter_of(content, name)
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    found = [tuple(int(n) for n in t["shape"][1:]) for t in (*inputs, *outputs)]
    others = [shape for shape in found[1:] if shape != (len(CLASSES),)]
    flat = all(len(shape) == 1 for shape in others)
    if (found[0] != INPUT_SHAPE or inputs[0]["dtype"] != np.float32 or not flat or len(others) > 1
            or len(outputs) - len(others) != 1):
        raise ModelError(f"model {name}: expected one input {INPUT_SHAPE} of float32 and {len(CLASSES)} outputs, "
                         f"with features beside them at most, found {found}")
    return interpreter
