"""Finds the places in a picture where a digit may stand.

The light is taken out of the picture, then it is cut at several contrasts, since no single one suits a
hairline, a marker and the rules of the paper. What such a cut finds is only a seed; `cut` makes its mask.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from recognizer.cut import Look, Piece, Spot, cut_free
from recognizer.ground import PAPER, flatten, ground_of, shrink
from recognizer.memory import Memory
from recognizer.normalise import SIZE, normalise
from recognizer.seeds import Seeds, find_seeds
from recognizer.types import Box, Candidate, Image

WORKING_SIDE = 1280  # larger pictures are made smaller before anything is looked for
# Thin ink is looked for in the working picture, or at half its size where that will do; thick ink at a quarter.
FULL, HALF, QUARTER = (Look(1, 12, range(10, 160), 3), Look(2, 12, range(5, 80), 1.5),
                       Look(4, 3, range(12, WORKING_SIDE), 1))
LARGE = 960  # longer side of a working picture that is worth halving
SMALL = 24  # height at half size under which ink is cut out at full size
NO_CROP = np.zeros((SIZE, SIZE), np.uint8)


def find(image: Image, memory: Memory | None = None) -> list[Candidate]:
    """Find all candidates of a picture.

    Args:
        image: (H, W, 3) uint8, BGR, or (H, W) uint8, grey.
        memory: of the frames before in a video: what was refused and stands still isn't cut anew.

    Returns:
        Candidates in no order; two may share a place. Those with a reason in `refused` are ink that is no
        digit, kept since they tell a line of text.
    """
    memory = memory or Memory()
    memory.next_frame()
    views = _Views(image)
    found: list[Candidate] = []
    for look in views.looks:
        clear = np.array([c.box for c in found if not c.refused and c.sure], np.float64).reshape(-1, 4)
        for dark in (True, False):
            seeds = find_seeds(views.flat(look), dark, look.heights, look.blur)
            seeds = seeds.without(clear * views.scale / look.shrink)
            found += _refused(seeds[seeds.refused != ""], dark, look.shrink / views.scale)
            seeds = seeds[seeds.refused == ""]
            known, still = memory.recall((look, dark), seeds)
            found += known
            seeds = seeds[~still]
            spots = list(views.spots(look, dark, seeds))
            cut = [[_candidate(piece, dark, spot.look.shrink / views.scale) for piece in pieces]
                   for spot, pieces in zip(spots, cut_free(spots), strict=True)]
            memory.keep((look, dark), seeds, cut)
            found += (candidate for candidates in cut for candidate in candidates)
    return found


def working(image: Image) -> tuple[Image, float]:
    """The picture in which is looked for digits, (H, W) uint8, and how many times as large as the frame it is."""
    grey = image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    scale = min(1.0, WORKING_SIDE / max(grey.shape))
    return shrink(grey, scale), scale


class _Views:
    """A picture flattened at the scales at which it has to be looked at.

    Attributes:
        scale: of the working picture to the picture.
        looks: the scales at which seeds are looked for.
    """

    def __init__(self, image: Image) -> None:
        grey, self.scale = working(image)
        half = shrink(grey, 1 / HALF.shrink)
        self._greys = {FULL: grey, HALF: half, QUARTER: shrink(half, HALF.shrink / QUARTER.shrink)}
        thin = HALF if max(grey.shape) >= LARGE else FULL
        self.looks = thin, QUARTER
        ground = ground_of(self._greys[thin], thin.parts)
        self._grounds = {FULL: ground, HALF: ground, QUARTER: ground_of(self._greys[QUARTER], QUARTER.parts)}
        self._flats: dict[Look, Image] = {}

    def flat(self, look: Look) -> Image:
        if look not in self._flats:
            grey = np.asarray(cv2.blur(self._greys[look], (3, 3)), np.uint8)
            self._flats[look] = flatten(grey, self._grounds[look])
        return self._flats[look]

    def spots(self, look: Look, dark: bool, seeds: Seeds) -> Iterator[Spot]:
        """Where to cut: small ink at full size."""
        for box, strength in zip(seeds.boxes.tolist(), seeds.strength.tolist(), strict=True):
            if look is HALF and box[3] < SMALL:
                yield Spot(self.flat(FULL), FULL, dark, Box(*(HALF.shrink * v for v in box)), strength)
            else:
                yield Spot(self.flat(look), look, dark, Box(*box), strength)


def _refused(seeds: Seeds, dark: bool, scale: float) -> list[Candidate]:
    """Seeds that no digit can be cut from, their boxes `scale` times as large."""
    boxes = np.rint(seeds.boxes * scale).astype(int).tolist()
    return [Candidate(Box(*box), NO_CROP, strength / PAPER, dark, why)
            for box, strength, why in zip(boxes, seeds.strength.tolist(), seeds.refused.tolist(), strict=True)]


def _candidate(piece: Piece, dark: bool, scale: float) -> Candidate:
    x, y, w, h = piece.box
    box = Box(round(x * scale), round(y * scale), round(w * scale), round(h * scale))
    crop = NO_CROP if piece.refused else normalise(piece.mask)
    return Candidate(box, crop, piece.strength / PAPER, dark, piece.refused, piece.sure)
