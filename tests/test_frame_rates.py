"""At any number of frames a second each number is told once, soon; a sheet that changes in place is told anew."""

from collections.abc import Iterator

import numpy as np
import pytest

from fixtures.paths import ink
from fixtures.strokes import STYLES, draw_paths
from recognizer import Recognizer
from recognizer.core.digits import Digit
from recognizer.core.frame import Frame, Image
from recognizer.core.geometry import Box
from recognizer.sources.base import Source
from recognizer.tracking.tracker import Tracker

SHAPE = 240, 420
SHEETS = "2048", "9351", "76"
SECONDS = 2.2  # for which each is seen
SIZE = SHAPE[::-1]


class Film(Source):
    """The sheets one after the other, each for some seconds, at so many frames a second."""

    def __init__(self, fps: float) -> None:
        self.fps = fps

    def __iter__(self) -> Iterator[Frame]:
        rng = np.random.default_rng(0)
        for index in range(round(SECONDS * len(SHEETS) * self.fps)):
            time = index / self.fps
            picture = sheet(SHEETS[min(len(SHEETS) - 1, int(time / SECONDS))]) + rng.normal(0, 3, SHAPE)
            yield Frame(picture.clip(0, 255).astype(np.uint8), index, time, "film", still=False)

    def __enter__(self) -> "Film":
        return self

    def __exit__(self, *_: object) -> None:
        return None


def sheet(text: str) -> Image:
    picture = np.full(SHAPE, 205.0)
    for place, digit in enumerate(map(int, text)):
        corner = np.float32([60 + 70 * place, 80])
        paths = [path * 70 + corner for path in draw_paths(digit, next(iter(STYLES[digit])),
                                                                np.random.default_rng(1), 0)]
        picture -= 150 * ink(paths, SHAPE, 7, np.random.default_rng(1))
    return picture


@pytest.mark.parametrize(("fps", "every"), [(1, 1), (2, 1), (5, 1), (25, 25), (30, 1), (60, 1), (120, 1)])
def test_each_sheet_is_told_once_and_soon_at_any_rate(fps: float, every: int) -> None:
    told = [(number.text, reading.frame.time) for reading in Recognizer().watch(Film(fps), every)
            for number in reading.steady]
    assert [text for text, _ in told] == list(SHEETS)
    for place, (_, time) in enumerate(told):
        begins = SECONDS * place
        second_look = begins + 2 * every / fps
        assert time <= max(begins + 1.0, second_look)


def read(label: int) -> Digit:
    return Digit(label, 0.99, Box(50, 50, 40, 60), ((label, 0.99),), seen=(label, 0.99))


@pytest.mark.parametrize("fps", [1, 5, 10])
def test_two_looks_that_are_certain_change_a_label_at_once(fps: float) -> None:
    tracker = Tracker()
    for frame in range(20):
        tracker.update([read(3)], SIZE, frame / fps)
    labels = [tracker.update([read(8)], SIZE, (20 + frame) / fps)[0].label for frame in range(2)]
    assert labels[-1] == 8


def test_what_left_is_gone_within_half_a_second_however_few_the_frames() -> None:
    for fps, frames in ((1, 0), (5, 2), (30, 3), (120, 3)):
        tracker = Tracker()
        for frame in range(20):
            tracker.update([read(3)], SIZE, frame / fps)
        shown = [bool(tracker.update([], SIZE, (20 + frame) / fps)) for frame in range(20)]
        assert sum(shown) == frames, fps
        assert shown == sorted(shown, reverse=True)


@pytest.mark.parametrize(("fps", "confidence", "shown"), [(1, 0.99, 1), (5, 0.99, 1), (5, 0.7, 2), (30, 0.99, 2)])
def test_where_frames_are_far_apart_what_is_certain_is_shown_at_once(fps: float, confidence: float, shown: int) -> None:
    tracker = Tracker()
    for frame in range(3):
        tracker.update([], SIZE, frame / fps)
    seen = Digit(4, confidence, Box(50, 50, 40, 60), ((4, confidence),), seen=(4, confidence))
    frames = [bool(tracker.update([seen], SIZE, (3 + frame) / fps)) for frame in range(3)]
    assert frames.index(True) + 1 == shown
