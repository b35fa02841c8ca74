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

from recognizer.core.frame import Image
from recognizer.detection.network import Floats, Maps, Network
from recognizer.detection.proposals import Proposals, propose
from train.finder.calibrate import overlaps
from train.finder.material import Material, Photograph, load_material
from train.finder.scenes.scene import Scene, make_scene
from train.finder.scenes.sheet import IGNORE

Seer = Callable[[Image, tuple[int, int]], Maps]  # a `Network`, or what answers like one
VALIDATION_SEED = 1_000_003
SCENES = 160
LONGEST = 640  # pixels: photographs are shrunk to it
THRESHOLDS = (0.3, 0.5)
FIRES = 0.5  # a centre's probability from which on a photograph without digits has a false alarm
LEAST_OVERLAP = 0.5


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


def places(network: Seer, grey: Image, least: float) -> Proposals:
    """Where digits are proposed in a picture (H, W) uint8, from this probability of a centre on."""
    return propose((network(grey, (grey.shape[1], grey.shape[0])),), float(np.log(least / (1 - least))))


def outside(boxes: Floats, ignore: Floats) -> NDArray[np.bool_]:
    """Which of N boxes (N, 4) have their middle in none of M others (M, 4)."""
    middle = (boxes[:, :2] + boxes[:, 2:] / 2)[:, None]
    low, high = ignore[None, :, :2], ignore[None, :, :2] + ignore[None, :, 2:]
    inside = np.all((middle > low - 3) & (middle < high + 3), axis=-1)
    return np.asarray(~np.any(inside, axis=1), np.bool_)


def validation_scenes(material: Material, count: int = SCENES) -> list[Scene]:
    """The scenes that are measured on, always the same for the same material."""
    return [make_scene(material, np.random.default_rng((VALIDATION_SEED, i))) for i in range(count)]


def measure(network: Seer, scenes: Sequence[Scene], photographs: Sequence[Photograph]) -> Figures:
    """Figures of a network on validation scenes and held-back photographs."""
    counts = {threshold: np.zeros(3) for threshold in THRESHOLDS}  # right, wrong, digits
    for scene in scenes:
        found = places(network, scene.grey, min(THRESHOLDS))
        for threshold, count in counts.items():
            count += _matched(found, scene, threshold)
    alarms: dict[str, list[int]] = collections.defaultdict(list)
    for photograph in photographs:
        grey, scale = shrunk(photograph.grey)
        found = places(network, grey, FIRES)
        alarms[photograph.kind].append(int(outside(found.boxes, photograph.ignore * np.float32(scale)).sum()))
        alarms["all"].append(alarms[photograph.kind][-1])
    return Figures(
        {str(t): round(float(c[0] / max(1, c[2])), 4) for t, c in counts.items()},
        {str(t): round(float(c[0] / max(1, c[0] + c[1])), 4) for t, c in counts.items()},
        {kind: round(float(np.mean(number)), 3) for kind, number in sorted(alarms.items())},
    )


def _matched(found: Proposals, scene: Scene, threshold: float) -> tuple[int, int, int]:
    boxes = found.boxes[found.logits >= np.log(threshold / (1 - threshold))]
    shared = overlaps(boxes, scene.boxes)
    right = 0
    taken: set[int] = set()
    wrong = 0
    for i, box in enumerate(boxes):
        best = int(shared[i].argmax()) if len(scene.boxes) else -1
        if best >= 0 and shared[i, best] >= LEAST_OVERLAP and best not in taken:
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


def fooled(network: Seer, photographs: Sequence[Photograph], least: float = 0.3) -> dict[str, NDArray[np.float32]]:
    """Where photographs without digits are taken for some at three sizes: by name, (N, 2) x, y in their pixels."""
    fools: dict[str, NDArray[np.float32]] = {}
    for photograph in photographs:
        found = []
        for longest in (LONGEST, LONGEST // 2, LONGEST // 4):
            grey, scale = shrunk(photograph.grey, longest)
            boxes = places(network, grey, least).boxes
            boxes = boxes[outside(boxes, photograph.ignore * np.float32(scale))] / np.float32(scale)
            found.append(boxes[:, :2] + boxes[:, 2:] / 2)
        if any(map(len, found)):
            fools[photograph.name] = np.concatenate(found).astype(np.float32)
    return fools


def main() -> None:
    """Print a model's figures."""
    from train.finder.command import add_sources, sources_of

    parser = argparse.ArgumentParser(prog="python -m train.finder.measure", description=__doc__)
    parser.add_argument("model", type=Path)
    add_sources(parser)
    args = parser.parse_args()
    material = load_material(sources_of(args), validation=True)
    network = Network(args.model.read_bytes(), str(args.model))
    figures = measure(network, validation_scenes(material), material.photographs)
    for name, values in asdict(figures).items():
        print(name, values)


if __name__ == "__main__":
    main()
