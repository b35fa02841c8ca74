"""Takes the lines of ruled paper, tables and grids out of a small window, and leaves the strokes that cross them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recognizer.ground import PAPER
from recognizer.types import Image

SLOPES = np.tan(np.deg2rad(np.arange(-14, 14.1, 2)))  # in which a rule is looked for, pixels down for each to the right
WHOLE = 0.9  # share of its way through the window on which a rule must show ink
THICKEST = 0.14  # of a rule, over the window's shorter side
BESIDE = 4  # pixels beside a rule in which a stroke that crosses it shows, on both sides


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
    for slope in SLOPES:
        down = np.arange(rows)[:, None] + np.rint(slope * (across - columns // 2)).astype(np.intp)
        sheared = ink[np.clip(down, 0, rows - 1), across]
        for top, bottom in _runs(sheared.mean(axis=1) >= WHOLE):
            if bottom - top > max(2, THICKEST * min(ink.shape)):
                continue
            above, below = sheared[max(0, top - BESIDE) : max(0, top - 1)], sheared[bottom + 1 : bottom + BESIDE]
            crossed = _wider(above.any(axis=0)) & _wider(below.any(axis=0))
            place = np.clip(down[max(0, top - 1) : bottom + 1], 0, rows - 1)
            found[place[:, ~crossed], across[~crossed]] = True
    return found


def _wider(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """True also beside True, two places each way."""
    return np.convolve(flags, np.ones(5), "same") > 0


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The stretches of True, as first index and the one after the last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).view(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
