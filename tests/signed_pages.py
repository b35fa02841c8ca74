"""Lines with signs that are no digits, in six hands."""

import cv2
import numpy as np
from numpy.typing import NDArray

from fixtures.paths import ink
from fixtures.strokes import STYLES, draw_paths

SHAPE = 260, 900
HANDS = ((0, 0.0, 9), (1, 0.0, 9), (0, 0.15, 7), (1, 0.1, 11), (2, 0.2, 8), (2, -0.08, 6))  # style, slant, pen
_turn = np.linspace(0, 2 * np.pi, 40)


def _line(*points: tuple[float, float]) -> NDArray[np.float32]:
    """Straight from point to point, in heights: x from the left, y from the top of a digit down."""
    at = np.linspace(0, len(points) - 1, 16 * (len(points) - 1) + 1)
    corners = np.float32(points)
    return np.stack([np.interp(at, np.arange(len(points)), side) for side in corners.T], 1).astype(np.float32)


def _ring(x: float, y: float, radius: float) -> NDArray[np.float32]:
    return np.stack([x + radius * np.cos(_turn), y + radius * np.sin(_turn)], 1).astype(np.float32)


def _arc(left: float, bow: float) -> NDArray[np.float32]:
    y = np.linspace(-0.12, 1.12, 30)
    return np.stack([left + bow * (1 - ((y - 0.5) / 0.62) ** 2), y], 1).astype(np.float32)


_S = _line((0.5, 0.15), (0.3, 0.05), (0.08, 0.15), (0.1, 0.4), (0.42, 0.58), (0.48, 0.85), (0.25, 0.97), (0, 0.85))
SIGNS = {
    "/": [_line((0.42, -0.1), (0, 1.1))],
    ":": [_ring(0.05, 0.3, 0.03), _ring(0.05, 0.72, 0.03)],
    "%": [_line((0.52, 0), (0.1, 1)), _ring(0.12, 0.16, 0.1), _ring(0.56, 0.84, 0.1)],
    "(": [_arc(0.22, -0.2)],
    ")": [_arc(0, 0.2)],
    "$": [_S, _line((0.27, -0.14), (0.23, 1.14))],
    "€": [_line((0.55, 0.12), (0.35, 0.02), (0.15, 0.2), (0.1, 0.5), (0.15, 0.8), (0.35, 0.98), (0.55, 0.88)),
          _line((-0.02, 0.42), (0.42, 0.42)), _line((-0.02, 0.6), (0.4, 0.6))],
    "£": [_line((0.55, 0.12), (0.42, 0.02), (0.25, 0.08), (0.2, 0.3), (0.24, 0.6), (0.18, 0.85), (0.02, 1), (0.3, 0.95),
                (0.58, 0.98)), _line((0.04, 0.52), (0.42, 0.52))],
    "S": [_S],
    "E": [_line((0.5, 0), (0, 0), (0, 1), (0.5, 1)), _line((0, 0.5), (0.4, 0.5))],
    "Z": [_line((0, 0), (0.5, 0), (0, 1), (0.5, 1))],
    ".": [_ring(0.03, 0.97, 0.02)],
}


def page(text: str, hand: int, height: int = 70, dark: bool = True) -> NDArray[np.uint8]:
    """A line of text on a page, (260, 900, 3) uint8, BGR."""
    style, slant, pen = HANDS[hand]
    rng = np.random.default_rng(hand)
    covered, x = np.zeros(SHAPE, np.float32), 55.0
    for character in text:
        if character == " ":
            x += 1.3 * height
            continue
        if character.isdigit():
            styles = list(STYLES[int(character)])
            paths = draw_paths(int(character), styles[style % len(styles)], rng, 0.012)
        else:
            paths = SIGNS[character]
        paths = [np.stack([p[:, 0] + slant * (1 - p[:, 1]), p[:, 1]], 1) for p in paths]
        left = min(p[:, 0].min() for p in paths)
        placed = [(p - np.float32([left, 0])) * height + np.float32([x, 90]) for p in paths]
        covered = np.maximum(covered, ink([p.astype(np.float32) for p in placed], SHAPE, pen, rng))
        x = max(p[:, 0].max() for p in placed) + rng.uniform(0.24, 0.34) * height
    paper, tone = (235, 40) if dark else (40, 235)
    picture = paper + cv2.GaussianBlur(covered, (0, 0), 0.8) * (tone - paper) + rng.normal(0, 3, SHAPE)
    return np.repeat(picture.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)
