"""Finds the places in a picture where a digit may stand.

The light is taken out of the picture, then it is cut at several contrasts, since no single one suits a
hairline, a marker and the rules of the paper. What such a cut finds is only a seed; `cut` makes its mask.
"""

from __future__ import annotations

import numpy as np

from recognizer.classification.preprocess import CROP_SIDE, normalise
from recognizer.core.frame import Image
from recognizer.core.geometry import Box
from recognizer.detection.by_rules.cut import around, cut_free
from recognizer.detection.by_rules.dismissed import Dismissed
from recognizer.detection.by_rules.ground import PAPER
from recognizer.detection.by_rules.ink import Ink, Look
from recognizer.detection.by_rules.seeds import Seeds, find_seeds, strengths
from recognizer.detection.by_rules.shape import Piece, Spot
from recognizer.detection.by_rules.views import DOUBLE, FULL, HALF, Greys, Views
from recognizer.detection.candidate import Reason

FINER = {HALF: FULL, FULL: DOUBLE}
ROOM = 1.6  # around a seed at double size, in its longer side
NO_CROP = np.zeros((CROP_SIDE, CROP_SIDE), np.uint8)


def find(image: Image) -> list[Ink]:
    """Find all candidates of a picture.

    Args:
        image: (H, W, 3) uint8, BGR, or (H, W) uint8, grey.

    Returns:
        Candidates in no order; two may share a place. Those with a reason in `refused` are ink that is no
        digit, kept since they tell a line of text.
    """
    return search(Views(Greys(image)), Dismissed())


def search(views: Views, dismissed: Dismissed) -> list[Ink]:
    """Find all candidates of a picture, of the polarities that its views are made for.

    `dismissed` is what earlier searches of the same video refused, and is brought up to date.
    """
    dismissed.begin(views.light.size, views.polarities)
    found: list[Ink] = []
    for look in views.looks:
        clear = np.array([c.box for c in found if not c.refused and c.sure], np.float64).reshape(-1, 4)
        known = np.rint(clear / views.scale(look)).astype(np.int32)
        seeds = find_seeds(views.flat(look), look, views.polarities).without(known)
        found += _refused(seeds[seeds.refused != ""], views.scale(look))
        found += _candidates(views, look, seeds[seeds.refused == ""], dismissed)
    return found


def _candidates(views: Views, look: Look, seeds: Seeds, dismissed: Dismissed) -> list[Ink]:
    """What is at seeds; what was refused in the last search and stays isn't cut out again."""
    found = dismissed.at(look, seeds)
    unknown = np.array([there is None for there in found], bool)
    cut = iter(_cut(views, look, seeds[unknown]))
    whole = [next(cut) if there is None else there for there in found]
    dismissed.remember(look, seeds, whole)
    return [candidate for there in whole for candidate in there]


def _cut(views: Views, look: Look, seeds: Seeds) -> list[list[Ink]]:
    """The ink at each seed."""
    found: list[list[Ink]] = [[] for _ in seeds.boxes]
    spots = _spots(views, look, seeds)
    for (place, spot), pieces in zip(spots.items(), cut_free(list(spots.values())), strict=True):
        found[place] = [candidate_of(piece, spot, views.scale(spot.look)) for piece in pieces]
    return found


def _spots(views: Views, look: Look, seeds: Seeds) -> dict[int, Spot]:
    """Where to cut, by the seeds' indices; what is small, or faint at half size, is cut out of a larger picture."""
    small = seeds.boxes[:, 3] < look.small
    if look is HALF:
        small |= seeds.strength < FULL.faintest * PAPER
    listed = zip(seeds.boxes.tolist(), seeds.dark.tolist(), seeds.strength.tolist(), strict=True)
    spots = {place: _spot(views, look, Box(*box), dark, strength)
             for place, ((box, dark, strength), other) in enumerate(zip(listed, small, strict=True)) if not other}
    if small.any():
        finer, rest = FINER[look], seeds[small]
        boxes = round(look.shrink / finer.shrink) * rest.boxes
        strength = strengths(views.flat(FULL), boxes, rest.dark) if finer is FULL else rest.strength
        strong = strength >= finer.faintest * PAPER
        places = np.flatnonzero(small)[strong].tolist()
        of_rest = _spots(views, finer, Seeds(boxes, rest.dark, strength, rest.refused)[strong])
        spots |= {places[k]: spot for k, spot in of_rest.items()}
    return spots


def _spot(views: Views, look: Look, seed: Box, dark: bool, strength: int) -> Spot:
    """A place to cut in the whole picture, or in a part of one that is too large for that."""
    if look is not DOUBLE:
        return Spot(views.flat(look), look, dark, seed, strength)
    flat, (x, y, *_) = views.flat_part(look, around(seed, ROOM))
    return Spot(flat, look, dark, seed.moved(-x, -y), strength, origin=(x, y))


def _refused(seeds: Seeds, wide: float) -> list[Ink]:
    """Seeds that no digit can be cut from, their pixels `wide` ones of the picture."""
    boxes = np.rint(seeds.boxes * wide).astype(int).tolist()
    return [Ink(Box(*box), NO_CROP, strength / PAPER, dark, refused=Reason(why))
            for box, dark, strength, why in zip(boxes, seeds.dark.tolist(), seeds.strength.tolist(),
                                                seeds.refused.tolist(), strict=True)]


def candidate_of(piece: Piece, spot: Spot, wide: float) -> Ink:
    """The candidate that a piece of ink in a spot's picture is, whose pixels are `wide` ones of the frame."""
    box = Box(*(round(v * wide) for v in piece.box.moved(*spot.origin)))
    crop = NO_CROP if piece.refused else normalise(piece.mask)
    return Ink(box, crop, spot.strength / PAPER, spot.dark, piece.mask, piece.refused, piece.doubt, spot.look)
