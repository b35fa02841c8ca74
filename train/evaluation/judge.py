"""A model of any format as one thing: a function from crops to logits."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recognizer.classification.classifier import Classifier
from recognizer.classification.model_file import INPUT_SHAPE, Manifest
from recognizer.core.bundle import load_bundle, manifest_path
from recognizer.errors import ModelError
from train.data.mnist import Pictures
from train.evaluation.measures import Logits

BATCH = 1000  # crops that Keras gets at once


@dataclass(frozen=True)
class Judge:
    """A model to be measured.

    Attributes:
        logits: from crops (N, 28, 28) uint8, 0 or 255, to (N, C) float32; C is 10, or 11 with "no digit".
        size: of its file, in bytes.
        temperature: the logits are divided by it before the softmax.
        threshold: probability from which on it accepts a digit.
        classifier: the same as the live program runs it; None where it can't.
    """

    logits: Callable[[Pictures], Logits]
    size: int
    temperature: float = 1.0
    threshold: float = 0.5
    classifier: Classifier | None = None


def load_judge(path: Path) -> Judge:
    """Load a model from a .tflite, .keras or .h5 file, without running any code that is in it.

    A .tflite file with a manifest beside it is checked against it, as the live program does.

    Raises:
        ModelError: no such file, another format, damaged, of other shapes, or with code in it.
    """
    if path.suffix == ".tflite":
        return _litert(path)
    if path.suffix in (".keras", ".h5"):
        return _keras(path)
    raise ModelError(f"{path}: expected a .tflite, .keras or .h5 file, found {path.suffix or 'no ending'}")


def _litert(path: Path) -> Judge:
    if manifest_path(path).exists():
        content, manifest = load_bundle(path, Manifest)
    else:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ModelError(f"{path}: can't be read ({error.strerror})") from error
        manifest = Manifest(hashlib.sha256(content).hexdigest(), threshold=0.5, temperature=1.0)
    classifier = Classifier(content, manifest, str(path))
    return Judge(classifier.logits, len(content), manifest.temperature, manifest.threshold, classifier)


def _keras(path: Path) -> Judge:
    from train.model.fit import as_input
    from train.model.load_model import load_keras

    model = load_keras(path)
    shapes = tuple(model.input_shape[1:]), tuple(model.output_shape[1:])
    if shapes[0] != INPUT_SHAPE or shapes[1] not in ((10,), (11,)):
        raise ModelError(f"{path}: expected a network from {INPUT_SHAPE} to 10 or 11 classes, found {shapes}")

    def logits(crops: Pictures) -> Logits:
        outputs = np.asarray(model.predict(as_input(crops), batch_size=BATCH, verbose=0), np.float32)
        are_probabilities = (outputs >= 0).all() and np.allclose(outputs.sum(axis=1), 1, atol=1e-3)
        return np.log(outputs + np.float32(1e-12)) if are_probabilities else outputs

    return Judge(logits, path.stat().st_size)
