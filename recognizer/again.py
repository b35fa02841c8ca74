"""Finds digits where some were in the frame before, and nowhere else; most have hardly changed."""

from __future__ import annotations

import cv2
import numpy as np

from recognizer.candidates import Candidate
from recognizer.cut import MARGINS, around, cut_free
from recognizer.find import candidate_of
from recognizer.ground import PAPER
from recognizer.shape import Piece, Spot
from recognizer.types import Box, Image
from recognizer.views import FULL, Light, flat_part, scale

MARGIN = 0.3  # around a digit that hardly moves, in its longer side
CHANGED = 1.2  # by this factor, and a pixel, or more the sides of a digit differ that has changed


def find_again(image: Image, before: list[Candidate], light: Light) -> list[list[Candidate]]:
    """Find candidates where some were a moment ago; on what ground they stand was seen then.

    Args:
        image: (H, W, 3) uint8, BGR, or (H, W) uint8, grey.
        before: as they were found in a picture of the same size.
        light: that picture's.

    Returns:
        What may be a digit, for each of those before.
    """
    found = []
    changed: dict[int, tuple[Spot, Box]] = {}
    for place, candidate in enumerate(before):
        same = _hardly_changed(image, candidate, light)
        found.append([same] if same else [])
        if not same:
            changed[place] = _spot(image, candidate, light, MARGINS[0])
    for place, pieces in zip(changed, cut_free([spot for spot, _ in changed.values()]), strict=True):
        spot, window = changed[place]
        found[place] = [_candidate(piece, spot, window, light) for piece in pieces if not piece.refused]
    return found


def _hardly_changed(image: Image, before: Candidate, light: Light) -> Candidate | None:
    """The same ink, of the same size and off the edges of a small window; None where there is none."""
    spot, window = _spot(image, before, light, MARGIN)
    tones = spot.flat if spot.dark else ~spot.flat
    ink = cv2.threshold(tones, PAPER - spot.level - 1, 1, cv2.THRESH_BINARY_INV)[1]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=cv2.CV_16U)
    if count < 2:
        return None
    boxes = [Box(*box) for *box, _ in stats[1:].tolist()]
    label, box = max(enumerate(boxes, 1), key=lambda item: item[1].intersection(spot.seed))
    rows, columns = before.mask.shape
    same = all(now <= CHANGED * then + 1 and then <= CHANGED * now + 1 for now, then in ((box.w, columns), (box.h, rows)))
    if not same or not (box.x and box.y and box.x + box.w < window.w and box.y + box.h < window.h):
        return None
    mask = labels[box.y : box.y + box.h, box.x : box.x + box.w] == label
    return _candidate(Piece(box, mask.view(np.uint8), "", True), spot, window, light)


def _spot(image: Image, candidate: Candidate, light: Light, margin: float) -> tuple[Spot, Box]:
    """Where to cut a candidate out again, in a part of the picture, and where that lies."""
    look = candidate.look or FULL
    wide = scale(look, light.size)
    seed = Box(*(round(v / wide) for v in candidate.box))
    flat, window = flat_part(image, look, around(seed, margin), light)
    strength = round(candidate.contrast * PAPER)
    return Spot(flat, look, candidate.dark, seed.moved(-window.x, -window.y), strength, trusted=True), window


def _candidate(piece: Piece, spot: Spot, window: Box, light: Light) -> Candidate:
    moved = piece._replace(box=piece.box.moved(window.x, window.y))
    return candidate_of(moved, spot, scale(spot.look, light.size))
