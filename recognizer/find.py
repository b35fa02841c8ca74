"""Finds the places in a picture where a digit may stand.

The light is taken out of the picture, then it is cut at several contrasts, since no single one suits a
hairline, a marker and the rules of the paper. What such a cut finds is only a seed; `cut` makes its mask.
"""

from __future__ import annotations

import cv2
import numpy as np

from recognizer.cut import RUNS_ON, cut_free, has_size
from recognizer.ground import PAPER, flatten, ink_of, off_ground, shrink
from recognizer.normalise import SIZE, normalise
from recognizer.types import Box, Candidate, Image

WORKING_SIDE = 1280  # larger pictures are made smaller before anything is looked for
FINE, COARSE = 12, 3  # the background's window: the picture's shorter side divided by it
FINE_HEIGHT = 160  # pixels; taller ink is left to the smaller picture
COARSE_SHRINK = 4  # thick ink is looked for in a picture so many times smaller
CUTS = (0.45, 0.25, 0.12)  # contrasts at which ink is told from its ground, strongest first
LEAST_HEIGHT = 10  # pixels in the working picture
NO_CROP = np.zeros((SIZE, SIZE), np.uint8)


def find(image: Image) -> list[Candidate]:
    """Find all candidates of a picture.

    Args:
        image: (H, W, 3) uint8, BGR, or (H, W) uint8, grey.

    Returns:
        Candidates in no order; two may share a place. Those with a reason in `refused` are ink that is no
        digit, kept since they tell a line of text.
    """
    grey = image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    scale = min(1.0, WORKING_SIDE / max(grey.shape))
    grey = shrink(grey, scale)
    candidates = _find_at(grey, FINE, scale, range(LEAST_HEIGHT, FINE_HEIGHT))
    grey = shrink(grey, 1 / COARSE_SHRINK)
    tall = range(2 * LEAST_HEIGHT, grey.shape[0])
    return candidates + _find_at(grey, COARSE, scale / COARSE_SHRINK, tall)


def _find_at(grey: Image, parts: int, scale: float, heights: range) -> list[Candidate]:
    """Candidates of these heights in a working picture that is `scale` times the frame."""
    if min(grey.shape) < heights.start:
        return []
    flat = flatten(grey, parts)
    off = off_ground(flat)
    candidates = []
    for dark in (True, False):
        ink = ink_of(flat, dark)
        tried: list[Box] = []
        for cut in CUTS:
            for seed in _without(tried, _seeds(ink, round(cut * PAPER), heights)):
                pieces = cut_free(ink, off, seed, heights)
                tried += [seed, *(piece.box for piece in pieces)]
                for piece in pieces:
                    if piece.refused != RUNS_ON:
                        box = Box(*(round(v / scale) for v in piece.box))
                        crop = NO_CROP if piece.refused else normalise(piece.mask)
                        candidates.append(Candidate(box, crop, piece.strength / PAPER, dark, piece.refused, piece.sure))
    return candidates


def _seeds(ink: Image, level: int, heights: range) -> list[Box]:
    """Boxes of the connected pieces of ink above a level that have a digit's size."""
    binary = cv2.threshold(ink, level, 255, cv2.THRESH_BINARY)[1]
    contours, hierarchy = cv2.findContours(binary, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if hierarchy is None:
        return []
    return [
        box
        for contour, parent in zip(contours, hierarchy[0, :, 3], strict=True)
        if parent == -1 and has_size(box := Box(*cv2.boundingRect(contour)), binary.shape, heights)
    ]


def _without(tried: list[Box], seeds: list[Box]) -> list[Box]:
    """Those of the seeds that are not nearly the box of one that was tried."""
    if not tried or not seeds:
        return seeds
    boxes = np.array(seeds, np.int32)
    off = np.abs(boxes[:, None] - np.array(tried, np.int32)).max(axis=2).min(axis=1)
    return [seeds[i] for i in np.flatnonzero(off > 2 + boxes[:, 3] // 12)]
