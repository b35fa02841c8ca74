"""What is between finding and reading: places where a digit may stand, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recognizer.core.frame import Image
from recognizer.core.geometry import Box

Polarities = tuple[bool, ...]
DARK, LIGHT = True, False  # ink on a lighter ground, and on a darker one
BOTH: Polarities = (DARK, LIGHT)
NO_MASK: Image = np.zeros((0, 0), np.uint8)


@dataclass(frozen=True, eq=False)
class Look:
    """At what scale a picture is looked at, and what it may show there.

    Attributes:
        shrink: how many times smaller than the working picture; under 1 it is larger.
        parts: the background's window is the picture's shorter side divided by this.
        heights: of the ink, in pixels of the smaller picture.
        blur: by how many pixels strokes may be thickened there.
        edge: how many pixels wide a stroke's soft edge is there.
        faintest: contrast from which on ink counts; thin strokes lose some when a picture is made smaller.
        small: height in pixels under which ink is cut out at the next finer look.
    """

    shrink: float
    parts: int
    heights: range
    blur: float
    edge: int
    faintest: float
    small: int = 0


class Candidate(NamedTuple):
    """A place in a frame where a digit may stand.

    Attributes:
        box: where, in pixels of the frame.
        crop: (28, 28) uint8, 0 or 255: what the network gets; all 0 for a refused one.
        contrast: how far the ink stands out from its ground, as a share of the ground's brightness.
        dark: dark ink on a lighter ground, not light on dark.
        refused: why it can't be a digit whatever the classifier says, in a word; empty when it can.
        doubt: how uneven its ground is, or how odd its shape, from 0 on; over 1 it needs the company of surer digits.
        look: at which it was cut out; None for what wasn't.
        mask: (h, w) uint8, 0 or 1, of the ink in its box, at the look's scale; empty where its shape is refused.
        whole: what it was cut from, when it is one of two that touched.
    """

    box: Box
    crop: Image
    contrast: float
    dark: bool
    refused: str = ""
    doubt: float = 0.0
    look: Look | None = None
    mask: Image = NO_MASK
    whole: Candidate | None = None

    @property
    def sure(self) -> bool:
        """It needs no company: it stands on ground as even as a sheet's, and its shape is a usual one."""
        return self.doubt <= 1


class Judged(NamedTuple):
    """What became of a candidate.

    Attributes:
        candidate: as it was found.
        probabilities: (11,) float32, the last one "no digit"; None where the classifier wasn't asked.
        reason: why it is no digit, in a word; empty where it is one.
    """

    candidate: Candidate
    probabilities: NDArray[np.float32] | None
    reason: str
