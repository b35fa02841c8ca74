"""A digit that looks as it did is not read again; one that moves on, changes or goes is."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from fixtures.paths import ink
from fixtures.strokes import STYLES, draw_paths
from recognizer.classification.classifier import Classifier
from recognizer.core.assets import shipped
from recognizer.core.clock import Clock
from recognizer.core.frame import Image, Pyramid
from recognizer.core.geometry import Box, Region
from recognizer.detection.areas.region_finder import RegionFinder
from recognizer.detection.candidate import digits_of
from recognizer.detection.finder import Finder
from recognizer.detection.state import Memory
from recognizer.detection.tiles import FIT, Tiles

SHAPE = 480, 640
PLACES = {3: (100.0, 200.0), 8: (250.0, 180.0), 5: (400.0, 210.0)}


def page(labels: dict[int, int], by: tuple[float, float] = (0, 0), seed: int = 0) -> Image:
    """A noisy sheet on which some labels, at the places of others, are drawn 90 pixels high."""
    picture = np.full(SHAPE, 205.0)
    for place, label in labels.items():
        corner = np.add(PLACES[place], by)
        paths = [p * 90 + corner for p in draw_paths(label, min(STYLES[label]), np.random.default_rng(1), wobble=0)]
        picture -= 150 * ink([p.astype(np.float32) for p in paths], SHAPE, 8, np.random.default_rng(1))
    grey = (picture + np.random.default_rng(seed).normal(0, 3, SHAPE)).clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)


@dataclass
class Watched:
    """A finder with the memory of a page that it looked through and followed until each digit was at rest.

    What a search cuts is followed from a box that is cut anew, so the first step may be none of rest.
    """

    finder: Finder
    memory: Memory
    labels: dict[int, int]

    def __post_init__(self) -> None:
        found = self.finder.find(page(self.labels), self.memory, Clock())
        self.scored = [one for one in found.candidates if not one.reason]
        for seed in (1, 11):
            self.scored = self.follow(page(self.labels, seed=seed))[0]

    def follow(self, image: Image) -> tuple[list, set[int]]:
        """What is at each place, and the labels of those that were read anew."""
        found = self.finder.follow(image, [one.candidate for one in self.scored], self.memory, Clock())
        now = [one for there in found for one in there if not one.reason]
        return now, {digit.label for digit in digits_of([one for one in now if one not in self.scored])}


@pytest.fixture(name="watched")
def of_a_page() -> Watched:
    finder = Finder.load(shipped("models/finder.tflite"), Classifier.load(shipped("models/digits.tflite")))
    return Watched(finder, finder.memory(moving=True), {3: 3, 8: 8, 5: 5})


@pytest.mark.parametrize("by", [(0, 0), (0.7, -0.6)])
def test_noise_and_a_tremor_are_no_reason_to_read_again(watched: Watched, by: tuple[float, float]) -> None:
    now, anew = watched.follow(page(watched.labels, by, seed=2))
    assert (len(now), anew) == (3, set())


def test_what_moves_on_by_little_steps_is_read_where_it_is(watched: Watched) -> None:
    for step in range(1, 13):
        watched.scored, _ = watched.follow(page(watched.labels, (step, 0), seed=step))
    lefts = {digit.label: digit.box.x for digit in digits_of(watched.scored)}
    watched.scored, _ = watched.follow(page(watched.labels, (12, 0), seed=99))
    assert set(lefts) == {3, 5, 8}
    for label, left in lefts.items():
        inked = np.flatnonzero((page({label: label}, (12, 0))[..., 0] < 130).any(axis=0))
        assert abs(left - inked[0]) <= 4


def test_a_digit_that_changes_in_its_place_is_read_anew(watched: Watched) -> None:
    now, anew = watched.follow(page({3: 3, 8: 8, 5: 6}, seed=3))
    assert anew <= {5, 6}
    assert 5 not in {digit.label for digit in digits_of([one for one in now if one in watched.scored])}


def test_a_digit_that_goes_is_not_kept(watched: Watched) -> None:
    now, _ = watched.follow(page({3: 3, 5: 5}, seed=4))
    assert {digit.label for digit in digits_of(now)} == {3, 5}


def test_digits_at_rest_in_a_region_are_not_read_again() -> None:
    """There each frame moves its candidates into the region and back."""
    finder = Finder.load(shipped("models/finder.tflite"), Classifier.load(shipped("models/digits.tflite")))
    regions = RegionFinder(finder, [Region(Box(40, 60, 560, 380))])
    memory, labels = regions.memory(moving=True), {3: 3, 8: 8, 5: 5}
    known = [one.candidate for one in regions.find(page(labels), memory, Clock()).candidates if not one.reason]
    assert len(known) == 3
    crops: list[list[Image]] = []  # kept, so that no other array gets the place of one of them
    for seed in (1, 2, 3, 4):
        found = regions.follow(page(labels, seed=seed), known, memory, Clock())
        known = [one.candidate for there in found for one in there if not one.reason]
        crops.append([candidate.crop for candidate in known])
    assert len(crops[-1]) == 3
    assert all(now is before for now, before in zip(crops[-1], crops[-2], strict=True))  # none was cut anew


def test_a_part_of_a_pyramid_is_as_that_of_the_whole() -> None:
    image = np.random.default_rng(1).integers(0, 256, (480, 640, 3)).astype(np.uint8)
    tiles = Tiles.around(np.array([[100, 50, 60, 90], [-5, 400, 40, 100], [600, 20, 60, 20]], np.float32))
    parts = tiles.parts((640, 480))
    assert parts is not None
    assert np.array_equal(tiles.tones(Pyramid(image, parts)), tiles.tones(Pyramid(image)))
    assert all(Box(0, 0, 640, 480).intersection(part) == part.area for part in parts)


@pytest.mark.parametrize(("height", "width"), [(480, 640), (481, 643), (5, 1)])
def test_a_level_of_a_pyramid_is_exactly_half_the_one_above(height: int, width: int) -> None:
    image = np.random.default_rng(2).integers(0, 256, (height, width), np.uint8)
    half = Pyramid(image).level(1)
    assert half.shape == (height // 2, max(1, width // 2))
    if width > 1:
        four = image[: height // 2 * 2, : width // 2 * 2].reshape(height // 2, 2, width // 2, 2)
        np.testing.assert_allclose(half, four.mean(axis=(1, 3)), atol=0.51)


@pytest.mark.parametrize("zoom", [1.55, 1.58, 3.1, 3.17])
def test_a_digit_that_grows_a_little_is_still_within_the_parts(zoom: float) -> None:
    """From one frame to the next its tile may come from a smaller level of the pyramid."""
    image = np.random.default_rng(3).integers(0, 256, (480, 640, 3), np.uint8)
    side = zoom * FIT
    box, grown = (np.array([[200, 150, side * growth, side * growth]], np.float32) for growth in (1.0, 1.04))
    parts = Tiles.around(box).parts((640, 480))
    assert parts is not None
    partly = Tiles.around(grown).tones(Pyramid(image, parts))
    np.testing.assert_array_equal(partly, Tiles.around(grown).tones(Pyramid(image)))
