"""A candidate as the rules see it, and at what scale a picture is looked at."""

from __future__ import annotations

from dataclasses import dataclass

from recognizer.detection.candidate import Candidate, Reason

Polarities = tuple[bool, ...]
DARK, LIGHT = True, False  # ink on a lighter ground, and on a darker one
BOTH: Polarities = (DARK, LIGHT)


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


@dataclass(frozen=True, slots=True, eq=False)
class Ink(Candidate):
    """A candidate with what the rules know of it.

    Attributes:
        refused: why it can't be a digit whatever the classifier says; `Reason.NONE` when it can.
        doubt: how uneven its ground is, or how odd its shape, from 0 on; over 1 it needs the company of surer digits.
        look: at which it was cut out, and its mask's scale; None for what wasn't.
        whole: what it was cut from, when it is one of two that touched.
    """

    refused: Reason = Reason.NONE
    doubt: float = 0.0
    look: Look | None = None
    whole: Ink | None = None

    @property
    def sure(self) -> bool:
        """It needs no company: it stands on ground as even as a sheet's, and its shape is a usual one."""
        return self.doubt <= 1
