"""Takes the lines of ruled paper, tables and grids out of a small window, and leaves the strokes that cross them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from recognizer.core.frame import Image
from recognizer.detection.by_rules.ground import PAPER

STEEPEST = math.tan(math.radians(15))  # of a nearly level rule, and as much of an upright one
WHOLE = 0.9  # share of its way through the window on which a rule must show ink
THICKEST = 0.14  # of a rule, over the window's shorter side
ALONE = 0.3  # share of its way on which there may be other ink beside it
BESIDE = 3  # pixels beside a rule in which a stroke that crosses it shows, on both sides


def without_rules(tones: Image, level: int) -> Image | None:
    """Paint over the rules of a window.

    A rule is a straight line that goes through the whole window, nearly level or nearly upright. As in the removal of
    staff lines from sheet music (Dalitz et al. 2008, doi:10.1109/TPAMI.2007.70749), it is kept where ink goes on
    beyond both of its sides.

    Args:
        tones: (H, W) uint8, flattened, ink dark.
        level: ink is what is darker than the ground by more tones.

    Returns:
        The same with the rules as light as the ground; None where there is no rule.
    """
    ink = tones < PAPER - level
    rules = _rules(ink) | _rules(np.ascontiguousarray(ink.T)).T
    return np.where(rules, np.uint8(PAPER), tones) if rules.any() else None


def _rules(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where the nearly level rules are, without the strokes that cross them."""
    rows, columns = ink.shape
    found = np.zeros_like(ink)
    across = np.arange(columns)
    most = max(2, THICKEST * min(ink.shape))
    for left, thick_left in _runs(ink[:, 0]):
        for right, thick_right in _runs(ink[:, -1]):
            thick = max(thick_left, thick_right)
            if thick > most or abs(right - left) > STEEPEST * columns:
                continue
            reach = thick // 2 + 1
            line = np.rint(np.linspace(left, right, columns)).astype(np.intp)
            down = np.clip(line + np.arange(-reach - BESIDE, reach + BESIDE + 1)[:, None], 0, rows - 1)
            band = ink[down, across]
            above, below = band[:BESIDE].any(axis=0), band[-BESIDE:].any(axis=0)
            if band[BESIDE:-BESIDE].any(axis=0).mean() >= WHOLE and max(above.mean(), below.mean()) <= ALONE:
                crossed = _wider(above) & _wider(below)
                found[down[BESIDE:-BESIDE, ~crossed], across[~crossed]] = True
    return found


def _wider(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """True also beside True, two places each way."""
    return np.convolve(flags, np.ones(5), "same") > 0


def _runs(flags: NDArray[np.bool_]) -> list[tuple[float, int]]:
    """The stretches of True: the middle of each and its length."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).view(np.int8)))
    return [((start + stop - 1) / 2, stop - start) for start, stop in edges.reshape(-1, 2).tolist()]
