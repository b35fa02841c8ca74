"""What the finder cuts out of training scenes and photographs: crops as the program will really see them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import cycle
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recognizer.classification.classifier import NO_DIGIT, Classifier, softmax
from recognizer.core.clock import Clock
from recognizer.detection.candidate import Candidate
from recognizer.detection.finder import Finder
from recognizer.detection.network import Floats
from train.data.mnist import Labels, Pictures
from train.finder.calibrate import overlaps
from train.finder.material import Photograph, Sources, load_material
from train.finder.measure import outside
from train.finder.scenes.scene import Scene, make_scene
from train.finder.scenes.sheet import IGNORE, UNKNOWN, UNLABELLED

BARE = (0, 1)  # a ring and a bar are digits wherever nothing beside them tells another thing
SURE = 0.5  # probability of a digit from which on what stands on none may be one by its looks, and is left out
ON_DIGIT, OFF_DIGIT = 0.6, 0.3  # intersection over union with a digit from which on, and up to which, a crop is clear
LEGIBLE = 0.005  # probability of its own label under which a digit's crop is too badly cut to be learnt
LEAST_HEIGHT = 10  # pixels: smaller digits are blots once they are cut out
OTHERS = 0.45  # for each digit, what is none: with more the network takes unusual digits for none
KNOWN = 0.7  # share of a candidate's box that must not be IGNORE or UNKNOWN


def cut_scenes(sources: Sources, count: int, seed: int, cutter: Cutter) -> tuple[Pictures, Labels]:
    """Crops (N, 28, 28) of so many scenes made from files, and their labels (N,); OTHERS of no digit for each digit."""
    material = load_material(sources)
    scenes = (make_scene(material, np.random.default_rng((seed, place))) for place in range(count))
    crops, labels = cutter.of_scenes(scenes)
    others = np.flatnonzero(labels == NO_DIGIT)
    surplus = max(0, len(others) - round(OTHERS * (len(labels) - len(others))))
    dropped = np.random.default_rng(seed).choice(others, surplus, replace=False)
    return np.delete(crops, dropped, axis=0), np.delete(labels, dropped)


class Cutter:
    """Cuts out what a finder proposes.

    Args:
        finder: its .tflite file.
        classifier: likewise, whose judgement leaves out what can't be learnt.
    """

    def __init__(self, finder: Path, classifier: Path) -> None:
        self._finder = Finder.load(finder, Classifier.load(classifier))

    def of_scenes(self, scenes: Iterable[Scene]) -> tuple[Pictures, Labels]:
        """Crops (N, 28, 28) uint8, 0 or 255, of scenes and their labels (N,), 0 to 9 or NO_DIGIT.

        Every other scene is looked at as a frame of a video. What stands between a digit's place and none, such as
        two digits in one crop, is left out as long as its looks are a digit's.
        """
        crops: list[Pictures] = []
        labels: list[int] = []
        for scene, moving in zip(scenes, cycle((False, True))):
            candidates, chances = self._candidates(scene.grey, moving)
            if not candidates:
                continue
            boxes = _boxes(candidates)
            each = np.pad(overlaps(boxes, scene.boxes), ((0, 0), (0, 1)))  # the last column: none
            shared, own = each.max(axis=1), np.append(scene.labels, UNLABELLED)[each.argmax(axis=1)]
            legible = chances[np.arange(len(own)), own] > LEGIBLE
            is_digit = (shared >= ON_DIGIT) & (own != UNLABELLED) & legible & (boxes[:, 3] >= LEAST_HEIGHT)
            none = (shared <= OFF_DIGIT) & (chances[:, :NO_DIGIT].max(axis=1) < SURE) & _known(boxes, scene.ink)
            for place in np.flatnonzero(is_digit | none).tolist():
                crops.append(candidates[place].crop)
                labels.append(int(own[place]) if is_digit[place] else NO_DIGIT)
        return _stacked(crops), np.array(labels, np.int64)

    def of_photographs(self, photographs: Sequence[Photograph]) -> Pictures:
        """All that is proposed in photographs without digits, as crops (N, 28, 28) uint8, 0 or 255.

        What they say to ignore is ignored. Left out is what the classifier reads as a 0 or a 1: an O and an I are none
        only where they stand in a word, which the crop doesn't show.
        """
        crops: list[Pictures] = []
        for photograph in photographs:
            candidates, chances = self._candidates(photograph.grey, moving=False)
            if candidates:
                bare = chances[:, BARE].max(axis=1) > SURE
                keep = outside(_boxes(candidates), photograph.ignore) & ~bare
                crops += [candidates[place].crop for place in np.flatnonzero(keep)]
        return _stacked(crops)

    def _candidates(self, grey: NDArray[np.uint8], moving: bool) -> tuple[list[Candidate], Floats]:
        """Candidates, and how likely the classifier holds each class for them, (N, 11)."""
        candidates, logits = self._finder.candidates(grey, self._finder.memory(moving), Clock())
        return candidates, softmax(logits)


def _boxes(candidates: Sequence[Candidate]) -> Floats:
    return np.array([one.box for one in candidates], np.float32)


def _known(boxes: Floats, ink: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether it is known what stands in most of each box."""
    parts = [ink[y : y + h, x : x + w] for x, y, w, h in boxes.astype(int).tolist()]
    return np.array([((part != IGNORE) & (part != UNKNOWN)).mean() >= KNOWN for part in parts], np.bool_)


def _stacked(crops: Sequence[Pictures]) -> Pictures:
    return np.stack(crops) if crops else np.zeros((0, 28, 28), np.uint8)
