"""The ink of a digit is cut out as it was drawn, whatever the light, the size and what stands beside it."""

import cv2
import numpy as np
import pytest

from fixtures.paths import ink
from fixtures.strokes import draw_paths
from recognizer.core.frame import Pyramid
from recognizer.detection.ink import cut_again, cut_ink
from recognizer.detection.network import Maps
from recognizer.detection.proposals import Proposals

SHAPE = (480, 640)
SCALE = 0.5  # pixels of the network's picture for one of the page


def drawn(label, style, x, y, height, thickness):
    """How much of each pixel of a page a digit covers, (480, 640), 0 to 1."""
    rng = np.random.default_rng(3)
    paths = [(p * height + (x, y)).astype(np.float32) for p in draw_paths(label, style, rng, wobble=0)]
    return ink(paths, SHAPE, thickness, rng)


def box_of(coverage):
    rows, columns = np.nonzero(coverage > 0.5)
    return np.float32([columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1])


def page(coverage, paper=200.0, pen=60.0):
    return (paper + (pen - paper) * coverage).clip(0, 255).astype(np.uint8)


def maps_of(digit, other=None):
    """What a network that sees all would tell of a page at half its size."""
    cells = SHAPE[0] // 8, SHAPE[1] // 8
    planes = [digit, np.zeros(SHAPE) if other is None else other]
    small = [cv2.resize(plane, (2 * cells[1], 2 * cells[0]), interpolation=cv2.INTER_AREA) for plane in planes]
    map_ = (255 * np.dstack(small)).clip(0, 255).astype(np.uint8)
    return Maps(np.zeros(cells, np.float32), np.zeros((*cells, 4), np.float32), map_, (SCALE, SCALE))


def proposals_of(*boxes):
    return Proposals(np.float32(boxes), np.ones(len(boxes), np.float32), np.zeros(len(boxes), np.intp))


def agreement(found, coverage):
    """Intersection over union of a cut mask, brought back to the page, with what was drawn."""
    x, y, w, h = found.box
    mask = np.zeros(SHAPE, np.uint8)
    left, top = round(float(x)), round(float(y))
    part = cv2.resize(found.mask, (round(float(w)), round(float(h))), interpolation=cv2.INTER_LINEAR) > 127
    mask[top : top + part.shape[0], left : left + part.shape[1]] = part
    truth = coverage > 0.5
    return (truth & (mask > 0)).sum() / (truth | (mask > 0)).sum()


@pytest.mark.parametrize("height", [20, 60, 200, 340])
@pytest.mark.parametrize(("paper", "pen"), [(200, 60), (60, 190), (180, 150)])
def test_a_digit_is_cut_out_as_it_was_drawn(height, paper, pen):
    coverage = drawn(3, "round", 100, 80, height, height / 9)
    (found, *_) = cut_ink(Pyramid(page(coverage, paper, pen)), (maps_of(coverage),), proposals_of(box_of(coverage)))
    assert agreement(found, coverage) > (0.75 if height == 20 else 0.85)
    assert (found.contrast > 0) == (pen < paper)
    assert abs(found.contrast) == pytest.approx(abs(paper - pen), rel=0.3)


def test_light_that_falls_off_is_taken_out():
    coverage = drawn(5, "one stroke", 100, 100, 120, 10)
    lit = (page(coverage) * np.linspace(1, 0.3, SHAPE[1])).astype(np.uint8)
    (found, *_) = cut_ink(Pyramid(lit), (maps_of(coverage),), proposals_of(box_of(coverage)))
    assert agreement(found, coverage) > 0.85


def test_a_box_that_is_a_little_off_still_gives_all_of_a_digit_that_stands_free():
    coverage = drawn(8, "one stroke", 100, 100, 120, 10)
    box = box_of(coverage) + np.float32([12, -10, -14, 6])
    (found, *_) = cut_ink(Pyramid(page(coverage)), (maps_of(coverage),), proposals_of(box))
    assert agreement(found, coverage) > 0.85


def test_what_a_digit_runs_on_into_is_cut_off_at_its_box():
    digit = drawn(3, "round", 100, 100, 120, 10)
    line = np.zeros(SHAPE)
    line[156:164] = 1  # through its middle, from edge to edge
    both = np.maximum(digit, line)
    found = cut_ink(Pyramid(page(both)), (maps_of(digit, np.where(digit > 0.5, 0, line)),), proposals_of(box_of(digit)))
    assert found
    assert all(agreement(one, digit) > 0.7 for one in found)


def test_a_neighbour_in_the_tile_is_left_out():
    one, other = drawn(1, "hooked", 100, 100, 100, 9), drawn(4, "closed", 150, 100, 100, 9)
    both = np.maximum(one, other)
    maps = (maps_of(both),)
    found = cut_ink(Pyramid(page(both)), maps, proposals_of(box_of(one), box_of(other)))
    first = {ink.tile: ink for ink in reversed(found)}
    assert agreement(first[0], one) > 0.85
    assert agreement(first[1], other) > 0.85


def test_nothing_is_cut_where_there_is_no_ink():
    coverage = np.zeros(SHAPE)
    assert cut_ink(Pyramid(page(coverage)), (maps_of(coverage),), proposals_of((100, 100, 60, 90))) == []


def test_a_digit_is_cut_out_again_where_it_went():
    before, now = drawn(3, "round", 100, 100, 120, 10), drawn(3, "round", 118, 92, 120, 10)
    (known, *_) = cut_ink(Pyramid(page(before)), (maps_of(before),), proposals_of(box_of(before)))
    (again,) = cut_again(Pyramid(page(now)), [known], known.box[None])
    assert agreement(again, now) > 0.85
    assert again.belief == known.belief


def test_a_digit_that_is_gone_is_not_cut_out_again():
    before = drawn(3, "round", 100, 100, 120, 10)
    (known, *_) = cut_ink(Pyramid(page(before)), (maps_of(before),), proposals_of(box_of(before)))
    assert cut_again(Pyramid(page(np.zeros(SHAPE))), [known], known.box[None]) == []
    larger = drawn(3, "round", 60, 20, 260, 20)
    assert cut_again(Pyramid(page(larger)), [known], known.box[None]) == []
