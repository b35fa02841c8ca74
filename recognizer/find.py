"""Finds the places in a picture where a digit may stand.

The light is taken out of the picture, then it is cut at several contrasts, since no single one suits a
hairline, a marker and the rules of the paper. What such a cut finds is only a seed; `cut` makes its mask.
"""

from __future__ import annotations

import numpy as np

from recognizer.candidates import Candidate, Look
from recognizer.cut import cut_free
from recognizer.dismissed import Dismissed
from recognizer.ground import PAPER
from recognizer.normalise import SIZE, normalise
from recognizer.seeds import Seeds, find_seeds, strengths
from recognizer.shape import Piece, Spot
from recognizer.types import Box, Image
from recognizer.views import FULL, HALF, Greys, Views

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
    return search(Views(Greys(image)), Dismissed())


def search(views: Views, dismissed: Dismissed) -> list[Candidate]:
    """Find all candidates of a picture, of the polarities that its views are made for.

    `dismissed` is what earlier searches of the same video refused, and is brought up to date.
    """
    dismissed.begin(views.light.size, views.polarities)
    found: list[Candidate] = []
    for look in views.looks:
        clear = np.array([c.box for c in found if not c.refused and c.sure], np.float64).reshape(-1, 4)
        known = np.rint(clear / views.scale(look)).astype(np.int32)
        seeds = find_seeds(views.flat(look), look, views.polarities).without(known)
        found += _refused(seeds[seeds.refused != ""], views.scale(look))
        found += _candidates(views, look, seeds[seeds.refused == ""], dismissed)
    return found


def _candidates(views: Views, look: Look, seeds: Seeds, dismissed: Dismissed) -> list[Candidate]:
    """What is at seeds; what was refused in the last search and stays isn't cut out again."""
    found = dismissed.at(look, seeds)
    unknown = np.array([there is None for there in found], bool)
    cut = iter(_cut(views, look, seeds[unknown]))
    whole = [next(cut) if there is None else there for there in found]
    dismissed.remember(look, seeds, whole)
    return [candidate for there in whole for candidate in there]


def _cut(views: Views, look: Look, seeds: Seeds) -> list[list[Candidate]]:
    """The ink at each seed; what is small or faint is cut out at full size."""
    found: list[list[Candidate]] = [[] for _ in seeds.boxes]
    large = np.full(len(seeds.boxes), True)
    if look is HALF:
        large = (seeds.boxes[:, 3] >= SMALL) & (seeds.strength >= FULL.faintest * PAPER)
    spots = _spots(views, look, seeds[large])
    places = np.flatnonzero(large)
    if not large.all():
        rest = seeds[~large]
        boxes = HALF.shrink * rest.boxes
        again = Seeds(boxes, rest.dark, strengths(views.flat(FULL), boxes, rest.dark), rest.refused)
        strong = again.strength >= FULL.faintest * PAPER
        spots += _spots(views, FULL, again[strong])
        places = np.concatenate([places, np.flatnonzero(~large)[strong]])
    for place, spot, pieces in zip(places.tolist(), spots, cut_free(spots), strict=True):
        found[place] = [candidate_of(piece, spot, views.scale(spot.look)) for piece in pieces]
    return found


def _spots(views: Views, look: Look, seeds: Seeds) -> list[Spot]:
    flat = views.flat(look)
    return [Spot(flat, look, dark, Box(*box), strength) for box, dark, strength in
            zip(seeds.boxes.tolist(), seeds.dark.tolist(), seeds.strength.tolist(), strict=True)]


def _refused(seeds: Seeds, wide: float) -> list[Candidate]:
    """Seeds that no digit can be cut from, their pixels `wide` ones of the picture."""
    boxes = np.rint(seeds.boxes * wide).astype(int).tolist()
    return [Candidate(Box(*box), NO_CROP, strength / PAPER, dark, why)
            for box, dark, strength, why in zip(boxes, seeds.dark.tolist(), seeds.strength.tolist(),
                                                seeds.refused.tolist(), strict=True)]


def candidate_of(piece: Piece, spot: Spot, wide: float) -> Candidate:
    """The candidate that a piece of ink in a spot's picture is, whose pixels are `wide` ones of the frame."""
    box = Box(*(round(v * wide) for v in piece.box))
    crop = NO_CROP if piece.refused else normalise(piece.mask)
    return Candidate(box, crop, spot.strength / PAPER, spot.dark, piece.refused, piece.sure, spot.look, piece.mask)
