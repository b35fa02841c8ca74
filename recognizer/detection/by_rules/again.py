"""Finds digits where some were in the frame before, and nowhere else; most have hardly changed."""

from __future__ import annotations

import cv2
import numpy as np

from recognizer.core.geometry import Box
from recognizer.detection.by_rules.cut import MARGINS, around, cut_free
from recognizer.detection.by_rules.find import candidate_of
from recognizer.detection.by_rules.ground import PAPER
from recognizer.detection.by_rules.ink import Ink
from recognizer.detection.by_rules.shape import Piece, Spot
from recognizer.detection.by_rules.views import FULL, Views
from recognizer.detection.candidate import Reason

MARGIN = 0.2  # around a digit that hardly moves, in its longer side
SWOLLEN = 1.2  # by less than this factor, and a pixel, the sides of a digit that hardly changes differ
BROKEN = 0.05  # share of a digit's ink that another piece in its place has when the digit is broken


def find_again(views: Views, before: list[Ink]) -> list[list[Ink]]:
    """Find candidates where some were a moment ago; on what ground they stand was seen then.

    Args:
        views: of a picture, with the light of the last one that was searched.
        before: as they were last found.

    Returns:
        What may be a digit, for each of those before.
    """
    same = [_hardly_changed(views, candidate) for candidate in before]
    changed = [candidate for candidate, now in zip(before, same, strict=True) if now is None]
    anew = iter(_changed(views, changed))
    return [next(anew) if now is None else [now] for now in same]


def _spot(views: Views, candidate: Ink, margin: float) -> Spot:
    """Where a candidate was, in a part of the picture."""
    look = candidate.look or FULL
    wide = views.scale(look)
    seed = Box(*[round(side / wide) for side in candidate.box])
    flat, (x, y, *_) = views.flat_part(look, around(seed, margin))
    strength = round(candidate.contrast * PAPER)
    return Spot(flat, look, candidate.dark, seed.moved(-x, -y), strength, trusted=True, origin=(x, y))


def _hardly_changed(views: Views, before: Ink) -> Ink | None:
    """The same ink in one piece, about as large as it was and off the edges of a small window; None where it isn't."""
    spot = _spot(views, before, MARGIN)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(spot.ink, connectivity=8, ltype=cv2.CV_16U)
    pieces = [(Box(*box), area) for *box, area in stats[1:].tolist()]
    if not pieces:
        return None
    label, (box, area) = 1, pieces[0]
    if len(pieces) > 1:
        label, (box, area) = max(enumerate(pieces, 1), key=lambda item: item[1][0].intersection(spot.seed))
        if any(2 * other.intersection(spot.seed) > other.area and ink > BROKEN * area
               for other, ink in pieces if other is not box):
            return None
    (high, wide), (rows, columns) = spot.flat.shape, before.mask.shape
    inside = box.x and box.y and box.x + box.w < wide and box.y + box.h < high
    if not inside or not _as_large(box.h, rows) or not _as_large(box.w, columns):
        return None
    mask = (box.of(labels) == label).view(np.uint8)
    return candidate_of(Piece(box, mask, Reason.NONE, 1.0), spot, views.scale(spot.look))


def _as_large(now: int, then: int) -> bool:
    return then / SWOLLEN - 1 <= now <= SWOLLEN * then + 1


def _changed(views: Views, before: list[Ink]) -> list[list[Ink]]:
    """What may be a digit where the ink of candidates has changed."""
    spots = [_spot(views, candidate, MARGINS[0]) for candidate in before]
    return [[candidate_of(piece, spot, views.scale(spot.look)) for piece in pieces if not piece.refused]
            for spot, pieces in zip(spots, cut_free(spots), strict=True)]
