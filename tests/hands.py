"""What the tests of hands share: the shipped model, and the program run with the user's data folder."""

import os
import subprocess

import numpy as np
import pytest
from harness import PATIENCE, command, environment, errors

from fixtures.misread import TEXT
from recognizer.classification.classifier import Classifier
from recognizer.core.assets import shipped
from recognizer.hand.examples import Examples

MODEL = Classifier.load(shipped("models/digits.tflite"))
needs_features = pytest.mark.skipif(not MODEL.feature_count, reason="the shipped model can't be taught")
MISREAD = [place for place, label in enumerate(TEXT) if label == 7]


def run(*words, cwd):
    done = subprocess.run(command(*words), cwd=cwd, env=environment() | {"XDG_DATA_HOME": os.environ["XDG_DATA_HOME"]},
                          capture_output=True, text=True, timeout=PATIENCE, check=False)
    return done, errors(done)


def some_examples(count=3, model=MODEL.manifest.sha256):
    crops = np.zeros((count, 28, 28), np.uint8)
    crops[:, 4:24, 12:16] = 255
    return Examples(model, crops, np.full(count, 1, np.uint8), np.arange(count, dtype=np.uint32))
