"""What a model makes of other hands than MNIST's: digits of writers and sheets that no training saw."""

from __future__ import annotations

from collections.abc import Callable

from train.augment.samples import plain, plain_strokes
from train.augment.sources import Sources
from train.data.mnist import Pictures
from train.evaluation.measures import Figures, Logits, measure


def of_hands(
    logits: Callable[[Pictures], Logits], sources: Sources, others: Logits, temperature: float, threshold: float
) -> dict[str, Figures]:
    """The figures on what `sources` holds back of pen strokes, drawn with three pens, and of photographed digits.

    Args:
        logits: of crops (N, 28, 28).
        sources: the files; what isn't there isn't measured.
        others: (M, C), of things that are no digits.
        temperature, threshold: as `measure` takes them.
    """
    found = {}
    if len(sources.strokes.held_back):
        crops, labels = plain_strokes(sources.strokes.held_back)
        found["strokes"] = measure(logits(crops), labels, others, temperature, threshold)
    if len(more := sources.more.held_back):
        found["more_digits"] = measure(logits(plain(more)), more.labels, others, temperature, threshold)
    return found
