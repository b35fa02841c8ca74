"""Digits that look as they did when they were read, but for a hand's tremor: they need not be read again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from recognizer.core.frame import Image, Pyramid
from recognizer.core.geometry import Box
from recognizer.detection.candidate import Candidate, ScoredCandidate
from recognizer.detection.tiles import FIT, SIDE, Tiles

NOISE = 8  # tones by which a pixel may differ from its neighbourhood as it was
FEW = 16  # pixels of a tile that may differ by more; a stroke that makes another digit covers twice as many
AT_REST = 1.5 / FIT  # how far a digit may have moved and grown since the frame before, in its longer sides


class _Look(NamedTuple):  # it keeps the crop of its key alive
    scored: ScoredCandidate
    least: Image
    most: Image


class Still:
    """What a video's digits looked like when they were read."""

    def __init__(self) -> None:
        self._looks: dict[tuple[Box, int], _Look] = {}

    def forget(self) -> None:
        """The frame is looked through as a whole: its digits are read anew."""
        self._looks.clear()

    def unchanged(self, pyramid: Pyramid, known: Sequence[Candidate]) -> dict[int, ScoredCandidate]:
        """Which of those that are known still look so, each as it was read then."""
        places = [place for place, one in enumerate(known) if _key(one) in self._looks]
        if not places:
            return {}
        looks = [self._looks[_key(known[place])] for place in places]
        tones = _tones(pyramid, [look.scored.candidate for look in looks])
        least, most = (np.concatenate(bounds) for bounds in ([look.least for look in looks],
                                                             [look.most for look in looks]))
        alike = cv2.inRange(tones, least, most).reshape(len(looks), -1)
        changed = SIDE * SIDE - np.count_nonzero(alike, axis=1)
        return {place: look.scored for place, look, count in zip(places, looks, changed, strict=True) if count <= FEW}

    def remember(self, pyramid: Pyramid, known: Sequence[Candidate], read: Sequence[ScoredCandidate]) -> None:
        """Take how digits look that were read and are at rest: what moves on would be read anew in any case.

        Args:
            pyramid: of the frame.
            known: as they were expected.
            read: likewise as they were read.
        """
        resting = [one for before, one in zip(known, read, strict=True) if _rests(before, one.candidate)]
        if not resting:
            return
        tones = _tones(pyramid, [one.candidate for one in resting])
        near = np.ones((3, 3), np.uint8)
        least = np.maximum(cv2.erode(tones, near), NOISE).astype(np.uint8) - np.uint8(NOISE)
        most = np.minimum(cv2.dilate(tones, near), 255 - NOISE).astype(np.uint8) + np.uint8(NOISE)
        for place, one in enumerate(resting):
            rows = slice(place * SIDE, (place + 1) * SIDE)
            self._looks[_key(one.candidate)] = _Look(one, least[rows], most[rows])


def _key(one: Candidate) -> tuple[Box, int]:
    """What tells a candidate from others, also where it was moved into a region and back: its crop stays the same."""
    return one.box, id(one.crop)


def _rests(before: Candidate, now: Candidate) -> bool:
    most = max(1.0, AT_REST * max(before.box.w, before.box.h))
    return all(abs(side - other) <= most for side, other in zip(before.box, now.box, strict=True))


def _tones(pyramid: Pyramid, candidates: Sequence[Candidate]) -> Image:
    """The tiles around candidates, one below the other."""
    boxes = np.array([one.box for one in candidates], np.float32)
    return Tiles.around(boxes).tones(pyramid).reshape(-1, SIDE)
