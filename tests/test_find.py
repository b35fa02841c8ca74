"""Ink is found whatever the light, the polarity and the size; what is no ink isn't."""

import cv2
import numpy as np
import pytest

from fixtures.paths import ink
from fixtures.strokes import STYLES, draw_paths
from recognizer import Recognizer
from recognizer.core.geometry import Box


def page(digits, shape=(480, 640), paper=200, pen=60):
    """A page with digits (label, style, x, y, height, thickness) and where their ink is."""
    rng = np.random.default_rng(3)
    picture, boxes = np.full(shape, float(paper)), []
    for label, style, x, y, height, thickness in digits:
        paths = [p * height + (x, y) for p in draw_paths(label, style, rng, wobble=0)]
        coverage = ink([p.astype(np.float32) for p in paths], shape, thickness, rng)
        picture += (pen - paper) * coverage
        rows, columns = np.nonzero(coverage > 0.5)
        boxes.append(Box(int(columns.min()), int(rows.min()), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1))
    return picture, boxes


def find(image):
    """The candidates of a picture that are digits."""
    return [one.candidate for one in READER.read(image).judged if not one.reason]


def found_at(picture, box):
    """Those whose box lies on this one, to a tenth of its height or two pixels."""
    slack = max(2, box.h // 10)
    return [c for c in find(picture.clip(0, 255).astype(np.uint8)) if max(abs(np.subtract(c.box, box))) <= slack]


READER = Recognizer()
ROW = [(3, "round", 60, 200, 60, 6), (8, "one stroke", 160, 200, 60, 6), (5, "one stroke", 260, 200, 60, 6),
       (1, "hooked", 360, 200, 60, 6), (0, "round", 460, 200, 60, 6)]


@pytest.mark.parametrize("polarity", ["dark on light", "light on dark"])
@pytest.mark.parametrize("light", ["even", "falls off", "shadow"])
def test_every_digit_is_found_in_any_light(polarity, light):
    paper, pen = (200, 60) if polarity == "dark on light" else (60, 190)
    picture, boxes = page(ROW, paper=paper, pen=pen)
    x = np.linspace(0, 1, picture.shape[1])
    shadow = 1 - 0.5 / (1 + np.exp(40 * (0.4 - x)))
    picture *= {"even": np.ones_like(x), "falls off": 1 - 0.7 * x, "shadow": shadow}[light]
    for box in boxes:
        candidates = found_at(picture, box)
        assert candidates
        assert (candidates[0].ink.contrast > 0) == (polarity == "dark on light")


@pytest.mark.parametrize("slope", [0.02, 0.3, -0.3])
def test_a_shadow_s_edge_may_go_through_digits(slope):
    """Of half of the light; a bare 1 there is lost."""
    picture, _ = page(ROW)
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]]
    picture[y > 225 + slope * (x - 300)] *= 0.5
    reading = READER.read(cv2.GaussianBlur(picture, (0, 0), 1).clip(0, 255).astype(np.uint8))
    assert {digit.label for digit in reading.digits} >= {3, 8, 5, 0}


@pytest.mark.parametrize(("height", "thickness"), [(14, 2), (40, 2), (40, 5), (150, 4), (150, 20), (400, 50)])
def test_every_size_and_pen_is_found(height, thickness):
    picture, (box,) = page([(2, "plain", 150, 40, height, thickness)])
    assert found_at(picture, box)


def test_boxes_count_in_pixels_of_a_large_picture():
    picture, (box,) = page([(4, "closed", 1500, 900, 300, 30)], shape=(2000, 3000))
    assert found_at(picture, box)


def test_a_broken_stroke_is_also_joined():
    picture, (box,) = page([(5, "one stroke", 200, 200, 80, 7)])
    picture[236:239, 190:260] = 200  # as a skipping pen leaves it
    assert found_at(picture, box)


@pytest.mark.parametrize("strength", [0, 3, 10])
def test_an_empty_page_has_no_candidate(strength):
    noise = np.random.default_rng(0).normal(0, strength, (480, 640))
    shade = np.linspace(80, 230, 640)
    assert not find((shade + noise).clip(0, 255).astype(np.uint8))


def test_a_digit_cut_by_the_border_is_left_out():
    picture, _ = page([(8, "one stroke", 100, 100, 80, 8)])
    assert not find(picture[:140].clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (9, 9), (30, 11), (500, 1)])
def test_tiny_pictures_have_nothing_and_do_no_harm(shape):
    assert find(np.full(shape, 7, np.uint8)) == []


def test_colour_and_grey_give_the_same_boxes():
    picture, _ = page(ROW)
    grey = picture.clip(0, 255).astype(np.uint8)
    assert [c.box for c in find(grey)] == [c.box for c in find(np.dstack([grey] * 3))]


@pytest.mark.parametrize("glow", [0, 2, 4])
def test_bright_strokes_on_black_are_as_wide_as_they_are(glow):
    """A screen in the dark: the glow around its strokes is no ink, though many times brighter than black."""
    picture, (box,) = page([(8, "one stroke", 300, 200, 90, 9)], paper=0, pen=250)
    if glow:
        picture = cv2.GaussianBlur(picture, (0, 0), glow)
    candidates = found_at(picture, box)
    assert candidates
    assert candidates[0].ink.contrast < 0


@pytest.mark.parametrize("label", [0, 3, 5, 8, 9])
@pytest.mark.parametrize(("paper", "pen"), [(0, 255), (255, 0)])
def test_a_bold_digit_that_fills_its_picture_is_found(label, paper, pen):
    """As on a canvas to draw on: of a stroke's neighbourhood so much is ink that only a wide look finds the ground."""
    style = next(iter(STYLES[label]))
    picture, (box,) = page([(label, style, 80, 50, 180, 20)], shape=(280, 280), paper=paper, pen=pen)
    assert any((c.ink.contrast > 0) == (paper > pen) for c in found_at(picture, box))


def test_small_digits_between_lines_are_read():
    """17 pixels high, 3 from the lines of a table, seen a little out of focus."""
    styles = [(3, "round"), (8, "one stroke"), (5, "one stroke"), (2, "plain")]
    places = [(label, style, 92 + 96 * column, 82 + 96 * row, 60, 6) for column in range(9)
              for row, (label, style) in enumerate(styles)]
    picture, boxes = page(places, shape=(640, 1280))
    for column in range(64, 929, 96):
        cv2.line(picture, (column, 64), (column, 448), 120, 4)
    for row in range(64, 449, 96):
        cv2.line(picture, (64, row), (928, row), 120, 4)
    small = cv2.GaussianBlur(cv2.resize(picture, (320, 160), interpolation=cv2.INTER_AREA), (0, 0), 0.8)
    read = [(d.label, round(d.box.centre[0] / 24), round(d.box.centre[1] / 24))
            for d in READER.read(small.clip(0, 255).astype(np.uint8)).digits]
    written = [(label, round(box.centre[0] / 96), round(box.centre[1] / 96))
               for (label, *_), box in zip(places, boxes, strict=True)]
    assert set(read) <= set(written)
    assert len(set(read)) >= len(written) / 2
