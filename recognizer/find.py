"""Finds the places in a picture where a digit may stand.

The light is taken out of the picture, then it is cut at several contrasts, since no single one suits a
hairline, a marker and the rules of the paper. What such a cut finds is only a seed; `cut` makes its mask.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from recognizer.cut import NO_MASK, Look, Piece, cut_free
from recognizer.ground import PAPER, flatten, ground_of, shrink
from recognizer.normalise import SIZE, normalise
from recognizer.seeds import Boxes, Seed, judge, seeds, without
from recognizer.types import Box, Candidate, Image

WORKING_SIDE = 1280  # larger pictures are made smaller before anything is looked for
# Thin ink is looked for in the working picture, or at half its size where that will do; thick ink at a quarter.
FULL, HALF, QUARTER = (Look(1, 12, range(10, 160), 3), Look(2, 12, range(5, 80), 1.5),
                       Look(4, 3, range(12, WORKING_SIDE), 1))
LARGE = 960  # longer side of a working picture that is worth halving
SMALL = 24  # height at half size under which ink has to be seen at full size
CUTS = (0.45, 0.25, 0.12)  # contrasts at which ink is told from its ground, strongest first
NO_CROP = np.zeros((SIZE, SIZE), np.uint8)


def find(image: Image) -> list[Candidate]:
    """Find all candidates of a picture.

    Args:
        image: (H, W, 3) uint8, BGR, or (H, W) uint8, grey.

    Returns:
        Candidates in no order; two may share a place. Those with a reason in `refused` are ink that is no
        digit, kept since they tell a line of text.
    """
    grey, scale = working(image)
    found: dict[bool, list[Piece]] = {True: [], False: []}
    for view in _views(grey):
        for dark, pieces in found.items():
            pieces += view.pieces(dark, pieces)
    return [_candidate(piece, dark, scale) for dark, pieces in found.items() for piece in pieces]


def working(image: Image) -> tuple[Image, float]:
    """The picture in which is looked for digits, (H, W) uint8, and how many times as large as the frame it is."""
    grey = image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    scale = min(1.0, WORKING_SIDE / max(grey.shape))
    return shrink(grey, scale), scale


def _views(grey: Image) -> list[_View]:
    """The working picture at the scales at which it has to be looked at."""
    half = shrink(grey, 1 / HALF.shrink)
    thin = None if max(grey.shape) < LARGE else _View(half, HALF)
    if thin is None or thin.least < SMALL:
        thin = _View(grey, FULL)
    return [thin, _View(shrink(half, HALF.shrink / QUARTER.shrink), QUARTER)]


def _candidate(piece: Piece, dark: bool, scale: float) -> Candidate:
    box = Box(*(round(v / scale) for v in piece.box))
    crop = NO_CROP if piece.refused else normalise(piece.mask)
    return Candidate(box, crop, piece.strength / PAPER, dark, piece.refused, piece.sure)


class _View:
    """A picture as one look sees it.

    Args:
        grey: (H, W) uint8, the working picture at the look's scale.
        look: what is looked for.

    Attributes:
        least: height of the lowest ink that may be a digit, in pixels of the picture.
    """

    def __init__(self, grey: Image, look: Look) -> None:
        self._look = look
        self._flat = flatten(np.asarray(cv2.blur(grey, (3, 3)), np.uint8), ground_of(grey, look.parts))
        self._seeds = {dark: self._judged(dark) for dark in (True, False)}
        heights = (s.box.h for found in self._seeds.values() for s in found if not s.refused)
        self.least = min(heights, default=look.heights.stop)

    def _judged(self, dark: bool) -> list[Seed]:
        """Where to cut, the strongest ink first."""
        tried = _boxes([])
        judged: list[Seed] = []
        for cut in CUTS:
            boxes = without(seeds(self._flat, dark, cut, self._look.heights), tried)
            judged += judge(self._flat, dark, boxes)
            tried = np.concatenate([tried, boxes])
        return judged

    def pieces(self, dark: bool, known: list[Piece]) -> list[Piece]:
        """Pieces of ink of one polarity that are not `known` already, their boxes in the working picture."""
        shrink = self._look.shrink
        tried = _boxes([p.box for p in known if not p.refused and p.sure]) // shrink
        pieces: list[Piece] = []
        for seed in self._seeds[dark]:
            if len(without(_boxes([seed.box]), tried)):
                found = ([Piece(seed.box, NO_MASK, seed.strength, seed.refused)] if seed.refused else
                         cut_free(self._flat, dark, seed.box, seed.strength, self._look))
                tried = np.concatenate([tried, _boxes([piece.box for piece in found])])
                pieces += (replace(p, box=_times(p.box, shrink)) for p in found)
        return pieces


def _boxes(boxes: list[Box]) -> Boxes:
    return np.array(boxes, np.int32).reshape(-1, 4)


def _times(box: Box, factor: int) -> Box:
    return Box(*(factor * v for v in box))
