"""Finds digits where some were in the frame before, and nowhere else; most have hardly changed."""

from __future__ import annotations

import cv2
import numpy as np

from recognizer.candidates import NO_MASK, Candidate
from recognizer.cut import MARGINS, around, cut_free
from recognizer.find import candidate_of
from recognizer.ground import PAPER
from recognizer.shape import Piece, Spot
from recognizer.types import Box
from recognizer.views import FULL, Greys, Light, flat_part, scale

MARGIN = 0.3  # around a digit that hardly moves, in its longer side
CHANGED = 1.2  # by this factor, and a pixel, or more the sides of a digit differ that has changed


def find_again(greys: Greys, before: list[Candidate], light: Light) -> list[list[Candidate]]:
    """Find candidates where some were a moment ago; on what ground they stand was seen then.

    Args:
        greys: of a picture.
        before: as they were found in a picture of the same size.
        light: that picture's.

    Returns:
        What may be a digit, for each of those before.
    """
    found: list[list[Candidate]] = [[] for _ in before]
    spots = [_spot(candidate, light) for candidate in before]
    for there, spot, candidate in zip(found, spots, before, strict=True):
        if same := _hardly_changed(greys, spot, light, candidate.mask.shape):
            there.append(candidate_of(same, spot, scale(spot.look, light.size)))
    changed = {place: _in_part(greys, spots[place], light, MARGINS[0]) for place, there in enumerate(found) if not there}
    for place, pieces in zip(changed, cut_free([spot for spot, _ in changed.values()]), strict=True):
        spot, window = changed[place]
        found[place] = [candidate_of(piece._replace(box=piece.box.moved(window.x, window.y)), spot,
                                     scale(spot.look, light.size)) for piece in pieces if not piece.refused]
    return found


def _spot(candidate: Candidate, light: Light) -> Spot:
    """Where a candidate was, in pixels of its look; no picture is there yet."""
    look = candidate.look or FULL
    wide = scale(look, light.size)
    seed = Box(*(round(side / wide) for side in candidate.box))
    return Spot(NO_MASK, look, candidate.dark, seed, round(candidate.contrast * PAPER), trusted=True)


def _in_part(greys: Greys, spot: Spot, light: Light, margin: float) -> tuple[Spot, Box]:
    """A spot with the part of the picture around it, and where that lies."""
    flat, window = flat_part(greys, spot.look, around(spot.seed, margin), light)
    return spot._replace(flat=flat, seed=spot.seed.moved(-window.x, -window.y)), window


def _hardly_changed(greys: Greys, spot: Spot, light: Light, size: tuple[int, ...]) -> Piece | None:
    """The ink at a spot, if it has about the (height, width) that it had and lies off the edges of a small window."""
    spot, window = _in_part(greys, spot, light, MARGIN)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(spot.ink, connectivity=8, ltype=cv2.CV_16U)
    if count < 2:
        return None
    boxes = [Box(*box) for *box, _ in stats[1:].tolist()]
    label, (x, y, w, h) = max(enumerate(boxes, 1), key=lambda item: item[1].intersection(spot.seed))
    as_large = all(now <= CHANGED * then + 1 and then <= CHANGED * now + 1 for now, then in zip((h, w), size, strict=True))
    if not as_large or not (x and y and x + w < window.w and y + h < window.h):
        return None
    mask = labels[y : y + h, x : x + w] == label
    return Piece(Box(window.x + x, window.y + y, w, h), mask.view(np.uint8), "", True)
