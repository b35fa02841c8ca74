"""python -m benchmarks.ablation LABELS [SCENES]: what each rule between the networks and the digits earns.

Each row reads the same photographs with one rule switched off, by the finder's settings or its manifest. LABELS is a
list as `python -m benchmarks.pictures` takes it, SCENES a folder of photographs without digits likewise. Nothing is
fitted anew without what is switched off: of evidence its mean over the candidates is kept instead.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean

import numpy as np

from benchmarks.measure import print_table
from benchmarks.pictures import Counts, false_alarms
from recognizer.classification.classifier import Classifier
from recognizer.core.assets import shipped
from recognizer.core.bundle import load_bundle
from recognizer.core.clock import Clock
from recognizer.core.frame import Frame, Image
from recognizer.core.geometry import Box
from recognizer.detection.candidate import digits_of
from recognizer.detection.evidence import KINDS
from recognizer.detection.finder import SETTINGS, Finder, evidence_of
from recognizer.detection.manifest import FinderManifest
from recognizer.detection.network import Floats, Network
from recognizer.detection.state import FinderSettings, Limits
from recognizer.numbers.forms import in_boxes
from recognizer.numbers.punctuation import mark
from recognizer.numbers.signs.mistaken import without_signs
from recognizer.reading import Reading
from recognizer.sources.images.picture import read_picture
from train.evaluation.photographs import records

HEADER = ("without", "F1 with negatives", "recall", "label right", "false a scene", "processor, ms a picture")
EVIDENCE = {
    "what the finder says of the centre": ("centre",), "what the finder says of the ink": ("ink",),
    "the size": ("size",), "the neighbours": ("company", "taller", "lower"),
    "what the classifier says": ("digit", "label"),
}


@dataclass(frozen=True)
class Rules:
    """A way to read photographs.

    Attributes:
        settings, manifest, limits: of the finder.
        signs: what are signs by their shape are taken out.
        marks: so is what is a mark beside a digit.
    """

    manifest: FinderManifest
    limits: Limits
    settings: FinderSettings = SETTINGS
    signs: bool = True
    marks: bool = True


class Reader:
    """Reads photographs by some rules, their numbers left out; with the networks given, which are shared."""

    def __init__(self, network: Network, classifier: Classifier, rules: Rules) -> None:
        self._rules = rules
        self.finder = Finder(network, rules.manifest, classifier, rules.limits, rules.settings)
        self.times: list[float] = []  # milliseconds of processor time a picture

    def read(self, image: Image) -> Reading:
        start = time.process_time()
        found = self.finder.find(image, self.finder.memory(moving=False), Clock())
        grey = found.pyramid.level(0)
        digits = digits_of(found.candidates)
        digits = in_boxes(found.pyramid, digits) if self._rules.marks else digits
        digits = without_signs(grey, digits) if self._rules.signs else digits
        digits = mark(grey, digits) if self._rules.marks else digits
        self.times.append(1000 * (time.process_time() - start))
        return Reading(Frame(image), tuple(digits), judged=tuple(found.candidates))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ablation", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path, metavar="LABELS")
    parser.add_argument("scenes", type=Path, nargs="?", metavar="SCENES")
    parser.add_argument("--only", metavar="WORD", help="rows whose names hold this word, and the first")
    args = parser.parse_args()
    content, manifest = load_bundle(shipped("models/finder.tflite"), FinderManifest)
    network, classifier = Network(content), Classifier.load(shipped("models/digits.tflite"))
    pictures = [(read_picture(path), wanted) for path, wanted in records(args.labels)]
    whole = Rules(manifest, Limits.of(None, manifest.threshold))
    usual = _usual(Reader(network, classifier, whole), pictures)
    rows = [_row(name, Reader(network, classifier, rules), pictures, args.scenes)
            for name, rules in _ways(whole, usual) if not args.only or name == "nothing" or args.only in name]
    print_table(rows, "Each rule left out alone; where nothing gets worse, the rule earns nothing here.", HEADER)


def _ways(whole: Rules, usual: Floats) -> Iterator[tuple[str, Rules]]:
    """Each rule's name with the rules that are left without it."""
    yield "nothing", whole
    manifest, settings, limits = whole.manifest, whole.settings, whole.limits
    for side in manifest.sides:
        rest = tuple(other for other in manifest.sides if other != side)
        yield f"the pyramid's side of {side}", replace(whole, manifest=replace(manifest, sides=rest))
    for name, kinds in EVIDENCE.items():
        yield name, replace(whole, manifest=_without(manifest, kinds, usual))
    yield "one digit a place", replace(whole, settings=replace(settings, one_place=2.0))
    yield "refusing what the border cuts", replace(whole, settings=replace(settings, border=False))
    yield "turning tilted lines upright", replace(whole, settings=replace(settings, upright=False))
    yield "making small pictures larger", replace(whole, settings=replace(settings, larger=1.0))
    yield "the least probability of a label", replace(whole, limits=replace(limits, label=0.0))
    yield "telling signs by their shape", replace(whole, signs=False)
    yield "marks beside digits, boxes around them", replace(whole, marks=False)


def _without(manifest: FinderManifest, kinds: tuple[str, ...], usual: Floats) -> FinderManifest:
    """The calibration in which some kinds of evidence are as usual everywhere."""
    off = [kind in kinds for kind in KINDS]
    weights = np.array(manifest.weights)
    bias = manifest.bias + float((weights * usual)[off].sum())
    return replace(manifest, weights=tuple(np.where(off, 0.0, weights).tolist()), bias=bias)


def _usual(reader: Reader, pictures: list[tuple[Image, list[tuple[str, Box]]]]) -> Floats:
    """The mean of each kind of evidence, (8,): as much over the digits as over what is none."""
    evidence, digit = [], []
    for image, _ in pictures:
        candidates, logits = reader.finder.candidates(image, reader.finder.memory(moving=False), Clock())
        if candidates:
            evidence.append(evidence_of(candidates, logits))
            digit.append(logits.argmax(axis=1) < logits.shape[1] - 1)
    seen, is_digit = np.vstack(evidence), np.concatenate(digit)
    means = [seen[which].mean(axis=0) for which in (is_digit, ~is_digit) if which.any()]
    return np.asarray(np.mean(means, axis=0), np.float32)


def _row(
    name: str, reader: Reader, pictures: list[tuple[Image, list[tuple[str, Box]]]], scenes: Path | None
) -> tuple[str, ...]:
    counts = Counts()
    for image, wanted in pictures:
        counts.add(reader.read(image), wanted)
    took = mean(reader.times)
    counts.times += [0.0, 0.0]
    _, _, _, score, recall, label, *_ = counts.row(name)
    alarms = [*false_alarms(reader, scenes)][-1] if scenes else "–"
    return name, score, recall, label, alarms, f"{took:.0f}"


if __name__ == "__main__":
    main()
