"""Draws what the program sees: the ink, all candidates and their fate, the crops that the network gets."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from recognizer.classification.classifier import NO_DIGIT
from recognizer.classification.preprocess import CROP_SIDE
from recognizer.core.frame import Image
from recognizer.detection.candidate import ScoredCandidate
from recognizer.drawing.settings import SETTINGS

FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw(seen: Image, size: tuple[int, int], candidates: Sequence[ScoredCandidate]) -> Image:
    """A picture as the finder looked at it, and what became of all candidates.

    Digits stand in green with their label, what was refused in orange with the reason. The strip below has the crops,
    digits first, then the likeliest, each with its three likeliest labels; x is "no digit".

    Args:
        seen: (h, w) or (h, w, 3) uint8, BGR, the whole frame at any scale.
        size: width and height of the frame in pixels.
        candidates: of the frame.

    Returns:
        (H, W, 3) uint8, BGR; as wide as the frame or wider, and higher by the strip.
    """
    grow = max(1.0, SETTINGS.least_width / size[0])
    wide, high = max(SETTINGS.least_width, size[0]), round(size[1] * grow)
    picture = np.asarray(cv2.resize(seen, (wide, high), interpolation=cv2.INTER_LINEAR), np.uint8)
    picture = np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR), np.uint8) if picture.ndim == 2 else picture
    for one in sorted(candidates, key=lambda j: not j.reason):  # digits last, over the others
        _outline(picture, one, grow)
    return np.vstack([picture, _strip(candidates, wide)])


def caption(scored: ScoredCandidate) -> str:
    """What became of a candidate, in a word: its label, or why it has none."""
    best = int(scored.probabilities.argmax())
    return f"{scored.reason or _name(best)} {scored.probabilities[best]:.2f}"


def _outline(picture: Image, scored: ScoredCandidate, grow: float) -> None:
    x, y, w, h = (round(v * grow) for v in scored.candidate.box)
    colour = SETTINGS.refused if scored.reason else SETTINGS.read
    cv2.rectangle(picture, (x - 1, y - 1), (x + w, y + h), colour, 1 if scored.reason else 2)
    letters = SETTINGS.letters * max(1.0, picture.shape[1] / 1200)
    cv2.putText(picture, caption(scored), (x, max(9, y - 4)), FONT, letters, colour, 1, cv2.LINE_AA)


def _strip(candidates: Sequence[ScoredCandidate], width: int) -> Image:
    """The crops of the likeliest candidates, as many as there is room for."""
    from imutils import build_montages

    ordered = sorted(candidates, key=lambda one: (bool(one.reason), -float(one.probabilities[:NO_DIGIT].max())))
    wide, high = SETTINGS.cell
    columns = width // wide
    cells = [_cell(one) for one in ordered[: SETTINGS.rows * columns]]
    empty = np.full((high, wide, 3), 255, np.uint8)
    (montage,) = build_montages(cells + [empty] * (SETTINGS.rows * columns - len(cells)), SETTINGS.cell,
                                (columns, SETTINGS.rows))
    beside = width - montage.shape[1]
    return np.asarray(cv2.copyMakeBorder(montage, 0, 0, 0, beside, cv2.BORDER_CONSTANT, value=(255,) * 3), np.uint8)


def _cell(scored: ScoredCandidate) -> Image:
    """A crop, twice as large, over its three likeliest labels."""
    wide, high = SETTINGS.cell
    cell = np.full((high, wide, 3), 255, np.uint8)
    crop = np.kron(scored.candidate.crop, np.ones((2, 2), np.uint8))
    cell[4 : 4 + 2 * CROP_SIDE, 4 : 4 + 2 * CROP_SIDE] = crop[:, :, None]
    colour = SETTINGS.grey if scored.reason else SETTINGS.read
    for line, label in enumerate(np.argsort(-scored.probabilities)[:3]):
        text = f"{_name(int(label))} {scored.probabilities[label]:.3f}"
        below = 4 + 2 * CROP_SIDE + 13 * (line + 1)
        cv2.putText(cell, text, (4, below), FONT, SETTINGS.letters, colour, 1, cv2.LINE_AA)
    return cell


def _name(label: int) -> str:
    return "x" if label == NO_DIGIT else str(label)
