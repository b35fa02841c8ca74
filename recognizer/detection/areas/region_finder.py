"""Looks only in some regions of a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from recognizer.core.clock import Clock
from recognizer.core.frame import Image, Pyramid
from recognizer.core.geometry import Box, Region
from recognizer.detection.candidate import Candidate, ScoredCandidate
from recognizer.detection.finder import Finder
from recognizer.detection.state import Found, Memory
from recognizer.errors import UsageError


@dataclass
class RegionMemory:
    """Of one video: what the finder remembers of each region, and the last picture."""

    moving: bool
    of: dict[Box, Memory] = field(default_factory=dict)
    image: Image | None = None


class RegionFinder:
    """Looks only in the regions, all of the picture where there are none.

    Args:
        finder: looks in each.

    Attributes:
        regions: may be changed from one picture to the next.
    """

    def __init__(self, finder: Finder, regions: Sequence[Region] = ()) -> None:
        self.regions = tuple(regions)
        self._finder = finder

    @property
    def sure_once(self) -> float:
        return self._finder.sure_once

    def memory(self, moving: bool) -> RegionMemory:
        """What is remembered before the first picture, of a video or of a photograph."""
        return RegionMemory(moving)

    def find(self, image: Image, memory: RegionMemory, clock: Clock) -> Found:
        """Look through the regions of a picture.

        Args:
            image: (H, W, 3) uint8, BGR, or (H, W) uint8, grey.
            memory: of the pictures before; is brought up to date.
            clock: takes the time of the stages.

        Returns:
            Candidates in pixels of the whole picture, in whose pyramid all has one tone outside of the regions.

        Raises:
            UsageError: a region lies outside of the picture.
        """
        boxes = self._boxes(image, memory)
        if not self.regions:
            return self._finder.find(image, memory.of[boxes[0]], clock)
        found = [self._finder.find(_part(image, box), memory.of[box], clock) for box in boxes]
        moved = [_moved(one, box) for box, there in zip(boxes, found, strict=True) for one in there.candidates]
        candidates = self._finder.one_a_place(moved)  # regions may share a part of the picture
        return Found(candidates, Pyramid(_alone(image, boxes)))

    def follow(
        self, image: Image, known: Sequence[Candidate], memory: RegionMemory, clock: Clock
    ) -> list[list[ScoredCandidate]]:
        """Look only where digits were a moment ago.

        Args:
            image: as above, of the size of the last one that was looked through.
            known: candidates that `find` gave, each with its box where the digit is expected.
            memory, clock: as above.

        Returns:
            What is at the place of each known one, one without a reason at most; nothing where it left the regions.

        Raises:
            UsageError: a region lies outside of the picture.
        """
        boxes = self._boxes(image, memory)
        if not self.regions:
            return self._finder.follow(image, known, memory.of[boxes[0]], clock)
        places: list[list[ScoredCandidate]] = [[] for _ in known]
        taken: set[int] = set()
        for box in boxes:
            here = [i for i, c in enumerate(known) if i not in taken and box.has(*c.box.centre)]
            taken.update(here)
            inside = [known[i].at(known[i].box.moved(-box.x, -box.y)) for i in here]
            found = self._finder.follow(_part(image, box), inside, memory.of[box], clock) if inside else []
            for i, there in zip(here, found, strict=True):
                places[i] = [_moved(one, box) for one in there]
        return places

    def seen(self, memory: RegionMemory) -> Callable[[], Image]:
        """As the finder looked at the whole picture; of regions, these alone on the darkened frame."""
        boxes, image = list(memory.of), memory.image
        if image is None or not self.regions:
            return self._finder.seen(memory.of[boxes[0]] if boxes else self._finder.memory(memory.moving))

        def draw() -> Image:
            dark = np.asarray(image // 3, np.uint8)
            for box in boxes:
                box.of(dark)[...] = box.of(image)
            return dark

        return draw

    def _boxes(self, image: Image, memory: RegionMemory) -> list[Box]:
        """The regions in this picture; what is remembered of others is forgotten."""
        size = image.shape[1], image.shape[0]
        boxes = list(dict.fromkeys(region.box(size) for region in self.regions)) or [Box(0, 0, *size)]
        outside = [str(region) for region in self.regions if not region.box(size).area]
        if outside:
            raise UsageError(f"region {', '.join(outside)}: expected one inside of the picture, which is "
                             f"{size[0]}x{size[1]} pixels")
        memory.image = image
        memory.of = {box: memory.of[box] if box in memory.of else self._finder.memory(memory.moving)
                     for box in boxes}
        return boxes


def _part(image: Image, box: Box) -> Image:
    return np.ascontiguousarray(box.of(image))


def _moved(one: ScoredCandidate, region: Box) -> ScoredCandidate:
    return replace(one, candidate=one.candidate.at(one.candidate.box.moved(region.x, region.y)))


def _alone(image: Image, boxes: list[Box]) -> Image:
    """The picture, (H, W, 3) or (H, W), in which what is outside has the regions' usual tone: no mark is seen there."""
    usual = np.median([np.median(box.of(image)) for box in boxes])
    alone = np.full_like(image, usual)
    for box in boxes:
        box.of(alone)[...] = box.of(image)
    return alone
