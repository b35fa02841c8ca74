"""What the classifier's manifest says."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from recognizer.errors import InputError

CLASSES = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "no digit")
INPUT_SHAPE = (28, 28, 1)


@dataclass(frozen=True)
class Manifest:
    """What `digits.json` says of the `digits.tflite` beside it.

    Attributes:
        sha256: of the model file, checked before the file is parsed.
        classes: a name for each output, in their order; the last is "no digit".
        input_shape: of one crop, height, width, channels.
        input_range: the values of paper and of ink.
        threshold: a digit is reported from this probability of being one on, 0 to 1.
        temperature: 0.01 to 100; the logits are divided by it before the softmax (Guo et al. 2017, arXiv:1706.04599).
        made: command, recipe, data, seed and versions.
        figures: measured when it was made.
    """

    sha256: str
    threshold: float
    temperature: float
    classes: tuple[str, ...] = CLASSES
    input_shape: tuple[int, ...] = INPUT_SHAPE
    input_range: tuple[float, float] = (0.0, 1.0)
    made: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not re.fullmatch("[0-9a-f]{64}", str(self.sha256)):
            raise InputError(f"expected a sha256 of 64 hexadecimal digits, found {self.sha256!r}")
        if tuple(self.classes) != CLASSES or tuple(self.input_shape) != INPUT_SHAPE:
            raise InputError(f"expected the classes {', '.join(CLASSES)} and crops of {INPUT_SHAPE}")
        if not (0 <= self.threshold <= 1 and 0.01 <= self.temperature <= 100):
            raise InputError(f"expected a threshold 0-1 and a temperature 0.01-100, found "
                             f"{self.threshold} and {self.temperature}")
