"""Candidates of a tilted line as they are on a level one."""

from __future__ import annotations

from recognizer.detection.candidate import Candidate
from recognizer.numbers.deskew import upright


def levelled(candidate: Candidate, tilt: float) -> Candidate:
    """A candidate with the crop that it has on a level line; its box and mask stay as they are."""
    return candidate._replace(crop=upright(candidate.mask, tilt)) if tilt else candidate
