"""Things that a camera finds on a desk and that are no digits, made by the program itself.

Left out is what is also a digit: O, l, I, a bare slash, and letters such as S, Z, b, g and q that a hand
writes like 5, 2, 6, 9; only the line that they stand in tells those.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from fixtures.paths import smooth
from train.augment.fonts import SIDE, Picture, printed

LETTERS = "ACEFGHJKLMNPQRTUVWXYacdefhkmnprtuvwxyBD"
SIGNS = "?!&%#@*+=<>[]{}:;.,\"^~$()"
STEEP = 0.7  # rise over run of a line from which on it could be a slanted 1
SLIM = 0.35  # width over length, likewise


def no_digit(digits: Picture, rng: np.random.Generator) -> Picture:
    """Draw one thing that is no digit.

    Args:
        digits: (N, 28, 28) uint8, MNIST pictures to make pieces and pairs from.
        rng: where chance comes from.

    Returns:
        (H, W) uint8, bright ink on black.
    """
    kinds: list[tuple[float, Callable[[], Picture]]] = [
        (0.22, lambda: _text(rng)),
        (0.14, lambda: no_stroke(_scribble, rng)),
        (0.10, lambda: no_stroke(_lines, rng)),
        (0.10, lambda: no_stroke(_blob, rng)),
        (0.05, lambda: _finger(rng)),
        (0.12, lambda: no_stroke(_texture, rng)),
        (0.10, lambda: no_stroke(_frame, rng)),
        (0.08, lambda: _piece(digits, rng)),
        (0.12, lambda: _pair(digits, rng)),
    ]
    shares = np.array([share for share, _ in kinds])
    return kinds[rng.choice(len(kinds), p=shares / shares.sum())][1]()


def no_stroke(draw: Callable[[np.random.Generator], Picture], rng: np.random.Generator) -> Picture:
    """Draw until it is no bare steep stroke: that would be a 1."""
    while _is_stroke(picture := draw(rng)):
        pass
    return picture


def _is_stroke(picture: Picture) -> bool:
    points = cv2.findNonZero(picture)
    if points is None:
        return True
    corners = cv2.boxPoints(cv2.minAreaRect(points))
    short, long = sorted((corners[1] - corners[0], corners[2] - corners[1]), key=lambda side: float(np.hypot(*side)))
    return bool(np.hypot(*short) < SLIM * np.hypot(*long) and abs(long[1]) > STEEP * abs(long[0]))


def _blank() -> Picture:
    return np.zeros((SIDE, SIDE), np.uint8)


def _text(rng: np.random.Generator) -> Picture:
    """One letter or sign, or a short run of letters that touch."""
    alphabet = list(LETTERS * 2 + SIGNS)
    text = "".join(rng.choice(alphabet, 1 if rng.random() < 0.75 else rng.integers(2, 5)))
    return printed(text, rng)


def _polyline(picture: Picture, points: NDArray[np.floating], thickness: int) -> None:
    cv2.polylines(picture, [np.round(points * 8).astype(np.int32)], False, 255, thickness, cv2.LINE_AA, 3)


def _scribble(rng: np.random.Generator) -> Picture:
    """A smooth or jagged line through many points: doodles, signatures, hatching."""
    picture = _blank()
    count = int(rng.integers(5, 16))
    points = rng.uniform(12, 72, (count, 2)).astype(np.float32)
    if rng.random() < 0.4:  # along a line, like writing
        points[:, 0] = np.linspace(12, 72, count) + rng.normal(0, 4, count)
    _polyline(picture, smooth(points) if rng.random() < 0.7 else points, int(rng.integers(1, 8)))
    return picture


def _lines(rng: np.random.Generator) -> Picture:
    """Flat lines, crosses, corners, T-junctions, stars, arrows. A steep line alone would be a 1."""
    picture = _blank()
    thickness = int(rng.integers(1, 8))
    centre = rng.uniform(36, 48, 2)
    kind = rng.choice(["flat", "rays", "arrow"])
    turn = rng.uniform(0, 2 * np.pi)
    if kind == "flat":
        angles, reach = [rng.normal(0, 0.25)], 30.0
        angles.append(angles[0] + np.pi)
    elif kind == "rays":
        steps = np.arange(rng.integers(3, 9)) * rng.choice([np.pi / 2, np.pi / 3, 0.8])
        angles, reach = [turn + step for step in steps], 28.0
    else:
        tip = centre + 26 * np.array([np.cos(turn), np.sin(turn)])
        for spread in (-0.5, 0.5):
            back = tip - 18 * np.array([np.cos(turn + spread), np.sin(turn + spread)])
            _polyline(picture, np.array([tip, back]), thickness)
        angles, reach = [turn, turn + np.pi], 26.0
    for angle in angles:
        length = reach * rng.uniform(0.6, 1.1)
        _polyline(picture, np.array([centre, centre + length * np.array([np.cos(angle), np.sin(angle)])]), thickness)
    return picture


def _blob(rng: np.random.Generator) -> Picture:
    """Filled shapes: dots, stains, buttons, leaves, corners of things."""
    picture = _blank()
    if rng.random() < 0.4:
        axes = (int(rng.integers(10, 32)), int(rng.integers(10, 32)))
        cv2.ellipse(picture, (42, 42), axes, float(rng.uniform(0, 180)), 0, 360, 255, -1, cv2.LINE_AA)
    else:
        angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 9)))
        radii = rng.uniform(8, 34, len(angles))
        points = 42 + np.stack([np.cos(angles), np.sin(angles)], 1) * radii[:, None]
        cv2.fillPoly(picture, [np.round(points).astype(np.int32)], 255, cv2.LINE_AA)
    if rng.random() < 0.3:  # holes, as in a plug; small ones, for a ring is a 0
        cv2.circle(picture, tuple(int(v) for v in rng.integers(32, 52, 2)), int(rng.integers(2, 5)), 0, -1, cv2.LINE_AA)
    return picture


def _finger(rng: np.random.Generator) -> Picture:
    """A bar bolder than any pen's stroke, upright or leaning, often with a round tip: fingers that hold the sheet."""
    picture = _blank()
    foot = rng.uniform(8, 17)
    tip = foot * rng.uniform(0.65, 1)
    top, bottom = 42 + rng.normal(0, 9, 2)
    corners = np.array([[top - tip, 14], [top + tip, 14], [bottom + foot, 72], [bottom - foot, 72]])
    if rng.random() < 0.6:
        corners[:2, 1] += tip
        cv2.circle(picture, (round(top), round(14 + tip)), round(tip), 255, -1, cv2.LINE_AA)
    cv2.fillPoly(picture, [np.round(corners).astype(np.int32)], 255, cv2.LINE_AA)
    return picture


def _texture(rng: np.random.Generator) -> Picture:
    """A piece of thresholded smooth noise: cloth, foliage, stains of shadow."""
    coarse = rng.standard_normal((int(rng.integers(4, 18)), int(rng.integers(4, 18)))).astype(np.float32)
    field = cv2.resize(coarse, (60, 60), interpolation=cv2.INTER_CUBIC)
    binary = (field > rng.uniform(-0.2, 0.9) * field.std()).astype(np.uint8)
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(binary)
    picture = _blank()
    if count > 1:
        largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
        picture[12:72, 12:72] = np.where(pieces == largest, 255, 0)
    return picture


def _frame(rng: np.random.Generator) -> Picture:
    """Boxes wider than high, grids, triangles: drawings, tables, keys, windows."""
    picture = _blank()
    thickness = int(rng.integers(1, 7))
    kind = rng.random()
    if kind < 0.4:
        half = rng.uniform(20, 30), rng.uniform(6, 17)
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half + 42 + rng.normal(0, 2, (4, 2))
        cv2.polylines(picture, [np.round(corners).astype(np.int32)], True, 255, thickness, cv2.LINE_AA)
    elif kind < 0.7:
        for position in np.linspace(14, 70, rng.integers(2, 5)):
            _polyline(picture, np.array([[position, 12], [position, 72]]), thickness)
        for position in np.linspace(14, 70, rng.integers(2, 5)):
            _polyline(picture, np.array([[12, position], [72, position]]), thickness)
    else:
        corners = rng.uniform(12, 72, (int(rng.integers(3, 6)), 2))
        cv2.polylines(picture, [np.round(corners).astype(np.int32)], True, 255, thickness, cv2.LINE_AA)
    return picture


def _piece(digits: Picture, rng: np.random.Generator) -> Picture:
    """What a shadow or a border leaves of a digit, wider than high: others can be digits themselves."""
    for _ in range(8):
        picture: Picture = digits[rng.integers(len(digits))].copy()
        cut = int(rng.integers(11, 17))
        quarter = picture[:cut] if rng.random() < 0.5 else picture[cut:]
        quarter[:] = 0
        _, _, w, h = cv2.boundingRect(picture)
        if w > 1.3 * h:
            return picture
    return no_stroke(_blob, rng)


def _pair(digits: Picture, rng: np.random.Generator) -> Picture:
    """Two digits that touch, which must be cut before they can be read."""
    left, right = digits[rng.integers(len(digits), size=2)]
    overlap = int(rng.integers(6, 11))
    picture = np.zeros((56, 56), np.uint8)
    width = 56 - overlap
    start = (56 - width) // 2
    drop = int(rng.integers(-3, 4))
    picture[14:42, start : start + 28] = left
    region = picture[14 + drop : 42 + drop, start + 28 - overlap : start + 56 - overlap]
    np.maximum(region, right, out=region)
    return picture
