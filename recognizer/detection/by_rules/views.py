"""A picture as it is looked at: grey, without its light, at the scales that thin and thick ink need."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from recognizer.core.frame import Image, shrink
from recognizer.core.geometry import Box
from recognizer.detection.by_rules.ground import flatten, ground_of, white_of
from recognizer.detection.by_rules.ink import BOTH, LIGHT, Look, Polarities

WORKING_SIDE = 1280  # larger pictures are made smaller before anything is looked for
LARGE = 960  # longer side from which on a picture is worth halving


# Thin ink is looked for in the working picture, or at half its size where that will do; thick ink at a quarter. What
# fills a good part of the picture shows at an eighth, where the background's window is as large as the picture. Small
# ink is cut out of the picture at double its size.
DOUBLE = Look(0.5, 12, range(20, 320), blur=6, edge=3, faintest=0.18)
FULL = Look(1, 12, range(10, 160), blur=3, edge=2, faintest=0.18, small=28)
HALF = Look(2, 12, range(5, 80), blur=1.5, edge=1, faintest=0.13, small=24)
QUARTER = Look(4, 3, range(12, WORKING_SIDE), blur=1, edge=1, faintest=0.18)
EIGHTH = Look(8, 1, range(16, WORKING_SIDE), blur=1, edge=1, faintest=0.18)


class Greys:
    """A picture in grey at the scales at which it is looked at, each made when it is first asked for.

    Args:
        image: (H, W, 3) uint8, BGR, or (H, W) uint8, grey.

    Attributes:
        image: as given.
        size: of the picture, width and height in pixels.
        thin: the look for thin ink that suits its size.
    """

    def __init__(self, image: Image) -> None:
        self.image = image
        self.size = image.shape[1], image.shape[0]
        self.thin = HALF if max(self.size) >= LARGE else FULL
        self._made: dict[Look, Image] = {}

    def at(self, look: Look) -> Image:
        """The whole picture at a look, (H, W) uint8."""
        if look not in self._made:
            if look.shrink > HALF.shrink:
                larger = QUARTER if look is EIGHTH else self.thin
                self._made[look] = shrink(self.at(larger), larger.shrink / look.shrink)
            elif scale(look, self.size) == 2:  # averaging four pixels is faster than making all of them grey
                self._made[look] = _grey(shrink(self.image, 1 / 2))
            else:
                self._made[look] = shrink(_grey(self.image), 1 / scale(look, self.size))
        return self._made[look]

    def made(self, look: Look) -> Image | None:
        """The whole picture at a look, if it was asked for and is as large as the picture itself."""
        return self._made.get(look) if scale(look, self.size) == 1 else None

    def part(self, look: Look, box: Box) -> tuple[Image, Box]:
        """What of a box, in pixels of the look, lies in the picture: (h, w) uint8, and where that is."""
        if look in self._made:
            return part_of(self._made[look], box)
        wide = scale(look, self.size)
        here = box.clipped(max(1, round(self.size[0] / wide)), max(1, round(self.size[1] / wide)))
        part = self.image[_span(here.y, here.h, wide), _span(here.x, here.w, wide)]
        if wide > 1:  # before it is made grey, since that takes longer
            part = np.asarray(cv2.resize(part, (here.w, here.h), interpolation=cv2.INTER_AREA), np.uint8)
        grey = _grey(part)
        if wide < 1:
            grey = np.asarray(cv2.resize(grey, (here.w, here.h), interpolation=cv2.INTER_CUBIC), np.uint8)
        return grey, here


@dataclass(frozen=True)
class Light:
    """The light that lies on a picture, as its background tells it.

    Attributes:
        size: of the picture, width and height in pixels.
        grounds: as `ground_of` gives them, for each look.
        white: as `white_of` gives it.
    """

    size: tuple[int, int]
    grounds: dict[Look, Image]
    white: int = 0


class Views:
    """A picture without its light, at the scales at which it is looked at.

    Args:
        greys: of the picture.
        light: of one of the same size, the last that was searched; by default its own.
        polarities: of the ink that is looked for; without light ink a flattened picture need not show it well.

    Attributes:
        looks: those at which the whole picture is looked at, thin ink first.
        light: that is taken away.
        polarities: as given.
    """

    def __init__(self, greys: Greys, light: Light | None = None, polarities: Polarities = BOTH) -> None:
        self._greys = greys
        self.polarities = polarities
        self.looks = greys.thin, QUARTER, EIGHTH
        self.light = light or _light(greys, self.looks)
        self._white = self.light.white if LIGHT in polarities else 0
        self._flats: dict[Look, Image] = {}

    def scale(self, look: Look) -> float:
        """How many pixels of the picture one of the look's is wide."""
        return scale(look, self.light.size)

    def flat(self, look: Look) -> Image:
        """The picture flattened, (H, W) uint8, at a look."""
        if look not in self._flats:
            self._flats[look] = flatten(_smooth(self._greys.at(look)), self.light.grounds[look], self._white)
        return self._flats[look]

    def flat_part(self, look: Look, box: Box) -> tuple[Image, Box]:
        """What of a box, in pixels of the look, lies in the picture, flattened: (h, w) uint8, and where that is."""
        if look in self._flats:
            return part_of(self._flats[look], box)
        grey, here = self._greys.part(look, box)
        ground = self.light.grounds[look]
        wide, (columns, rows) = self.scale(look), self.light.size
        down, across = ground.shape[0] * wide / rows, ground.shape[1] * wide / columns
        ground = ground[_span(here.y, here.h, down), _span(here.x, here.w, across)]
        return flatten(_smooth(grey), ground, self._white), here


def scale(look: Look, size: tuple[int, int]) -> float:
    """How many pixels of a picture of this width and height one of a look's is wide."""
    return look.shrink * max(1.0, max(size) / WORKING_SIDE)


def _light(greys: Greys, looks: tuple[Look, ...]) -> Light:
    grounds = {look: ground_of(greys.at(look), look.parts) for look in looks}
    grounds[FULL] = grounds[DOUBLE] = grounds[greys.thin]
    return Light(greys.size, grounds, white_of(greys.at(greys.thin)))


def part_of(picture: Image, box: Box) -> tuple[Image, Box]:
    """What of a box lies in a picture, and where that is."""
    here = box.clipped(picture.shape[1], picture.shape[0])
    return here.of(picture), here


def _span(start: int, length: int, times: float) -> slice:
    """The pixels of a picture so many times as large that hold these, at least one."""
    return slice(int(start * times), max(int(start * times) + 1, round((start + length) * times)))


def _grey(image: Image) -> Image:
    return image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


def _smooth(grey: Image) -> Image:
    return np.asarray(cv2.blur(grey, (3, 3)), np.uint8)
