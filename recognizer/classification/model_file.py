"""What the classifier's manifest says."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from recognizer.errors import InputError

CLASSES = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "no digit")
INPUT_SHAPE = (28, 28, 1)
INPUT_RANGE = (0.0, 1.0)


@dataclass(frozen=True)
class Manifest:
    """What `digits.json` says of the `digits.tflite` beside it.

    Attributes:
        sha256: of the model file, checked before the file is parsed.
        classes: a name for each output, in their order; the last is "no digit".
        input_shape: of one crop, height, width, channels.
        input_range: the values of paper and of ink.
        threshold: probability of being a digit, 0 to 1, from which on 98% of the validation digits are; what `python -m
            train evaluate` judges by. What the program reports is for the finder's manifest to say.
        temperature: 0.01 to 100; the logits are divided by it before the softmax (Guo et al. 2017, arXiv:1706.04599).
        made: command, recipe, data, seed and versions.
        figures: measured when it was made.
    """

    sha256: str
    threshold: float
    temperature: float
    classes: tuple[str, ...] = CLASSES
    input_shape: tuple[int, ...] = INPUT_SHAPE
    input_range: tuple[float, ...] = INPUT_RANGE
    made: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not re.fullmatch("[0-9a-f]{64}", str(self.sha256)):
            raise InputError(f"expected a sha256 of 64 hexadecimal digits, found {self.sha256!r}")
        found = tuple(self.classes), tuple(self.input_shape), tuple(self.input_range)
        if found != (CLASSES, INPUT_SHAPE, INPUT_RANGE):
            raise InputError(f"expected the classes {', '.join(CLASSES)} and crops of {INPUT_SHAPE} from 0 to 1")
        if not (0 <= self.threshold <= 1 and 0.01 <= self.temperature <= 100):
            raise InputError(f"expected a threshold 0-1 and a temperature 0.01-100, found "
                             f"{self.threshold} and {self.temperature}")
