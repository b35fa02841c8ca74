"""Points, commas and minus signs are found beside digits, on lines of any tilt, and noise is none of them."""

import cv2
import numpy as np
import pytest

from fixtures.paths import ink, smooth
from fixtures.pen import MARKS
from fixtures.strokes import STYLES, draw_paths
from recognizer.core.digits import Digit
from recognizer.core.frame import Image
from recognizer.core.geometry import Box
from recognizer.numbers.grouping import read_numbers
from recognizer.numbers.punctuation import mark

SHAPE = 500, 900  # rows, columns of a page
HEIGHT = 60  # of a digit, in pixels
GAP = 0.3  # between characters, in heights; a space is more than digits of one number leave


def page(text: str, tilt: float = 0, dark: bool = True, height: int = HEIGHT) -> tuple[Image, list[Digit]]:
    """A line of text on a grey page, turned by `tilt` degrees, and its digits as a perfect reader has them."""
    rng = np.random.default_rng(3)
    turn = cv2.getRotationMatrix2D((SHAPE[1] / 2, SHAPE[0] / 2), -tilt, 1)
    covered, digits, x = np.zeros(SHAPE, np.float32), [], 0.0
    glyphs = []
    for character in text:
        if character.isdigit():
            paths = draw_paths(int(character), list(STYLES[int(character)])[-1], rng, wobble=0.01)
        elif character in MARKS:
            paths = [smooth(MARKS[character] + np.float32([0, 1]))]
        else:
            x += 1.2
            continue
        points = np.vstack(paths)
        glyphs.append((character, [path + np.float32([x - points[:, 0].min(), 0]) for path in paths]))
        x += float(np.ptp(points[:, 0])) + GAP
    for character, paths in glyphs:
        middle = np.float32([SHAPE[1] / 2 - x * height / 2, SHAPE[0] / 2 - height / 2])
        layer = cv2.warpAffine(ink([path * height + middle for path in paths], SHAPE, height / 12, rng), turn,
                               SHAPE[::-1])
        covered = np.maximum(covered, layer)
        if character.isdigit():
            box = Box(*cv2.boundingRect((layer > 0.5).astype(np.uint8)))
            digits.append(Digit(int(character), 0.99, box, ((int(character), 0.99),)))
    paper, pen = (235, 40) if dark else (40, 235)
    picture = paper + covered * (pen - paper) + rng.normal(0, 3, SHAPE)
    return picture.clip(0, 255).astype(np.uint8), digits


def texts(image: Image, digits: list[Digit]) -> list[str]:
    return [number.text for number in read_numbers(mark(image, digits))[1]]


@pytest.mark.parametrize("tilt", [-30, -15, 0, 15, 30])
@pytest.mark.parametrize("text", ["3.14", "-7", "-20.5", "0,75", "12", "12.3.2026"])
def test_marks_are_read_on_tilted_lines(text: str, tilt: int) -> None:
    assert texts(*page(text, tilt)) == [text]


@pytest.mark.parametrize("height", [20, 40, 90])
@pytest.mark.parametrize("dark", [True, False])
def test_marks_are_read_at_every_size_dark_on_light_and_light_on_dark(height: int, dark: bool) -> None:
    assert texts(*page("-3.5", dark=dark, height=height)) == ["-3.5"]


@pytest.mark.parametrize(("text", "numbers"), [("12-34", ["12", "34"]), ("8 -5", ["8", "-5"]), (".5", ["5"])])
def test_a_hyphen_is_no_minus_and_a_point_needs_a_digit_before_it(text: str, numbers: list[str]) -> None:
    assert texts(*page(text)) == numbers


def test_a_comma_that_was_taken_for_a_1_is_a_comma() -> None:
    image, digits = page("0,75")
    left, right = digits[0].box.x + digits[0].box.w + 1, digits[1].box.x - 1
    comma = Box(*cv2.boundingRect((image[:, left:right] < 128).astype(np.uint8)))
    mistaken = Digit(1, 0.9, comma._replace(x=comma.x + left), ((1, 0.9),))
    assert texts(image, [*digits, mistaken]) == ["0,75"]


def test_two_dots_are_a_colon_and_no_point() -> None:
    image, digits = page("3.14")
    (x, y), base = digits[0].box.centre, digits[0].box.y + HEIGHT
    gap = round((digits[0].box.x + digits[0].box.w + digits[1].box.x) / 2)
    cv2.circle(image, (gap, round(y - 10)), 3, 40, cv2.FILLED)
    assert x < gap < digits[1].box.x
    assert base < SHAPE[0]
    assert "3.14" not in texts(image, digits)


def test_a_ruled_line_is_no_minus() -> None:
    image, digits = page("72")
    cv2.line(image, (0, SHAPE[0] // 2), (digits[0].box.x - 8, SHAPE[0] // 2), 40, 4)
    assert texts(image, digits) == ["72"]


def test_noise_and_stains_beside_digits_are_no_marks() -> None:
    rng = np.random.default_rng(1)
    image, digits = page("58")
    for _ in range(200):
        x, y = rng.integers(0, SHAPE[1]), rng.integers(150, 350)
        if not any(b.x - 4 <= x <= b.x + b.w + 4 for b in (d.box for d in digits)):
            cv2.circle(image, (int(x), int(y)), 2, 60, cv2.FILLED)
    assert texts(image, digits) == ["58"]
