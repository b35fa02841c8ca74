"""What is behind a sheet: pieces of photographs without digits, or a room of plain shapes; and hands that hold it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from train.finder.material import Material, Photograph
from train.finder.scenes.sheet import GROUND, IGNORE, UNKNOWN

Grey = NDArray[np.float32]  # (H, W), about 0 to 255
Fooled = Mapping[str, NDArray[np.float32]]  # by a photograph's name, (N, 2) x, y where a network took it for digits
SHARPEST = 1.5  # a photograph is enlarged so much at most, if it is large enough
FOOLED_MOST = 50  # such places of a photograph that count: it is shown more often by the root of their number
NEGATIVE = 0.12  # of the photographs, the share shown as negatives
BOX_MARGIN = 3  # pixels around a box that is to be ignored
SHELVES = 0.35  # of the drawn rooms, the share with books on shelves
FRAMED = 0.35  # and that with pictures or windows in frames, of which a sheet may leave a corner


def from_photograph(material: Material, rng: np.random.Generator, height: int, width: int, fooled: Fooled,
                    kinds: tuple[str, ...] = ()) -> tuple[Grey, NDArray[np.uint8]]:
    """A piece of a photograph without digits; its ink map is GROUND, or IGNORE where its boxes are.

    `fooled`: such photographs, and such places in them, are shown more often. `kinds`: only photographs of these.
    """
    photographs = [p for p in material.photographs if not kinds or p.kind in kinds] or material.photographs
    shares = np.array([1 + np.sqrt(min(FOOLED_MOST, len(fooled.get(p.name, ())))) for p in photographs])
    photograph = photographs[rng.choice(len(photographs), p=shares / shares.sum())]
    least = max(height / photograph.grey.shape[0], width / photograph.grey.shape[1])
    most = max(SHARPEST, 1.3 * least) if least <= 1 else 2.2 * least
    scale = max(least + 1e-3, float(np.exp(rng.uniform(np.log(max(least, 0.2)), np.log(most)))))
    places = fooled.get(photograph.name)
    around = places[rng.integers(len(places))] if places is not None and len(places) and rng.random() < 0.6 else None
    grey, ink, _ = _piece(photograph, rng, (height, width), scale, around)
    if rng.random() < 0.5:
        grey, ink = np.ascontiguousarray(grey[:, ::-1]), np.ascontiguousarray(ink[:, ::-1])
    if rng.random() < NEGATIVE:
        grey = 255 - grey
    return grey, ink


def labelled(photograph: Photograph, rng: np.random.Generator, height: int,
             width: int) -> tuple[Grey, NDArray[np.uint8], NDArray[np.float32]]:
    """A piece of a photograph with its digits' boxes; its ink map is UNKNOWN but for what is to be ignored."""
    least = max(height / photograph.grey.shape[0], width / photograph.grey.shape[1])
    typical = 40 / max(8.0, float(np.median(photograph.found[:, 3]))) if len(photograph.found) else 1.0
    scale = max(least + 1e-3, float(np.exp(rng.normal(np.log(typical), 0.5))))
    around = None
    if len(photograph.found):
        x, y, w, h = photograph.found[rng.integers(len(photograph.found))]
        around = np.array([x + w / 2, y + h / 2], np.float32)
    grey, ink, boxes = _piece(photograph, rng, (height, width), scale, around)
    return grey, np.where(ink == GROUND, UNKNOWN, ink).astype(np.uint8), boxes


def _piece(photograph: Photograph, rng: np.random.Generator, shape: tuple[int, int], scale: float,
           around: NDArray[np.float32] | None) -> tuple[Grey, NDArray[np.uint8], NDArray[np.float32]]:
    """Cut `shape` out of a photograph that is `scale` times as large: grey, ink map, boxes of digits that are in it."""
    height, width = shape
    whole = photograph.grey
    high, wide = int(height / scale), int(width / scale)
    lowest_x, lowest_y = max(1, whole.shape[1] - wide + 1), max(1, whole.shape[0] - high + 1)
    if around is None:
        x, y = int(rng.integers(lowest_x)), int(rng.integers(lowest_y))
    else:
        x, y = (int(np.clip(place - rng.uniform(0.2, 0.8) * side, 0, most - 1))
                for place, side, most in zip(around, (wide, high), (lowest_x, lowest_y), strict=True))
    grey = cv2.resize(whole[y : y + high, x : x + wide], (width, height),
                      interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR).astype(np.float32)
    ink = np.full(shape, GROUND, np.uint8)
    for box in photograph.ignore:
        x0, y0, x1, y1 = _moved(box, x, y, scale)
        if x1 > 0 and y1 > 0:
            ink[max(0, int(y0) - BOX_MARGIN) : int(y1) + BOX_MARGIN,
                max(0, int(x0) - BOX_MARGIN) : int(x1) + BOX_MARGIN] = IGNORE
    kept = []
    for box in photograph.found:
        x0, y0, x1, y1 = _moved(box, x, y, scale)
        if x0 >= 0 and y0 >= 0 and x1 <= width and y1 <= height and y1 - y0 >= 9:
            kept.append((x0, y0, x1 - x0, y1 - y0))
        elif x1 > 0 and y1 > 0:
            ink[max(0, int(y0)) : int(y1) + 1, max(0, int(x0)) : int(x1) + 1] = IGNORE
    return grey, ink, np.array(kept, np.float32).reshape(-1, 4)


def _moved(box: NDArray[np.float32], x: int, y: int, scale: float) -> tuple[float, float, float, float]:
    left, top, width, height = (float(side) for side in box)
    return (left - x) * scale, (top - y) * scale, (left + width - x) * scale, (top + height - y) * scale


def drawn_room(rng: np.random.Generator, height: int, width: int) -> Grey:
    """A room of plain shapes: walls, furniture, plates, cables."""
    grey = rng.uniform(30, 220) + clouds(height, width, width / 3, rng) * rng.uniform(2, 25)
    for _ in range(int(rng.integers(2, 25))):
        tone, side = float(rng.uniform(5, 250)), float(np.exp(rng.uniform(np.log(8), np.log(250))))
        at = rng.uniform(-0.1, 1.1, 2) * [width, height]
        kind = rng.integers(3)
        if kind == 0:
            corners = at + rng.uniform(-1, 1, (int(rng.integers(3, 6)), 2)) * side
            cv2.fillPoly(grey, [corners.astype(np.int32)], tone, cv2.LINE_AA)
        elif kind == 1:
            across = at + np.array([side, side * rng.uniform(0.2, 3)])
            cv2.rectangle(grey, _pixel(at), _pixel(across), tone, -1)
        else:
            axes = int(side / 2) + 1, int(side * rng.uniform(0.2, 1)) + 1
            thickness = -1 if rng.random() < 0.7 else int(rng.integers(1, 6))
            turn = float(rng.uniform(0, 180))
            cv2.ellipse(grey, _pixel(at), axes, turn, 0, 360, tone, thickness, cv2.LINE_AA)
    if rng.random() < FRAMED:
        _framed(grey, rng)
    if rng.random() < SHELVES:
        _shelves(grey, rng)
    grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), rng.uniform(0.5, 3)), np.float32)
    return np.asarray(grey + clouds(height, width, rng.uniform(1.5, 10), rng) * rng.uniform(0, 8), np.float32)


def _framed(grey: Grey, rng: np.random.Generator) -> None:
    """Draw pictures or windows into a picture, each in its frame, hung straight or nearly."""
    height, width = grey.shape
    for _ in range(int(rng.integers(1, 6))):
        side = float(np.exp(rng.uniform(np.log(15), np.log(0.9 * height))))
        size = side, side * rng.uniform(0.5, 2)
        middle = rng.uniform(-0.1, 1.1, 2) * [width, height]
        turn = rng.normal(0, 2) if rng.random() < 0.5 else 0.0
        corners = cv2.boxPoints(((middle[0], middle[1]), size, turn)).astype(np.int32)
        cv2.fillPoly(grey, [corners], float(rng.uniform(5, 250)), cv2.LINE_AA)
        for share in rng.uniform(-0.5, 0.5, int(rng.integers(0, 4))):  # panes, or what the picture shows
            line = middle + (np.array([[-0.5, share], [0.5, rng.uniform(-0.5, 0.5)]]) * size)
            cv2.line(grey, _pixel(line[0]), _pixel(line[1]), float(rng.uniform(5, 250)), max(1, round(0.05 * side)))
        border = max(1, round(side * rng.uniform(0.01, 0.12)))
        cv2.polylines(grey, [corners], True, float(rng.uniform(5, 250)), border, cv2.LINE_AA)


def _shelves(grey: Grey, rng: np.random.Generator) -> None:
    """Draw books on shelves into a picture: upright or leaning, with gaps, some with a band or a title."""
    height, width = grey.shape
    step = float(np.exp(rng.uniform(np.log(30), np.log(0.8 * height))))
    left, top = rng.uniform(-0.3, 0.8) * width, rng.uniform(-0.3, 0.5) * height
    right, bottom = left + rng.uniform(0.2, 1) * width, top + step * rng.integers(1, 6)
    corners = np.array([(left, top), (right, bottom)])
    cv2.rectangle(grey, _pixel(corners[0]), _pixel(corners[1]), float(rng.uniform(5, 200)), -1)
    for floor in np.arange(top + step, bottom + 1, step):
        x = left + rng.uniform(0, step)
        while x < right:
            high, wide = step * rng.uniform(0.45, 0.9), step * rng.uniform(0.04, 0.26)
            if rng.random() < 0.85:
                _book(grey, (x, floor), (wide, high), high * rng.normal(0, 0.12) * (rng.random() < 0.15), rng)
            x += wide + step * rng.choice([0.0, 0.01, rng.uniform(0, 0.3)], p=[0.5, 0.3, 0.2])
        board = np.array([(left, floor), (right, floor + step * rng.uniform(0.02, 0.08))])
        cv2.rectangle(grey, _pixel(board[0]), _pixel(board[1]), float(rng.uniform(5, 250)), -1)


def _book(grey: Grey, foot: tuple[float, float], size: tuple[float, float], lean: float,
          rng: np.random.Generator) -> None:
    """The back of a book that stands with its lower left corner at `foot`, x and y; `size`: its width and height."""
    wide, high = size
    tone = float(rng.uniform(5, 250))

    def across(low: float, top: float, inset: float = 0.0) -> NDArray[np.int32]:
        """A stripe of the back between two shares of its height."""
        corners = [(inset, low), (1 - inset, low), (1 - inset, top), (inset, top)]
        return np.array([(foot[0] + share * wide + up * lean, foot[1] - up * high) for share, up in corners], np.int32)

    cv2.fillPoly(grey, [across(0, 1)], tone, cv2.LINE_AA)
    if rng.random() < 0.4:  # the shade where two meet
        cv2.polylines(grey, [across(0, 1)], True, tone * float(rng.uniform(0.4, 0.9)), max(1, int(0.05 * wide)))
    for _ in range(int(rng.choice([0, 1, 2, 3], p=[0.35, 0.35, 0.2, 0.1]))):
        low = rng.uniform(0, 0.9)
        cv2.fillPoly(grey, [across(low, low + rng.uniform(0.03, 0.15))], float(rng.uniform(5, 250)), cv2.LINE_AA)
    if rng.random() < 0.5:  # a title along it, too small to be read
        print_tone, at = float(rng.uniform(5, 250)), rng.uniform(0.1, 0.4)
        while at < 0.85 and rng.random() < 0.93:
            letter = rng.uniform(0.02, 0.05)
            cv2.fillPoly(grey, [across(at, at + letter, rng.uniform(0.3, 0.42))], print_tone, cv2.LINE_AA)
            at += letter * rng.choice([1.4, 2.5], p=[0.8, 0.2])


def clouds(height: int, width: int, cell: float, rng: np.random.Generator) -> Grey:
    """Smooth noise of standard deviation about 1, whose bumps are `cell` pixels large."""
    coarse = rng.standard_normal((int(height / cell) + 3, int(width / cell) + 3)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def fingers(shape: tuple[int, int], corners: NDArray[np.float32], rng: np.random.Generator) -> tuple[Grey, Grey]:
    """Fingers and thumbs at the edge of a sheet, pointing inwards.

    Returns:
        How much they cover each pixel, 0 to 1, and how bright they are there.
    """
    cover = np.zeros(shape, np.float32)
    middle = corners.mean(0)
    side = int(rng.integers(4))
    thickness = float(rng.uniform(0.04, 0.11) * shape[1])
    first, last = corners[side], corners[side - 3]
    place, apart = rng.uniform(0.1, 0.9), thickness * 1.1 / max(1.0, float(np.hypot(*(last - first))))
    for finger in range(int(rng.integers(1, 5))):
        share = min(1.0, place + finger * apart)
        at = first * (1 - share) + last * share
        inwards = (middle - at) / max(1.0, float(np.hypot(*(middle - at))))
        start, tip = at - inwards * thickness * 4, at + inwards * thickness * rng.uniform(0, 1.3)
        cv2.line(cover, _pixel(start), _pixel(tip), 1.0, max(2, int(thickness)), cv2.LINE_AA)
    round_light = cv2.GaussianBlur(cover, (0, 0), thickness * 0.4)
    tone = rng.uniform(60, 210) * (0.55 + 0.5 * round_light) + clouds(*shape, 20, rng) * 5
    return np.asarray(cv2.GaussianBlur(cover, (0, 0), 1.2), np.float32), np.asarray(tone, np.float32)


def _pixel(at: NDArray[np.floating[Any]]) -> tuple[int, int]:
    return int(at[0]), int(at[1])
