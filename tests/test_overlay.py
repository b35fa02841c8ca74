"""The labelled picture: boxes where the digits are, also mirrored and at another size; notebooks show it."""

import time

import cv2
import numpy as np
import pytest

from recognizer import Box, Digit, Frame, Number, Reading
from recognizer.overlay import DIGIT, draw, status

BOX = Box(40, 60, 30, 50)


def reading(**kinds: object) -> Reading:
    image = np.full((240, 320, 3), 128, np.uint8)
    frame = Frame(image, still=False, **kinds)
    return Reading(frame, (Digit(7, 0.98, BOX),), (Number("7", 0.98, BOX, (0,)),), fps=25)


def outlined(picture: np.ndarray) -> Box:
    """Around what is drawn in the digits' colour below the captions' height."""
    drawn = (picture == DIGIT).all(axis=2).astype(np.uint8)
    return Box(*cv2.boundingRect(drawn))


@pytest.mark.parametrize("scale", [1, 2, 12])
@pytest.mark.parametrize("mirror", [False, True])
def test_boxes_are_drawn_around_their_digits(scale: int, mirror: bool) -> None:
    picture = draw(reading(), (320 * scale, 240 * scale), mirror)
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


@pytest.mark.parametrize("size", [(320, 240), (3840, 2160)])
def test_lettering_is_legible_on_small_and_large_screens(size: tuple[int, int]) -> None:
    white = (draw(reading(), size)[: size[1] // 5] > 200).all(axis=2)  # the status line
    rows = np.flatnonzero(white.any(axis=1))
    assert np.ptp(rows) >= max(7, size[1] // 100)


def test_the_status_tells_a_cameras_age_and_dropped_frames() -> None:
    live = reading(live=True, captured=time.monotonic() - 0.5, dropped=12)
    fps, age, dropped, numbers = status(live).split("   ")
    assert (fps, dropped, numbers) == ("25 fps", "12 dropped", "1 number")
    assert int(age.removesuffix(" ms old")) >= 500
    assert status(reading()) == "25 fps   1 number"


def test_a_notebook_shows_the_labelled_picture() -> None:
    one = reading()
    shown = cv2.imdecode(np.frombuffer(one._repr_jpeg_(), np.uint8), cv2.IMREAD_COLOR)
    assert np.abs(shown.astype(int) - one.draw()).mean() < 3
