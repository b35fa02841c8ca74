"""A user's hand at work: takes lessons, keeps them, and corrects what the network says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from recognizer.classification.classifier import NO_DIGIT, Classifier
from recognizer.core.digits import Digit
from recognizer.errors import InputError, ModelError
from recognizer.hand.correction import Learner
from recognizer.hand.examples import Examples
from recognizer.hand.store import Store


class Hand:
    """The hand of a name, switched on in a classifier from now on.

    Args:
        name: of the hand; a new one is empty until the first lesson, and has no file.
        classifier: gets the correction that is learnt.
        store: where hands are kept.
        adopt: the hand of another model becomes this one's with its next lesson.

    Attributes:
        examples: that it was taught.

    Raises:
        ModelError: the classifier's model can't be taught, or the hand's file is damaged or another model's.
        UsageError: no hand can have this name.
    """

    def __init__(
        self, name: str, classifier: Classifier, store: Store | None = None, adopt: bool = False
    ) -> None:
        self.name, self._classifier, self._learn = name, classifier, Learner(classifier)
        self._store, self._adopt = store or Store(), adopt
        if not classifier.feature_count:
            raise ModelError(f"hand {name}: this model can't be taught, it gives no features beside its logits; "
                             "the shipped one does")
        self._take(self._load(self.file))

    def teach(self, digit: Digit, label: int | None) -> str:
        """Learn what a digit is, and keep that.

        Args:
            digit: one of a reading's digits.
            label: 0 to 9; None for no digit.

        Returns:
            What was learnt, in a few words.

        Raises:
            InputError: another label, a digit that no reading gave, or the hand is full.
            ModelError: its file was damaged meanwhile.
            OutputError: it can't be written; then nothing is learnt.
        """
        if label is not None and not _is_label(label):
            raise InputError(f"teach: expected a label from 0 to 9, or None for no digit, found {label!r}")
        if not digit.crops:
            raise InputError("teach: expected a digit of a reading, found one without crops")
        known = NO_DIGIT if label is None else label
        self.add(lambda examples: examples.taught(np.stack(digit.crops), known))
        return f"learnt: {spoken(known)} ({self.summary})"

    def add(self, more: Callable[[Examples], Examples]) -> None:
        """Learn more examples, and keep them; `more` gives all of them from those that there are. Errors as above."""
        with self._store.locked(self.name) as file:
            examples = more(self._load(file))
            examples.save(file)
            self._store.use(self.name)
        self._take(examples)

    def undo(self) -> str:
        """Take the last lesson back, and say so in a few words; errors as above."""
        with self._store.locked(self.name) as file:
            before = self._load(file)
            if not len(before):
                return f"hand {self.name} has nothing to take back"
            after = before.without_last()
            after.save(file)
        self._take(after)
        return f"taken back: {spoken(int(before.labels[-1]))} ({self.summary})"

    @property
    def file(self) -> Path:
        return self._store.file(self.name)

    @property
    def summary(self) -> str:
        lessons = len(np.unique(self.examples.lessons))
        return f"hand {self.name}, {lessons} lesson{'' if lessons == 1 else 's'}"

    def _load(self, file: Path) -> Examples:
        """What is in its file; empty where there is none."""
        model = self._classifier.manifest.sha256
        if not file.exists():
            return Examples(model)
        examples = Examples.load(file)
        if self._adopt:
            return replace(examples, model=model)
        if examples.model != model:
            raise ModelError(f"hand {self.name}: expected one of the model {model[:12]}…, found one of "
                             f"{examples.model[:12]}…; 'digit-recognizer hand import {file}' teaches it to this model")
        return examples

    def _take(self, examples: Examples) -> None:
        self.examples = examples
        self._classifier.correction = self._learn(examples) if len(examples) else None


def _is_label(label: object) -> bool:
    """Whether it is a whole number from 0 to 9, of Python or NumPy; True and 3.0 equal one, and are none."""
    return isinstance(label, (int, np.integer)) and not isinstance(label, bool) and int(label) in range(NO_DIGIT)


def spoken(label: int) -> str:
    return "no digit" if label == NO_DIGIT else str(label)
