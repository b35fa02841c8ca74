"""How well a finder finds, and what fools it: on scenes of held-back material, and on photographs without digits.

    python -m train.finder.measure MODEL --data … --strokes … --scenes …
"""

from __future__ import annotations

import argparse
import collections
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.finder_input import finder_input
from train.finder.material import Material, Photograph, load_material
from train.finder.scenes.scene import Scene, make_scene
from train.finder.scenes.sheet import IGNORE
from train.finder.targets import BOX, HIGHEST, LOWEST, STRIDE

Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]  # (H, W, 2) to maps (H/4, W/4, 17)
VALIDATION_SEED = 1_000_003
SCENES = 160
LONGEST = 640  # pixels: photographs are shrunk to it
THRESHOLDS = (0.3, 0.5)
FIRES = 0.5  # a centre's probability from which on a photograph without digits has a false alarm
LEAST_OVERLAP = 0.5
NARROW = 0.4  # a 1 counts as so wide, in its height, where boxes are compared
DOUBLE = 0.45  # overlap from which on the weaker of two boxes goes


@dataclass(frozen=True)
class Peaks:
    """Places taken for digits, the likeliest first: `probability` (N,) and `boxes` (N, 4) x, y, w, h in pixels."""

    probability: NDArray[np.float32]
    boxes: NDArray[np.float32]


@dataclass(frozen=True)
class Figures:
    """Of one network.

    Attributes:
        recall: by threshold, the share of the scenes' digits with a box on them.
        precision: likewise, the share of boxes that are on a digit.
        fires: by kind of photograph, false alarms a picture.
    """

    recall: dict[str, float]
    precision: dict[str, float]
    fires: dict[str, float]


def peaks(network: Network, grey: NDArray[np.uint8], least: float) -> Peaks:
    """Local maxima of the centre's probability of at least `least` in a picture (H, W) uint8, doubles taken out."""
    height, width = grey.shape
    padded = cv2.copyMakeBorder(grey, 0, -height % 32, 0, -width % 32, cv2.BORDER_REFLECT)
    maps = network(finder_input(np.asarray(padded, np.uint8)))
    centre = 1 / (1 + np.exp(-maps[..., 0]))
    highest = (centre >= cv2.dilate(centre, np.ones((3, 3), np.uint8))) & (centre >= least)
    rows, columns = np.nonzero(highest)
    order = np.argsort(-centre[rows, columns])
    rows, columns = rows[order], columns[order]
    left, top, right, bottom = (np.exp(np.clip(maps[rows, columns, BOX], LOWEST, HIGHEST)) * STRIDE).T
    x, y = columns * STRIDE + STRIDE / 2, rows * STRIDE + STRIDE / 2
    boxes = np.stack([x - left, y - top, left + right, top + bottom], 1).astype(np.float32)
    inside = (x < width) & (y < height)
    kept: list[int] = []
    overlaps = overlap(boxes, boxes)
    for i in np.flatnonzero(inside):
        if all(overlaps[i, j] < DOUBLE for j in kept):
            kept.append(int(i))
    return Peaks(np.asarray(centre[rows, columns][kept], np.float32), boxes[kept])


def overlap(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union (N, M) of boxes (N, 4) and (M, 4), widened so that a thin 1 counts like the rest."""
    a, b = _widened(one)[:, None], _widened(other)[None]
    low = np.maximum(a[..., :2], b[..., :2])
    high = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
    both = np.clip(high - low, 0, None).prod(-1)
    return np.asarray(both / (a[..., 2:].prod(-1) + b[..., 2:].prod(-1) - both + 1e-6), np.float32)


def _widened(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    extra = np.maximum(0, NARROW * boxes[:, 3] - boxes[:, 2])
    return np.stack([boxes[:, 0] - extra / 2, boxes[:, 1], boxes[:, 2] + extra, boxes[:, 3]], 1)


def outside(found: Peaks, ignore: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which peaks' middles lie in none of the boxes (N, 4)."""
    middle = (found.boxes[:, :2] + found.boxes[:, 2:] / 2)[:, None]
    low, high = ignore[None, :, :2], ignore[None, :, :2] + ignore[None, :, 2:]
    inside = np.all((middle > low - 3) & (middle < high + 3), axis=-1)
    return np.asarray(~np.any(inside, axis=1), np.bool_)


def validation_scenes(material: Material, count: int = SCENES) -> list[Scene]:
    """The scenes that are measured on, always the same for the same material."""
    return [make_scene(material, np.random.default_rng((VALIDATION_SEED, i))) for i in range(count)]


def measure(network: Network, scenes: Sequence[Scene], photographs: Sequence[Photograph]) -> Figures:
    """Figures of a network on validation scenes and held-back photographs."""
    counts = {threshold: np.zeros(3) for threshold in THRESHOLDS}  # right, wrong, digits
    for scene in scenes:
        found = peaks(network, scene.grey, min(THRESHOLDS))
        for threshold, count in counts.items():
            count += _matched(found, scene, threshold)
    alarms: dict[str, list[int]] = collections.defaultdict(list)
    for photograph in photographs:
        grey, scale = shrunk(photograph.grey)
        found = peaks(network, grey, FIRES)
        alarms[photograph.kind].append(int(outside(found, photograph.ignore * np.float32(scale)).sum()))
        alarms["all"].append(alarms[photograph.kind][-1])
    return Figures(
        {str(t): round(float(c[0] / max(1, c[2])), 4) for t, c in counts.items()},
        {str(t): round(float(c[0] / max(1, c[0] + c[1])), 4) for t, c in counts.items()},
        {kind: round(float(np.mean(number)), 3) for kind, number in sorted(alarms.items())},
    )


def _matched(found: Peaks, scene: Scene, threshold: float) -> tuple[int, int, int]:
    boxes = found.boxes[found.probability >= threshold]
    overlaps = overlap(boxes, scene.boxes)
    right = 0
    taken: set[int] = set()
    wrong = 0
    for i, box in enumerate(boxes):
        best = int(overlaps[i].argmax()) if len(scene.boxes) else -1
        if best >= 0 and overlaps[i, best] >= LEAST_OVERLAP and best not in taken:
            taken.add(best)
            right += 1
        elif not _ignored(scene, box):
            wrong += 1
    return right, wrong, len(scene.boxes)


def _ignored(scene: Scene, box: NDArray[np.float32]) -> bool:
    x, y, w, h = (int(side) for side in box)
    part = scene.ink[max(0, y) : max(0, y + h) + 1, max(0, x) : max(0, x + w) + 1]
    return part.size == 0 or float((part == IGNORE).mean()) > 0.3


def shrunk(grey: NDArray[np.uint8], longest: int = LONGEST) -> tuple[NDArray[np.uint8], float]:
    """A picture whose longer side is at most `longest` pixels, and its scale."""
    scale = min(1.0, longest / max(grey.shape))
    if scale == 1:
        return grey, scale
    return np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8), scale


def fooled(network: Network, photographs: Sequence[Photograph], least: float = 0.3) -> dict[str, NDArray[np.float32]]:
    """Where photographs without digits are taken for some at two sizes: by name, (N, 2) x, y in their pixels."""
    places: dict[str, NDArray[np.float32]] = {}
    for photograph in photographs:
        found = []
        for longest in (LONGEST, LONGEST // 2):
            grey, scale = shrunk(photograph.grey, longest)
            seen = peaks(network, grey, least)
            boxes = (seen.boxes / np.float32(scale))[outside(seen, photograph.ignore * np.float32(scale))]
            found.append(boxes[:, :2] + boxes[:, 2:] / 2)
        if any(map(len, found)):
            places[photograph.name] = np.concatenate(found).astype(np.float32)
    return places


def main() -> None:
    """Print a model's figures."""
    from train.finder.command import add_sources, sources_of
    from train.finder.export import Finder

    parser = argparse.ArgumentParser(prog="python -m train.finder.measure", description=__doc__)
    parser.add_argument("model", type=Path)
    add_sources(parser)
    args = parser.parse_args()
    material = load_material(sources_of(args), validation=True)
    figures = measure(Finder(args.model.read_bytes()), validation_scenes(material), material.photographs)
    for name, values in asdict(figures).items():
        print(name, values)


if __name__ == "__main__":
    main()
