"""A user's hand as training data."""

from __future__ import annotations

from recognizer.hand.examples import Examples
from recognizer.hand.store import Store
from train.data.mnist import Labels, Pictures


def load_hand_crops(name: str, store: Store | None = None) -> tuple[Pictures, Labels]:
    """The crops that a hand was taught, (N, 28, 28) uint8, 0 or 255, and their labels (N,), 0 to 9 or NO_DIGIT.

    Raises:
        ModelError: there is no such hand, or its file is damaged.
        UsageError: no hand can have this name.
    """
    examples = Examples.load((store or Store()).existing(name))
    return examples.crops, examples.labels.astype("int64")
