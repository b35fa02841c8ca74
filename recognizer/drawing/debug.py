"""Draws what the program sees: the cleaned picture, all candidates and their fate, the crops that the network gets."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from recognizer.classification.classifier import NO_DIGIT
from recognizer.classification.preprocess import SIZE
from recognizer.core.frame import Image
from recognizer.detection.by_rules.ground import PAPER
from recognizer.detection.by_rules.views import Greys, Views
from recognizer.detection.candidate import Judged

WIDTH = 640  # pixels that the view is wide at least
CELL, ROWS = (68, 106), 2  # of the strip: width and height of a crop with its labels, and how many rows there are
FONT, LETTERS = cv2.FONT_HERSHEY_SIMPLEX, 0.36
DIGIT, ASKED, REFUSED, GREY = (40, 130, 0), (0, 90, 220), (140, 130, 120), (60, 60, 60)  # BGR
WHITE = 225  # what the ground is shown as


def draw(image: Image, judged: Sequence[Judged]) -> Image:
    """What the program made of a picture, (H, W, 3) or (H, W) uint8, and of all candidates in it.

    Digits stand in green with their label. What the network saw and refused is orange, what it never saw grey, each
    with the reason. The strip below has the crops, digits first, then the likeliest, each with its three likeliest
    labels; x is "no digit".

    Returns:
        (H, W, 3) uint8, BGR; as wide as the frame or wider, and higher by the strip.
    """
    views = Views(Greys(image))
    flat = views.flat(views.looks[0])
    height, width = image.shape[:2]
    grow = max(1.0, WIDTH / width)
    size = max(WIDTH, width), round(height * grow)
    cleaned = cv2.convertScaleAbs(cv2.resize(flat, size, interpolation=cv2.INTER_LINEAR), alpha=WHITE / PAPER)
    picture = np.asarray(cv2.cvtColor(cleaned, cv2.COLOR_GRAY2BGR), np.uint8)
    for one in sorted(judged, key=lambda j: not j.reason):  # digits last, over the others
        _outline(picture, one, grow)
    return np.vstack([picture, _strip(judged, size[0])])


def caption(judged: Judged) -> str:
    """What became of a candidate, in a word: its label, or why it has none."""
    if judged.probabilities is None:
        return judged.reason
    best = int(judged.probabilities.argmax())
    return f"{judged.reason or _name(best)} {judged.probabilities[best]:.2f}"


def _outline(picture: Image, judged: Judged, grow: float) -> None:
    x, y, w, h = (round(v * grow) for v in judged.candidate.box)
    colour = DIGIT if not judged.reason else ASKED if judged.probabilities is not None else REFUSED
    cv2.rectangle(picture, (x - 1, y - 1), (x + w, y + h), colour, 1 if judged.reason else 2)
    letters = LETTERS * max(1.0, picture.shape[1] / 1200)
    cv2.putText(picture, caption(judged), (x, max(9, y - 4)), FONT, letters, colour, 1, cv2.LINE_AA)


def _strip(judged: Sequence[Judged], width: int) -> Image:
    """The crops of the likeliest candidates, as many as there is room for."""
    asked = [(j, j.probabilities) for j in judged if j.probabilities is not None]
    asked.sort(key=lambda pair: (bool(pair[0].reason), -float(pair[1][:NO_DIGIT].max())))
    wide, high = CELL
    strip = np.full((ROWS * high, width, 3), 255, np.uint8)
    columns = width // wide
    for place, (one, probabilities) in enumerate(asked[: ROWS * columns]):
        x, y = place % columns * wide + 4, place // columns * high + 4
        crop = np.kron(one.candidate.crop, np.ones((2, 2), np.uint8))
        strip[y : y + 2 * SIZE, x : x + 2 * SIZE] = crop[:, :, None]
        for line, label in enumerate(np.argsort(-probabilities)[:3]):
            text = f"{_name(int(label))} {probabilities[label]:.3f}"
            below = y + 2 * SIZE + 13 * (line + 1)
            cv2.putText(strip, text, (x, below), FONT, LETTERS, GREY if one.reason else DIGIT, 1, cv2.LINE_AA)
    return strip


def _name(label: int) -> str:
    return "x" if label == NO_DIGIT else str(label)
