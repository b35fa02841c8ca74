"""How long a model takes for a frame's crops, in ratio to the article's network asked as tutorials ask it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from recognizer.classification.classifier import Classifier

CROPS = 16
ROUNDS = 7


@dataclass(frozen=True)
class Speed:
    """Milliseconds for 16 crops, the best of several rounds, both measured in turns in one run.

    Attributes:
        live: this model by LiteRT, one thread.
        article: `model.predict` of the article's network, Keras with all threads.
    """

    live: float
    article: float

    @property
    def times_faster(self) -> float:
        return self.article / self.live


def measure_speed(classifier: Classifier) -> Speed:
    """Time both on the same crops."""
    from train.article.network import build

    network = build()
    crops = np.where(np.random.default_rng(0).random((CROPS, 28, 28)) < 0.2, 255, 0).astype(np.uint8)
    inputs = crops[..., None].astype(np.float32) / np.float32(255)

    def predict() -> None:
        network.predict(inputs, verbose=0)

    def classify() -> None:
        classifier(crops)

    predict()
    classify()
    live, article = zip(*((_milliseconds(classify, 200), _milliseconds(predict, 10)) for _ in range(ROUNDS)),
                        strict=True)
    return Speed(min(live), min(article))


def _milliseconds(work: Callable[[], None], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - start) / times * 1000
