"""Candidates of a tilted line as they are on a level one."""

from __future__ import annotations

from dataclasses import replace

from recognizer.detection.by_rules.ink import Ink
from recognizer.numbers.deskew import upright


def levelled(candidate: Ink, tilt: float) -> Ink:
    """A candidate with the crop that it has on a level line; its box and mask stay as they are."""
    return replace(candidate, crop=upright(candidate.mask, tilt)) if tilt else candidate
