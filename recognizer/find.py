"""Finds the places in a picture where a digit may stand.

The light is taken out of the picture, then it is cut at several contrasts, since no single one suits a
hairline, a marker and the rules of the paper. What such a cut finds is only a seed; `cut` makes its mask.
"""

from __future__ import annotations

import cv2
import numpy as np

from recognizer.cut import RUNS_ON, Look, cut_free, has_size
from recognizer.ground import PAPER, flatten, ink_of, off_ground, shrink
from recognizer.normalise import SIZE, normalise
from recognizer.types import Box, Candidate, Image

WORKING_SIDE = 1280  # larger pictures are made smaller before anything is looked for
# Thin ink is looked for in the working picture itself, thick ink in one four times smaller.
LOOKS = (Look(1, 12, range(10, 160), 3), Look(4, 3, range(20, WORKING_SIDE), 1))
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
    grey = image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    scale = min(1.0, WORKING_SIDE / max(grey.shape))
    grey = shrink(grey, scale)
    return [candidate for look in LOOKS for candidate in _find_at(shrink(grey, 1 / look.shrink), look, scale)]


def _find_at(grey: Image, look: Look, scale: float) -> list[Candidate]:
    """Candidates of one look; the working picture is `scale` times the frame."""
    if min(grey.shape) < look.heights.start:
        return []
    flat = flatten(grey, look.parts)
    off = off_ground(flat)
    candidates = []
    for dark in (True, False):
        ink = ink_of(flat, dark)
        tried: list[Box] = []
        for cut in CUTS:
            for seed in _without(tried, _seeds(ink, round(cut * PAPER), look.heights)):
                pieces = cut_free(ink, off, seed, look)
                tried += [seed, *(piece.box for piece in pieces)]
                for piece in pieces:
                    if piece.refused != RUNS_ON:
                        box = Box(*(round(v * look.shrink / scale) for v in piece.box))
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
