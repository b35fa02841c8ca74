"""What the finder takes for digits in photographs without any: the crops that the network must learn to refuse."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from recognizer.classification.classifier import Classifier
from recognizer.core.clock import Clock
from recognizer.detection.learned import LearnedFinder
from train.data.mnist import Pictures
from train.finder.material import Photograph
from train.finder.measure import outside

BARE = (0, 1)  # a ring and a bar are digits wherever nothing beside them tells another thing
SURE = 0.5  # probability of one of these from which on a crop is left out


def cut_out(photographs: Sequence[Photograph], finder: Path, classifier: Path) -> Pictures:
    """All that a finder proposes in photographs without digits, as its crops (N, 28, 28) uint8, 0 or 255.

    Left out is what the classifier reads as a 0 or a 1: an O and an I are none only where they stand in a word, which
    the crop doesn't show.

    Args:
        photographs: what they say to ignore is ignored.
        finder: its .tflite file.
        classifier: likewise.
    """
    reader = Classifier.load(classifier)
    network = LearnedFinder.load(finder, reader)
    crops: list[Pictures] = []
    for photograph in photographs:
        candidates, logits = network.candidates(photograph.grey, network.memory(moving=False), Clock())
        if not candidates:
            continue
        boxes = np.array([one.box for one in candidates], np.float32)
        powers = np.exp(logits - logits.max(1, keepdims=True))
        bare = (powers[:, BARE] / powers.sum(1, keepdims=True)).max(1) > SURE
        keep = outside(boxes, photograph.ignore) & ~bare
        crops += [candidates[i].crop for i in np.flatnonzero(keep)]
    return np.stack(crops) if crops else np.zeros((0, 28, 28), np.uint8)
