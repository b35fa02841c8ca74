"""Finds digits where some were in the frame before, and nowhere else; most have hardly changed."""

from __future__ import annotations

from collections import Counter

import cv2
import numpy as np

from recognizer.candidates import NO_MASK, Candidate
from recognizer.cut import MARGINS, around, cut_free
from recognizer.find import candidate_of
from recognizer.ground import PAPER
from recognizer.shape import Piece, Spot
from recognizer.types import Box
from recognizer.views import FULL, Views

MARGIN = 0.2  # around a digit that hardly moves, in its longer side
MANY = 12  # digits at a look from which on the whole picture is flattened at once
CHANGED = 1.2  # by this factor, and a pixel, or more the sides of a digit differ that has changed


def find_again(views: Views, before: list[Candidate]) -> list[list[Candidate]]:
    """Find candidates where some were a moment ago; on what ground they stand was seen then.

    Args:
        views: of a picture, with the light of the one before.
        before: as they were found in that.

    Returns:
        What may be a digit, for each of those before.
    """
    spots = [_spot(candidate, views) for candidate in before]
    for look, many in Counter(spot.look for spot in spots).items():
        if many >= MANY:
            views.flat(look)  # and their parts are parts of it
    same = [_hardly_changed(views, spot, candidate.mask.shape) for spot, candidate in zip(spots, before, strict=True)]
    changed = iter(_cut_anew(views, [spot for spot, piece in zip(spots, same, strict=True) if piece is None]))
    return [[candidate_of(piece, spot, views.scale(spot.look))] if piece else next(changed)
            for piece, spot in zip(same, spots, strict=True)]


def _spot(candidate: Candidate, views: Views) -> Spot:
    """Where a candidate was, in pixels of its look; no picture is there yet."""
    look = candidate.look or FULL
    wide = views.scale(look)
    seed = Box(*[round(side / wide) for side in candidate.box])
    return Spot(NO_MASK, look, candidate.dark, seed, round(candidate.contrast * PAPER), trusted=True)


def _in_part(views: Views, spot: Spot, margin: float) -> tuple[Spot, Box]:
    """A spot with the part of the picture around it, and where that lies."""
    flat, window = views.flat_part(spot.look, around(spot.seed, margin))
    return spot._replace(flat=flat, seed=spot.seed.moved(-window.x, -window.y)), window


def _hardly_changed(views: Views, spot: Spot, size: tuple[int, ...]) -> Piece | None:
    """The ink at a spot, if it has about the (height, width) that it had and lies off the edges of a small window."""
    spot, window = _in_part(views, spot, MARGIN)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(spot.ink, connectivity=8, ltype=cv2.CV_16U)
    if count < 2:
        return None
    boxes = [Box(*box) for *box, _ in stats[1:].tolist()]
    label, (x, y, w, h) = max(enumerate(boxes, 1), key=lambda item: item[1].intersection(spot.seed))
    (rows, columns), least, most = size, 1 / CHANGED, CHANGED
    as_large = least * rows - 1 <= h <= most * rows + 1 and least * columns - 1 <= w <= most * columns + 1
    if not as_large or not (x and y and x + w < window.w and y + h < window.h):
        return None
    mask = labels[y : y + h, x : x + w] == label
    return Piece(Box(window.x + x, window.y + y, w, h), mask.view(np.uint8), "", True)


def _cut_anew(views: Views, spots: list[Spot]) -> list[list[Candidate]]:
    """What may be a digit at spots whose ink has changed."""
    parts = [_in_part(views, spot, MARGINS[0]) for spot in spots]
    return [[candidate_of(piece._replace(box=piece.box.moved(window.x, window.y)), spot, views.scale(spot.look))
             for piece in pieces if not piece.refused]
            for (spot, window), pieces in zip(parts, cut_free([spot for spot, _ in parts]), strict=True)]
