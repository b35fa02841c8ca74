"""Draws what was read over the picture, legible on any ground and at any size."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from recognizer.core.digits import Digit, Number
from recognizer.core.frame import Frame, Image
from recognizer.core.geometry import Box
from recognizer.drawing.settings import SETTINGS

FONT = cv2.FONT_HERSHEY_SIMPLEX
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def draw(
    frame: Frame,
    digits: Sequence[Digit] = (),
    numbers: Sequence[Number] = (),
    fps: float = 0.0,
    width: int | None = None,
    mirror: bool = False,
    notes: Sequence[str] = (),
) -> Image:
    """A copy of a frame's picture with a box and a label with its confidence for every digit.

    Numbers that are more than one digit stand under theirs, or above and instead of their digits' labels where those
    are small; a status line tells frames a second and, of a camera, the frame's age and how many were dropped.

    Args:
        frame: is drawn.
        digits: that were read in it.
        numbers: that they make.
        fps: frames a second that the loop reaches.
        width: of the result in pixels, by default the frame's; its height follows. Lettering is drawn in its pixels.
        mirror: turn the picture's left and right; the lettering stays as it is.
        notes: lines that stand in the middle.

    Returns:
        (H, W, 3) uint8, BGR.
    """
    image = frame.image
    picture = np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), np.uint8) if image.ndim == 2 else image
    if width and width != frame.size[0]:
        from imutils import resize

        picture = np.asarray(resize(picture, width=width), np.uint8)
    columns, rows = picture.shape[1::-1]
    scale = columns / frame.size[0], rows / frame.size[1]
    picture = np.asarray(cv2.flip(picture, 1), np.uint8) if mirror else picture.copy() if picture is image else picture
    if frame.lost:
        picture //= SETTINGS.dimmed

    def place(box: Box) -> Box:
        x, y, w, h = (round(v * scale[k % 2]) for k, v in enumerate(box))
        return Box(columns - x - w if mirror else x, y, w, h)

    unit = _unit(picture)
    boxes = [place(digit.box) for digit in digits]
    captioned: set[int] = set()  # small digits that stand in their number's caption
    for number in numbers:
        if len(number.text) > 1 and all(boxes[index].h <= SETTINGS.small * unit for index in number.digits):
            captioned.update(number.digits)
    for index, (digit, box) in enumerate(zip(digits, boxes, strict=True)):
        _outline(picture, box, unit)
        if index not in captioned:
            caption = f"{digit.label} {digit.confidence:.0%}" if box.h > SETTINGS.small * unit else str(digit.label)
            _label(picture, caption, box.x, box.y - round(4 * unit), unit * 0.75, SETTINGS.digit)
    for number in numbers:
        if len(number.text) > 1:
            box = place(number.box)
            below = box.y - round(4 * unit) if captioned.issuperset(number.digits) else box.y + box.h + round(50 * unit)
            _label(picture, number.text, box.x, below, unit, SETTINGS.number)
    draw_state(picture, frame, len(numbers), fps, notes)
    return picture


def draw_state(picture: Image, frame: Frame, numbers: int, fps: float = 0.0, notes: Sequence[str] = ()) -> None:
    """Write the loop's state, or that the camera is lost, on top of a picture, and the notes in the middle."""
    unit = _unit(picture)
    if frame.lost:
        _label(picture, SETTINGS.lost, 0, round(40 * unit), unit, WHITE)
    elif not frame.still:
        _label(picture, status(frame, numbers, fps), 0, round(30 * unit), unit * 0.75, WHITE)
    step = round(44 * unit)
    top = (picture.shape[0] - step * len(notes)) // 2
    for index, note in enumerate(notes):
        _label(picture, note, round(30 * unit), top + step * (index + 1), unit * 0.75, WHITE)


def _unit(picture: Image) -> float:
    """What lettering and lines are measured in: 0.8 at 720 lines."""
    return max(SETTINGS.least_unit, float(min(picture.shape[:2])) / 900)


def fill(picture: Image, wide: int, high: int) -> Image:
    """A picture with white beside or below it, so that a window of this size doesn't stretch it."""
    rows, columns = picture.shape[:2]
    below, beside = round(columns * high / wide) - rows, round(rows * wide / high) - columns
    filled = cv2.copyMakeBorder(
        picture, 0, max(0, below), 0, max(0, beside), cv2.BORDER_CONSTANT, value=(255, 255, 255))
    return np.asarray(filled, np.uint8)


def status(frame: Frame, numbers: int, fps: float) -> str:
    """The loop's state in a line, such as "30 fps   41 ms old   2 dropped   3 numbers"."""
    parts = [f"{fps:.0f} fps"]
    if frame.live:
        parts += [f"{1000 * frame.age:.0f} ms old", f"{frame.dropped} dropped"]
    return "   ".join([*parts, f"{numbers} number{'' if numbers == 1 else 's'}"])


def _outline(picture: Image, box: Box, unit: float) -> None:
    thick = max(1, round(2 * unit))
    corners = (box.x - thick, box.y - thick), (box.x + box.w + thick, box.y + box.h + thick)
    cv2.rectangle(picture, *corners, BLACK, 2 * thick + 1)
    cv2.rectangle(picture, *corners, SETTINGS.digit, thick)


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
