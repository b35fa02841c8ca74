"""What `finder.json` says of the `finder.tflite` beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from recognizer.detection.evidence import KINDS, Calibration
from recognizer.errors import InputError


@dataclass(frozen=True)
class FinderManifest:
    """The finder's manifest.

    Attributes:
        sha256: of the model file, checked before the file is parsed.
        threshold: a digit is reported from this probability of being one on, 0 to 1.
        weights: of the calibration, one for each of `evidence.KINDS`.
        bias: of the calibration.
        sides: the longer sides of the pictures that the network is shown of a photograph, in pixels.
        video_sides: likewise of a video's frame.
        made: command, recipe, data, seed and versions.
        figures: measured when it was made.
    """

    sha256: str
    threshold: float
    weights: tuple[float, ...]
    bias: float
    sides: tuple[int, ...] = (800, 400, 200, 100)
    video_sides: tuple[int, ...] = (480, 240, 120)
    made: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not re.fullmatch("[0-9a-f]{64}", str(self.sha256)):
            raise InputError(f"expected a sha256 of 64 hexadecimal digits, found {self.sha256!r}")
        if not 0 <= self.threshold <= 1 or len(self.weights) != len(KINDS):
            raise InputError(f"expected a threshold 0-1 and {len(KINDS)} weights, found {self.threshold} and "
                             f"{self.weights}")
        sides = *self.sides, *self.video_sides
        if not self.sides or not self.video_sides or not all(isinstance(s, int) and 32 <= s <= 4096 for s in sides):
            raise InputError(f"expected sides of 32 to 4096 pixels, found {self.sides} and {self.video_sides}")

    @property
    def calibration(self) -> Calibration:
        return Calibration(tuple(self.weights), self.bias)
