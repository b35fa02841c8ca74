"""Candidates that tests of judging make up."""

import numpy as np

from recognizer.classification.classifier import NO_DIGIT
from recognizer.core.geometry import Box
from recognizer.detection.by_rules.find import NO_CROP
from recognizer.detection.by_rules.ink import Ink
from recognizer.detection.by_rules.select import select
from recognizer.detection.candidate import Reason, digits_of


def candidate(x, y, w, h, dark=True, refused=""):
    return Ink(Box(x, y, w, h), NO_CROP, 0.5, dark, refused=Reason(refused))


def likely(label, probability=0.95):
    row = np.zeros(NO_DIGIT + 1, np.float32)
    row[label] = probability
    row[NO_DIGIT if label != NO_DIGIT else 0] += 1 - probability
    return row


def labels(candidates, rows, refused=(), threshold=0.5):
    return sorted(d.label for d in digits_of(select(candidates, np.stack(rows), list(refused), threshold)))


def line(count, x=0, step=30):
    return [candidate(x + step * i, 100, 20, 30) for i in range(count)]
