"""Draws what was read over the picture, legible on any ground and at any size."""

from __future__ import annotations

import cv2
import numpy as np

from recognizer.types import Box, Image, Reading

FONT = cv2.FONT_HERSHEY_SIMPLEX
LOST, DIMMED = "camera lost", 3  # what stands on its last picture, which is so many times darker
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
DIGIT, NUMBER = (90, 230, 90), (255, 190, 60)  # BGR


def draw(reading: Reading) -> Image:
    """A copy of the reading's frame with a box and a label with its confidence for every digit.

    Numbers of more than one digit stand under theirs; a status line tells frames a second.

    Returns:
        (H, W, 3) uint8, BGR, of the frame's size.
    """
    image = reading.frame.image
    picture = np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), np.uint8) if image.ndim == 2 else image.copy()
    if reading.frame.lost:
        picture //= DIMMED
    unit = max(0.35, min(picture.shape[:2]) / 900)  # 0.8 at 720 lines
    for digit in reading.digits:
        _outline(picture, digit.box, unit)
        caption = f"{digit.label} {digit.confidence:.0%}"
        _label(picture, caption, digit.box.x, digit.box.y - round(4 * unit), unit * 0.75, DIGIT)
    for number in reading.numbers:
        if len(number.digits) > 1:
            under = number.box.y + number.box.h + round(50 * unit)
            _label(picture, number.text, number.box.x, under, unit, NUMBER)
    if reading.frame.lost:
        _label(picture, LOST, 0, round(40 * unit), unit, WHITE)
    elif not reading.frame.still:
        found = f"{len(reading.numbers)} number{'' if len(reading.numbers) == 1 else 's'}"
        _label(picture, f"{reading.fps:.0f} fps   {found}", 0, round(30 * unit), unit * 0.75, WHITE)
    return picture


def _outline(picture: Image, box: Box, unit: float) -> None:
    thick = max(1, round(2 * unit))
    corners = (box.x - thick, box.y - thick), (box.x + box.w + thick, box.y + box.h + thick)
    cv2.rectangle(picture, *corners, BLACK, 2 * thick + 1)
    cv2.rectangle(picture, *corners, DIGIT, thick)


def _label(picture: Image, text: str, x: int, y: int, scale: float, colour: tuple[int, int, int]) -> None:
    """Coloured text on a black plate whose lower left corner is at x, y, moved into the picture."""
    thick = max(1, round(2 * scale))
    (width, height), base = cv2.getTextSize(text, FONT, scale, thick)
    pad = max(2, round(5 * scale))
    rows, columns = picture.shape[:2]
    x = max(0, min(x, columns - width - 2 * pad))
    y = min(rows, max(y, height + base + 2 * pad))
    cv2.rectangle(picture, (x, y - height - base - 2 * pad), (x + width + 2 * pad, y), BLACK, cv2.FILLED)
    cv2.putText(picture, text, (x + pad, y - base - pad), FONT, scale, colour, thick, cv2.LINE_AA)
