"""What was no digit in the last search is passed over while it stays, and only then."""

from dataclasses import replace

import numpy as np
import pytest

from fixtures.paths import ink
from fixtures.strokes import draw_paths
from recognizer.core.frame import Image
from recognizer.core.geometry import Box
from recognizer.detection.by_rules.dismissed import SEARCHES, Dismissed
from recognizer.detection.by_rules.find import search
from recognizer.detection.by_rules.ink import Ink
from recognizer.detection.by_rules.seeds import Seeds
from recognizer.detection.by_rules.views import FULL, Greys, Views
from recognizer.detection.candidate import Reason

SHAPE = 240, 320


def sheet(blots: list[tuple[int, int]], digits: list[tuple[int, float]], noise: int) -> Image:
    """Ragged blots, which are no digits, and digits at a left edge, on paper."""
    rng = np.random.default_rng(noise)
    picture = np.full(SHAPE, 205.0)
    for x, y in blots:
        picture[y : y + 40, x : x + 44] -= 150 * (np.random.default_rng(x).random((40, 44)) < 0.55)
    for label, left in digits:
        paths = [(p * 60 + (left, 150)).astype(np.float32) for p in draw_paths(label, "round", rng, wobble=0)]
        picture -= 150 * ink(paths, SHAPE, 6, rng)
    return (picture + rng.normal(0, 2, SHAPE)).clip(0, 255).astype(np.uint8)


def found(picture: Image, dismissed: Dismissed) -> set[tuple[int, ...]]:
    """The boxes of what may be a digit, on a grid as fine as noise allows."""
    return {tuple(round(side / 4) for side in c.box) for c in search(Views(Greys(picture)), dismissed) if not c.refused}


@pytest.mark.parametrize("noise", range(3))
def test_a_digit_among_what_was_dismissed_is_found_at_once(noise: int) -> None:
    blots = [(40, 30), (150, 40), (220, 60)]
    dismissed = Dismissed()
    before = found(sheet(blots, [], noise), dismissed)
    after = found(sheet(blots, [(3, 60.0)], noise + 10), dismissed)
    assert after - before == found(sheet(blots, [(3, 60.0)], noise + 10), Dismissed()) - before != set()


def seeds(boxes: list[tuple[int, int, int, int]], strength: int = 80) -> Seeds:
    dark, strengths, words = (np.full(len(boxes), value) for value in (True, strength, ""))
    return Seeds(np.array(boxes, np.int32).reshape(-1, 4), dark, strengths.astype(np.int32), words)


REFUSED = [Ink(Box(10, 10, 30, 40), np.zeros((28, 28), np.uint8), 0.6, True, refused=Reason.SHAPE)]


def test_only_ink_that_stays_is_passed_over() -> None:
    dismissed = Dismissed()
    dismissed.begin((320, 240))
    likely = [replace(REFUSED[0], refused=Reason.NONE)]
    dismissed.remember(FULL, seeds([(10, 10, 30, 40), (100, 10, 30, 40)]), [REFUSED, likely])
    dismissed.begin((320, 240))
    assert dismissed.at(FULL, seeds([(11, 9, 30, 41)])) == [REFUSED]
    assert dismissed.at(FULL, seeds([(100, 10, 30, 40)])) == [None]  # it may be a digit
    assert dismissed.at(FULL, seeds([(30, 10, 30, 40)])) == [None]  # it moved
    assert dismissed.at(FULL, seeds([(10, 10, 30, 40)], strength=50)) == [None]  # it became fainter


def test_nothing_is_dismissed_for_good() -> None:
    dismissed, same = Dismissed(), seeds([(10, 10, 30, 40)])
    passed = 0
    for _ in range(SEARCHES + 1):
        dismissed.begin((320, 240))
        known = dismissed.at(FULL, same)
        passed += known == [REFUSED]
        dismissed.remember(FULL, same, [REFUSED])
    assert 0 < passed < SEARCHES


def test_another_size_forgets() -> None:
    dismissed, same = Dismissed(), seeds([(10, 10, 30, 40)])
    dismissed.begin((320, 240))
    dismissed.remember(FULL, same, [REFUSED])
    dismissed.begin((640, 480))
    assert dismissed.at(FULL, same) == [None]


def test_the_other_polarity_is_kept_for_later() -> None:
    dismissed, dark = Dismissed(), seeds([(10, 10, 30, 40)])
    dismissed.begin((320, 240))
    dismissed.remember(FULL, dark, [REFUSED])
    dismissed.begin((320, 240), (False,))
    dismissed.remember(FULL, seeds([]), [])
    dismissed.begin((320, 240))
    assert dismissed.at(FULL, dark) == [REFUSED]
