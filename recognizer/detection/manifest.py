"""What `finder.json` says of the `finder.tflite` beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from recognizer.detection.evidence import KINDS, Calibration
from recognizer.errors import InputError


@dataclass(frozen=True)
class Look:
    """How pictures of a kind are looked at, and how sure their digits are then.

    Attributes:
        sides: the longer sides of the pictures that the network is shown, in pixels.
        weights: of the calibration, one for each of `evidence.KINDS`.
        bias: of the calibration.
    """

    sides: tuple[int, ...]
    weights: tuple[float, ...] = (0.0,) * len(KINDS)
    bias: float = 0.0

    def __post_init__(self) -> None:
        if len(self.weights) != len(KINDS):
            raise InputError(f"expected {len(KINDS)} weights, found {self.weights}")
        if not self.sides or not all(isinstance(side, int) and 32 <= side <= 4096 for side in self.sides):
            raise InputError(f"expected sides of 32 to 4096 pixels, found {self.sides}")

    @property
    def calibration(self) -> Calibration:
        return Calibration(tuple(self.weights), self.bias)


@dataclass(frozen=True)
class FinderManifest:
    """The finder's manifest.

    Attributes:
        sha256: of the model file, checked before the file is parsed.
        threshold: a digit is reported from this probability of being one on, 0 to 1.
        photograph: how one is looked at.
        video: likewise a video's frame, in smaller pictures, for speed.
        made: command, recipe, data, seed and versions.
        figures: measured when it was made.
    """

    sha256: str
    threshold: float
    photograph: Look = Look((800, 400, 200, 100))
    video: Look = Look((480, 240, 120))
    made: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not re.fullmatch("[0-9a-f]{64}", str(self.sha256)):
            raise InputError(f"expected a sha256 of 64 hexadecimal digits, found {self.sha256!r}")
        if not 0 <= self.threshold <= 1:
            raise InputError(f"expected a threshold of 0 to 1, found {self.threshold}")
        for name in ("photograph", "video"):
            look = getattr(self, name)
            if not isinstance(look, Look):  # as JSON has it
                object.__setattr__(self, name, Look(**look))
