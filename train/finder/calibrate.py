"""Fits the finder's calibration: how sure a digit is, by what both networks say of it, and how sure it must be.

    python -m train.finder.calibrate MODEL --calibrate LABELS --scenes DIR --data PATH …
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.classification.classifier import NO_DIGIT, Classifier
from recognizer.core.assets import shipped
from recognizer.core.bundle import load_bundle, save_bundle
from recognizer.core.clock import Clock
from recognizer.core.frame import Image
from recognizer.core.geometry import Box, shared_areas
from recognizer.detection.candidate import digits_of
from recognizer.detection.evidence import KINDS, Calibration
from recognizer.detection.finder import Finder, evidence_of
from recognizer.detection.manifest import FinderManifest
from recognizer.detection.network import Floats, Network
from recognizer.detection.state import Limits
from recognizer.sources.images.picture import read_picture
from train.evaluation.photographs import records
from train.finder.material import Photograph
from train.finder.scenes.scene import Scene
from train.finder.scenes.sheet import IGNORE, UNKNOWN

NOWHERE = np.zeros((0, 4), np.float32)
DECAY = 1e-2  # of the weights, in units of the evidence's spread
STEPS = 50  # of Newton's method, many more than it needs
OF_PHOTOGRAPHS = 0.3  # how much a candidate of a photograph without digits counts: there are many
OF_SCENES = 0.1  # and one of a scene, which is harder than most photographs
NEARLY = 3e-3  # of F1: so much less than the best is as good; of 500 digits, half of its standard error
THRESHOLDS = tuple(round(0.3 + 0.05 * step, 2) for step in range(9))
PLACED = 0.5  # intersection over union from which on a candidate stands on a digit
NARROW = 0.4  # of its height, to which a narrow box is widened before that
IGNORED = 0.3  # share of a candidate in a place that isn't known from which on it doesn't count


@dataclass(frozen=True)
class Example:
    """A picture whose digits are known.

    Attributes:
        image: (H, W, 3) uint8, BGR, or (H, W) uint8, grey.
        boxes: (N, 4) x, y, w, h in pixels, of its digits.
        labels: (N,) what they are; -1 where that isn't known.
        ignored: (M, 4) boxes in which candidates don't count.
        weight: how much each of its candidates counts.
    """

    image: Image
    boxes: Floats
    labels: NDArray[np.intp]
    ignored: Floats
    weight: float = 1.0


def examples_of_scenes(scenes: Iterable[Scene]) -> Iterator[Example]:
    """Scenes that the networks weren't fitted on."""
    for scene in scenes:
        hidden = ((scene.ink == IGNORE) | (scene.ink == UNKNOWN)).astype(np.uint8)
        stats = cv2.connectedComponentsWithStats(hidden)[2]
        yield Example(scene.grey, scene.boxes, scene.labels, stats[1:, :4].astype(np.float32), OF_SCENES)


def examples_of_photographs(photographs: Iterable[Photograph]) -> Iterator[Example]:
    """Photographs without digits."""
    for one in photographs:
        yield Example(one.grey, one.found, np.zeros(0, np.intp), one.ignore, OF_PHOTOGRAPHS)


def examples_of_pictures(labels: Path) -> Iterator[Example]:
    """Labelled photographs, as `python -m train evaluate --pictures` takes them."""
    for path, wanted in records(labels):
        boxes = np.array([box for _, box in wanted], np.float32).reshape(-1, 4)
        yield Example(read_picture(path), boxes, np.array([int(label) for label, _ in wanted], np.intp), NOWHERE)


def calibrate(
    content: bytes, classifier: Classifier, examples: Sequence[Example], scenes: Sequence[Example],
    made: dict[str, Any], figures: dict[str, Any],
) -> FinderManifest:
    """The manifest of a finder: its calibration, which makes what is known of pictures likeliest, and the threshold.

    Args:
        content: of the network's .tflite file.
        classifier: that will read its candidates.
        examples: neither network should have been fitted on them: what it knows by heart it is too sure of.
        scenes: the like, for the calibration alone. They show what pictures seldom do: grids, slashes, spines of
            books. The threshold is chosen on `examples` alone: scenes are harder than people's pictures.
        made, figures: of the manifest.
    """
    network, evidence, is_digit, weights = Network(content), [], [], []
    nothing = Calibration((0.0,) * len(KINDS), 0.0)
    manifest = FinderManifest(hashlib.sha256(content).hexdigest(), 0.0, nothing.weights, nothing.bias)
    finder = Finder(network, manifest, classifier, Limits(0.0, 0.0))
    for example in (*examples, *scenes):
        candidates, logits = finder.candidates(example.image, finder.memory(moving=False), Clock())
        labels = logits[:, :NO_DIGIT].argmax(axis=1)
        right, counts = _judged([one.box for one in candidates], labels, example)
        evidence.append(evidence_of(candidates, logits)[counts])
        is_digit.append(right[counts])
        weights.append(np.full(int(counts.sum()), example.weight))
    fitted = fit(np.vstack(evidence), np.concatenate(is_digit), np.concatenate(weights))
    manifest = replace(manifest, weights=fitted.weights, bias=fitted.bias, made=made, figures=figures)
    finder = Finder(network, manifest, classifier, Limits.of(None, min(THRESHOLDS)))
    return replace(manifest, threshold=best_threshold(finder, examples))


def best_threshold(finder: Finder, examples: Sequence[Example]) -> float:
    """Of THRESHOLDS, the highest with nearly the best F1 over the examples, false alarms of photographs by weight.

    Args:
        finder: with the lowest of them.
        examples: as above.
    """
    right, found = np.zeros(len(THRESHOLDS)), np.zeros(len(THRESHOLDS))
    wanted = 0.0
    for example in examples:
        digits = [one for one in finder.find(example.image, finder.memory(moving=False), Clock()).candidates
                  if not one.reason]
        read = digits_of(digits)
        is_right, counts = _judged([digit.box for digit in read], [digit.label for digit in read], example)
        for place, threshold in enumerate(THRESHOLDS):
            limits = Limits.of(None, threshold)
            told = np.array([one.score >= limits.digit and digit.confidence >= limits.label
                             for one, digit in zip(digits, read, strict=True)], np.bool_)
            right[place] += example.weight * int((told & is_right).sum())
            found[place] += example.weight * int((told & counts).sum())
        wanted += example.weight * len(example.boxes)
    scores = 2 * right / np.maximum(1.0, found + wanted)
    return THRESHOLDS[int(np.flatnonzero(scores >= scores.max() - NEARLY)[-1])]


def _judged(
    places: Sequence[Box], labels: Sequence[int] | NDArray[np.intp], example: Example
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Of each place that was read as a label, whether it is a digit's with this label, and whether it counts."""
    boxes = np.array(places, np.float64).reshape(-1, 4)
    placed = overlaps(boxes, np.asarray(example.boxes, np.float64).reshape(-1, 4)) >= PLACED
    right = (placed & ((example.labels == np.array(labels, np.intp)[:, None]) | (example.labels < 0))).any(axis=1)
    hidden = shared_areas(boxes, np.asarray(example.ignored, np.float64).reshape(-1, 4)).sum(axis=1)
    return right, right | (hidden < IGNORED * boxes[:, 2] * boxes[:, 3])


def overlaps(boxes: NDArray[Any], others: NDArray[Any]) -> NDArray[np.float64]:
    """Intersection over union of each of N boxes with each of M others, (N, M), narrow ones widened."""
    one, other = _widened(boxes), _widened(others)
    shared = shared_areas(one, other)
    whole = (one[:, 2] * one[:, 3])[:, None] + other[:, 2] * other[:, 3] - shared
    return np.asarray(shared / whole, np.float64)


def _widened(boxes: NDArray[Any]) -> NDArray[np.float64]:
    wide = np.maximum(boxes[:, 2], NARROW * boxes[:, 3])
    return np.column_stack([boxes[:, 0] - (wide - boxes[:, 2]) / 2, boxes[:, 1], wide, boxes[:, 3]])


def fit(evidence: Floats, is_digit: NDArray[np.bool_], weights: NDArray[np.float64]) -> Calibration:
    """The logistic regression that makes N labelled candidates likeliest, by Newton's method.

    Args:
        evidence: (N, 8) float32, as `evidence_of` gives it.
        is_digit: (N,) what each of them is.
        weights: (N,) how much each of them counts.
    """
    mean, spread = evidence.mean(axis=0), evidence.std(axis=0) + 1e-6
    basis = np.hstack([(evidence - mean) / spread, np.ones((len(evidence), 1))]).astype(np.float64)
    found = np.zeros(basis.shape[1])
    for _ in range(STEPS):
        probability = 1 / (1 + np.exp(-basis @ found))
        slope = basis.T @ (weights * (probability - is_digit)) + DECAY * found
        curve = (basis * (weights * probability * (1 - probability))[:, None]).T @ basis
        found -= np.linalg.solve(curve + DECAY * np.eye(len(found)), slope)
    scaled = found[:-1] / spread
    return Calibration(tuple(float(weight) for weight in scaled), float(found[-1] - scaled @ mean))


def main() -> None:
    """Calibrate a finder's file anew, as after its classifier has changed, and write its manifest."""
    from train.finder.command import add_sources, sources_of
    from train.finder.material import load_material, load_photographs
    from train.finder.measure import validation_scenes

    parser = argparse.ArgumentParser(prog="python -m train.finder.calibrate", description=main.__doc__)
    parser.add_argument("model", type=Path, help="the finder's .tflite file, its manifest beside it")
    add_sources(parser)
    parser.add_argument("--calibrate", type=Path, required=True, metavar="LABELS", help="labelled photographs")
    parser.add_argument("--classifier", type=Path, default=shipped("models/digits.tflite"), metavar="FILE",
                        help="what will read the finder's candidates (default: the shipped models/digits.tflite)")
    args = parser.parse_args()
    content, manifest = load_bundle(args.model, FinderManifest)
    examples = [*examples_of_pictures(args.calibrate),
                *examples_of_photographs(load_photographs(args.scenes) if args.scenes else ())]
    scenes = examples_of_scenes(validation_scenes(load_material(sources_of(args), validation=True)))
    classifier = Classifier.load(args.classifier)
    made = manifest.made | {"calibrated_for": classifier.manifest.sha256}
    manifest = calibrate(content, classifier, examples, [*scenes], made, manifest.figures)
    save_bundle(args.model, content, manifest)
    print(f"{args.model}: calibrated, threshold {manifest.threshold}")


if __name__ == "__main__":
    main()
