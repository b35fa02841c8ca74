"""The finders that there are, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recognizer.classification.classifier import Classifier
from recognizer.core.assets import shipped
from recognizer.core.bundle import load_bundle
from recognizer.detection.by_rules.finder import RuleFinder
from recognizer.detection.finder import Finder, Limits
from recognizer.detection.learned import LearnedFinder
from recognizer.detection.manifest import FinderManifest
from recognizer.detection.network import Network
from recognizer.errors import UsageError


def make_finder(name: str | None, classifier: Classifier, threshold: float | None = None) -> Finder[Any]:
    """Make a finder.

    Args:
        name: one of FINDERS; by default DEFAULT.
        classifier: reads its candidates.
        threshold: labels from this probability on are reported, 0 to 1; by default the models' manifests say.

    Raises:
        UsageError: there is none of this name.
        ModelError: its model is missing, damaged or of another shape.
    """
    if (name or DEFAULT) not in FINDERS:
        raise UsageError(f"finder: expected one of {', '.join(FINDERS)}, found {name}")
    return FINDERS[name or DEFAULT](classifier, threshold)


def _rules(classifier: Classifier, threshold: float | None) -> RuleFinder:
    return RuleFinder(classifier, Limits.of(threshold, classifier.manifest.threshold))


def _learned(classifier: Classifier, threshold: float | None) -> LearnedFinder:
    model = shipped("models/finder.tflite")
    content, manifest = load_bundle(model, FinderManifest)
    limits = Limits.of(threshold, manifest.threshold)
    return LearnedFinder(Network(content, str(model)), manifest, classifier, limits)


FINDERS: dict[str, Callable[[Classifier, float | None], Finder[Any]]] = {"rules": _rules, "learned": _learned}
DEFAULT = "rules"
