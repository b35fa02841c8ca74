"""The finders that there are, by name."""

from __future__ import annotations

from typing import Any

from recognizer.classification.classifier import Classifier
from recognizer.detection.by_rules.finder import RuleFinder
from recognizer.detection.finder import Finder
from recognizer.errors import UsageError

FINDERS = {"rules": RuleFinder}


def make_finder(name: str, classifier: Classifier, threshold: float, likeness: float) -> Finder[Any]:
    """Make a finder.

    Args:
        name: one of FINDERS.
        classifier: reads its candidates.
        threshold: a label counts from this probability on, 0 to 1.
        likeness: and from this probability on that it is a digit at all.

    Raises:
        UsageError: there is none of this name.
    """
    if name not in FINDERS:
        raise UsageError(f"finder: expected one of {', '.join(FINDERS)}, found {name}")
    return FINDERS[name](classifier, threshold, likeness)
