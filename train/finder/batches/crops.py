"""What the network is shown at each step: random pieces of scenes, larger or smaller, brighter or darker."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.detection.network import network_input
from train.finder.batches.targets import INK_STRIDE, Targets, targets
from train.finder.scenes.scene import Scene
from train.finder.scenes.sheet import DIGIT, GROUND, IGNORE, OTHER, UNKNOWN

ZOOMED = 0.6  # of the crops, the share that is zoomed by any of ZOOM; the others about as they are
ZOOM = (0.5, 1.5)
NEAR = (0.8, 1.2)
ASPECT = 0.07  # by how much width and height are zoomed differently
AROUND_DIGIT = 0.3  # of the crops, the share that holds a certain digit
LEAST_HEIGHT = 9.0  # pixels: smaller digits are ignored
LARGE = 0.75  # of the crop: a digit that is larger and cut is still no row of small ones
INKED = 64  # of 255: a cell of the ink map with so much ink counts as inked
INVERTED = 0.08

Crop = tuple[NDArray[np.float32], Targets]


def random_crop(scene: Scene, side: int, rng: np.random.Generator) -> Crop:
    """A piece of a scene as the network sees it.

    Returns:
        (side, side, 2) float32 input, and the answers for it.
    """
    zoom = float(np.exp(rng.uniform(*np.log(ZOOM)))) if rng.random() < ZOOMED else rng.uniform(*NEAR)
    wide, high = (round(side / zoom * (1 + rng.uniform(-ASPECT, ASPECT))) for _ in range(2))
    left, top = _corner(scene, wide, high, rng)
    grey, ink = _cut(scene, left, top, wide, high, side)
    scale = np.array([side / wide, side / high] * 2, np.float32)
    boxes = (scene.boxes - np.array([left, top, 0, 0], np.float32)) * scale
    x, y, w, h = boxes.T
    inside = (x >= 0) & (y >= 0) & (x + w <= side) & (y + h <= side)
    kept = inside & (h >= LEAST_HEIGHT)
    for box in boxes[~kept & (x + w > 0) & (y + h > 0) & (x < side) & (y < side)]:
        _ignore(ink, box, side)
    return network_input(_exposed(grey, rng)), targets(boxes[kept], ink)


def _corner(scene: Scene, wide: int, high: int, rng: np.random.Generator) -> tuple[int, int]:
    """Where the crop begins; a crop larger than the scene reaches beyond it."""
    height, width = scene.grey.shape
    spare = width - wide, height - high
    if len(scene.boxes) and rng.random() < AROUND_DIGIT:
        x, y, w, h = scene.boxes[rng.integers(len(scene.boxes))]
        place = x + w / 2 - wide * rng.uniform(0.2, 0.8), y + h / 2 - high * rng.uniform(0.2, 0.8)
    else:
        place = rng.uniform(0, 1) * spare[0], rng.uniform(0, 1) * spare[1]
    left, top = (int(np.clip(at, min(0, room), max(0, room))) for at, room in zip(place, spare, strict=True))
    return left, top


def _cut(scene: Scene, left: int, top: int, wide: int, high: int,
         side: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Grey (side, side), and the ink map (side/2, side/2) of a piece; what is beyond the scene is mirrored, ignored."""
    height, width = scene.grey.shape
    x0, y0, x1, y1 = max(0, left), max(0, top), min(width, left + wide), min(height, top + high)
    grey, ink = scene.grey[y0:y1, x0:x1], scene.ink[y0:y1, x0:x1]
    beyond = y0 - top, top + high - y1, x0 - left, left + wide - x1
    if any(beyond):
        grey = np.asarray(cv2.copyMakeBorder(grey, *beyond, cv2.BORDER_REFLECT), np.uint8)
        ink = np.asarray(cv2.copyMakeBorder(ink, *beyond, cv2.BORDER_CONSTANT, value=IGNORE), np.uint8)
    seen = cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA if wide > side else cv2.INTER_LINEAR)
    cells = side // INK_STRIDE
    planes = cv2.resize(_PLANES[ink], (cells, cells), interpolation=cv2.INTER_AREA)
    found = np.full((cells, cells), GROUND, np.uint8)
    found[planes[..., 1] > INKED] = OTHER
    found[(planes[..., 0] > INKED) & (planes[..., 0] >= planes[..., 1])] = DIGIT
    found[planes[..., 2] > 127] = IGNORE
    found[planes[..., 3] > 127] = UNKNOWN
    return np.asarray(seen, np.uint8), found


_PLANES = np.zeros((5, 4), np.uint8)  # by class: masks of digit, other, ignore, unknown
for _plane, _kind in enumerate((DIGIT, OTHER, IGNORE, UNKNOWN)):
    _PLANES[_kind, _plane] = 255


def _ignore(ink: NDArray[np.uint8], box: NDArray[np.float32], side: int) -> None:
    """A digit that is cut or too small counts neither way. Of a large one only the middle does that: what is left
    of it is no row of small ones."""
    x, y, w, h = (float(value) / INK_STRIDE for value in box)
    if float(box[3]) > LARGE * side:
        x, y, w, h = x + 0.35 * w, y + 0.35 * h, 0.3 * w, 0.3 * h
    ink[max(0, int(y)) : max(0, int(y + h) + 1), max(0, int(x)) : max(0, int(x + w) + 1)] = IGNORE


def _exposed(grey: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Another exposure, gain and noise; sometimes the negative."""
    level = np.arange(256, dtype=np.float32) / 255
    level = 255 * level ** np.float32(np.exp(rng.normal(0, 0.25))) * np.float32(rng.uniform(0.65, 1.3))
    level += np.float32(rng.uniform(-25, 25))
    if rng.random() < 0.35:  # a scan stays pure
        level = np.arange(256, dtype=np.float32)
    if rng.random() < INVERTED:
        level = 255 - level
    seen = np.clip(level, 0, 255).astype(np.uint8)[grey]
    if rng.random() < 0.5:
        noise = rng.normal(0, rng.uniform(0, 1.5), grey.shape)
        seen = np.clip(seen + noise + 0.5, 0, 255).astype(np.uint8)
    return np.asarray(seen, np.uint8)
