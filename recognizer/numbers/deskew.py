"""Turns digits upright whose lines are tilted: a 7 that leans by 20 degrees is taken for a 1."""

from __future__ import annotations

from math import atan, degrees

import cv2
import numpy as np

from recognizer.classification.preprocess import normalise
from recognizer.core.digits import Digit
from recognizer.core.frame import Image
from recognizer.numbers.layout import find_lines
from recognizer.numbers.settings import SETTINGS


def tilt_of(digits: list[Digit]) -> float:
    """By how many pixels the lines of digits go down for each to the right; 0 where they are nearly level."""
    lines = find_lines(digits)
    pairs = sum(before is not None for before in lines.before)
    return lines.tilt if pairs >= SETTINGS.telling_pairs and abs(lines.tilt) >= SETTINGS.least_tilt else 0.0


def upright(mask: Image, tilt: float) -> Image:
    """The crop (28, 28) that a mask (h, w), 0 or 255, of a digit on a line of this tilt has on a level one."""
    return normalise(_turned(mask, tilt))


def _turned(mask: Image, tilt: float) -> Image:
    """A mask, 0 or 255, turned by a line's tilt, enlarged if it is small."""
    rows, columns = mask.shape
    scale = max(1.0, SETTINGS.turned_height / rows)
    side = round(scale * np.hypot(rows, columns)) + 2
    turn = cv2.getRotationMatrix2D((columns / 2 - 0.5, rows / 2 - 0.5), degrees(atan(tilt)), scale)
    turn[:, 2] += side / 2 - np.array([columns, rows]) / 2
    grey = cv2.warpAffine(mask, turn, (side, side), flags=cv2.INTER_LINEAR)
    return np.asarray(cv2.threshold(grey, 127, 255, cv2.THRESH_BINARY)[1], np.uint8)
