"""The labelled picture: boxes where the digits are, also mirrored and at another size; notebooks show it."""

import time
from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from recognizer import Box, Digit, Frame, Number, Reading
from recognizer.core.frame import Image
from recognizer.drawing import overlay
from recognizer.drawing.overlay import fill, status
from recognizer.drawing.settings import SETTINGS

BOX = Box(40, 60, 30, 50)


def reading(**kinds: object) -> Reading:
    image = np.full((240, 320, 3), 128, np.uint8)
    frame = Frame(image, still=False, **kinds)
    return Reading(frame, (Digit(7, 0.98, BOX),), (Number("7", 0.98, BOX, (0,)),), fps=25)


def draw(read: Reading, width: int | None = None, mirror: bool = False, notes: Sequence[str] = ()) -> Image:
    return overlay.draw(read.frame, read.digits, read.numbers, read.fps, width, mirror, notes)


def outlined(picture: np.ndarray) -> Box:
    """Around what is drawn in the digits' colour below the captions' height."""
    drawn = (picture == SETTINGS.digit).all(axis=2).astype(np.uint8)
    return Box(*cv2.boundingRect(drawn))


@pytest.mark.parametrize("scale", [1, 2, 12])
@pytest.mark.parametrize("mirror", [False, True])
def test_boxes_are_drawn_around_their_digits(scale: int, mirror: bool) -> None:
    picture = draw(reading(), 320 * scale, mirror)
    assert picture.shape == (240 * scale, 320 * scale, 3)
    left = 320 - BOX.x - BOX.w if mirror else BOX.x
    true = Box(left * scale, BOX.y * scale, BOX.w * scale, BOX.h * scale)
    box = outlined(picture[: true.y + true.h + 20 * scale])
    assert box.intersection(true) == true.area
    assert abs(box.y + box.h - true.y - true.h) <= 4 * scale


def test_drawing_leaves_the_frame_as_it_was() -> None:
    one = reading()
    one.draw()
    draw(one, mirror=True, notes=["paused"])
    assert (one.frame.image == 128).all()


@pytest.mark.parametrize("width", [320, 3840])
def test_lettering_is_legible_on_small_and_large_screens(width: int) -> None:
    high = width * 3 // 4
    white = (draw(reading(), width)[: high // 5] > 200).all(axis=2)  # the status line
    rows = np.flatnonzero(white.any(axis=1))
    assert np.ptp(rows) >= max(7, high // 100)


def test_a_number_of_small_digits_stands_above_them_and_covers_none() -> None:
    boxes = [Box(100 + 30 * place, 100, 20, 30) for place in range(3)]
    number = Number("123", 0.9, Box(100, 100, 80, 30), (0, 1, 2))
    frame = Frame(np.full((240, 320, 3), 128, np.uint8))
    picture = draw(Reading(frame, tuple(Digit(1, 0.9, box) for box in boxes), (number,)))
    for x, y, w, h in boxes:
        assert (picture[y + 2 : y + h - 2, x + 2 : x + w - 2] == 128).all()
    assert np.flatnonzero((picture == SETTINGS.number).all(axis=2).any(axis=1)).max() < 100
    assert outlined(picture).y >= 95  # the digits have no captions of their own


@pytest.mark.parametrize(("wide", "high"), [(1280, 720), (300, 900), (1, 1)])
def test_a_picture_fills_a_window_of_other_proportions_unstretched(wide: int, high: int) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (200, 300, 3), np.uint8)
    filled = fill(picture, wide, high)
    assert filled.shape[1] / filled.shape[0] == pytest.approx(wide / high, rel=0.01)
    np.testing.assert_array_equal(filled[:200, :300], picture)
    assert (filled[200:] == 255).all()
    assert (filled[:, 300:] == 255).all()


def test_the_status_tells_a_cameras_age_and_dropped_frames() -> None:
    live = reading(live=True, captured=time.monotonic() - 0.5, dropped=12)
    fps, age, dropped, numbers = status(live.frame, 1, live.fps).split("   ")
    assert (fps, dropped, numbers) == ("25 fps", "12 dropped", "1 number")
    assert int(age.removesuffix(" ms old")) >= 500
    assert status(reading().frame, 1, 25) == "25 fps   1 number"


def test_a_notebook_shows_the_labelled_picture() -> None:
    one = reading()
    shown = cv2.imdecode(np.frombuffer(one._repr_jpeg_(), np.uint8), cv2.IMREAD_COLOR)
    assert np.abs(shown.astype(int) - one.draw()).mean() < 3
