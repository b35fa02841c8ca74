"""Finds the places in a picture where a digit may stand.

The light is taken out of the picture, then it is cut at several contrasts, since no single one suits a
hairline, a marker and the rules of the paper. What such a cut finds is only a seed; `cut` makes its mask.
"""

from __future__ import annotations

import cv2
import numpy as np

from recognizer.cut import Look, Piece, Spot, cut_free
from recognizer.ground import PAPER, flatten, ground_of, shrink
from recognizer.normalise import SIZE, normalise
from recognizer.seeds import find_seeds
from recognizer.types import Box, Candidate, Image

WORKING_SIDE = 1280  # larger pictures are made smaller before anything is looked for
# Thin ink is looked for in the working picture, or at half its size where that will do; thick ink at a quarter.
FULL, HALF, QUARTER = (Look(1, 12, range(10, 160), 3), Look(2, 12, range(5, 80), 1.5),
                       Look(4, 3, range(12, WORKING_SIDE), 1))
LARGE = 960  # longer side of a working picture that is worth halving
SMALL = 24  # height at half size under which ink is cut out at full size
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
    half = shrink(grey, 1 / HALF.shrink)
    large = max(grey.shape) >= LARGE
    thin = half if large else grey
    ground = ground_of(thin, FULL.parts)
    quarter = shrink(half, HALF.shrink / QUARTER.shrink)
    flats = {HALF if large else FULL: _flat(thin, ground), QUARTER: _flat(quarter, ground_of(quarter, QUARTER.parts))}
    spots: list[Spot] = []
    refused: list[Piece] = []
    for look, flat in flats.items():
        for dark in (True, False):
            seeds = find_seeds(flat, dark, look.heights, look.blur)
            for box, strength, why in zip(seeds.boxes.tolist(), seeds.strength.tolist(), seeds.refused.tolist(),
                                          strict=True):
                spot = Spot(flat, look, dark, Box(*box), strength)
                if why:
                    refused.append(Piece(spot, spot.seed, refused=why))
                else:
                    spots.append(spot)
    if any(_small(spot) for spot in spots):
        full = _flat(grey, ground)
        spots = [_enlarged(spot, full) if _small(spot) else spot for spot in spots]
    return [_candidate(piece, scale) for piece in cut_free(spots) + refused]


def working(image: Image) -> tuple[Image, float]:
    """The picture in which is looked for digits, (H, W) uint8, and how many times as large as the frame it is."""
    grey = image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    scale = min(1.0, WORKING_SIDE / max(grey.shape))
    return shrink(grey, scale), scale


def _flat(grey: Image, ground: Image) -> Image:
    return flatten(np.asarray(cv2.blur(grey, (3, 3)), np.uint8), ground)


def _small(spot: Spot) -> bool:
    return spot.look is HALF and spot.seed.h < SMALL


def _enlarged(spot: Spot, full: Image) -> Spot:
    return Spot(full, FULL, spot.dark, _times(spot.seed, HALF.shrink), spot.strength)


def _candidate(piece: Piece, scale: float) -> Candidate:
    box = Box(*(round(v / scale) for v in _times(piece.box, piece.spot.look.shrink)))
    crop = NO_CROP if piece.refused else normalise(piece.mask)
    return Candidate(box, crop, piece.spot.strength / PAPER, piece.spot.dark, piece.refused, piece.sure)


def _times(box: Box, factor: int) -> Box:
    return Box(*(factor * v for v in box))
