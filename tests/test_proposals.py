"""The network's maps become boxes: its peaks, none twice."""

import numpy as np
import pytest

from recognizer.detection.network import STRIDE, WINDOW, Maps, network_input
from recognizer.detection.proposals import distinct, propose


def maps_with(*boxes, size=(40, 60), scale=0.5, logit=2.0):
    """Maps whose centres have a peak in the middle of each box, x, y, w, h in pixels of the frame."""
    centre = np.full(size, -9, np.float32)
    reach = np.zeros((*size, 4), np.float32)
    for x, y, w, h in boxes:
        column, row = (int((at + side / 2) * scale / STRIDE) for at, side in ((x, w), (y, h)))
        middle = (column + 0.5) * STRIDE / scale, (row + 0.5) * STRIDE / scale
        sides = middle[0] - x, middle[1] - y, x + w - middle[0], y + h - middle[1]
        centre[row, column] = logit
        reach[row, column] = np.log(np.array(sides) * scale / STRIDE)
    return Maps(centre, reach, np.zeros((2 * size[0], 2 * size[1], 2), np.uint8), (scale, scale))


def test_a_peak_s_box_comes_out_in_pixels_of_the_frame():
    boxes = [(40, 40, 50, 70), (200, 100, 30, 90), (300, 200, 66, 60)]
    found = propose((maps_with(*boxes),), least=0)
    assert sorted(found.boxes.tolist()) == pytest.approx(np.array(boxes, np.float64), abs=0.01)


def test_of_two_scales_the_surer_box_stays():
    found = propose((maps_with((40, 40, 50, 70), logit=1), maps_with((44, 38, 52, 74), scale=0.25, logit=3)), least=0)
    assert found.logits.tolist() == [3]
    assert found.maps.tolist() == [1]


def test_what_is_less_likely_or_too_small_is_left_out():
    assert not len(propose((maps_with((40, 40, 50, 70), logit=-1),), least=0).boxes)
    assert not len(propose((maps_with((40, 40, 10, 12)),), least=0).boxes)
    assert propose((maps_with(),), least=0).boxes.shape == (0, 4)


def overlap(one, other, of_smaller):
    """By the definition, one pair at a time."""
    def wide(box):
        extra = max(0.0, 0.4 * box[3] - box[2])
        return box[0] - extra / 2, box[1], box[2] + extra, box[3]
    (ax, ay, aw, ah), (bx, by, bw, bh) = wide(one), wide(other)
    w, h = min(ax + aw, bx + bw) - max(ax, bx), min(ay + ah, by + bh) - max(ay, by)
    both = max(0.0, w) * max(0.0, h)
    return both / (min(aw * ah, bw * bh) if of_smaller else aw * ah + bw * bh - both)


@pytest.mark.parametrize("of_smaller", [False, True])
def test_of_boxes_at_one_place_the_first_stays(of_smaller):
    rng = np.random.default_rng(5)
    boxes = np.hstack([rng.uniform(0, 100, (60, 2)), rng.uniform(4, 50, (60, 2))]).astype(np.float32)
    expected = []
    for place, box in enumerate(boxes.tolist()):
        if all(overlap(box, boxes[other].tolist(), of_smaller) < 0.4 for other in expected):
            expected.append(place)
    assert distinct(boxes, 0.4, of_smaller) == expected


def test_the_network_is_shown_tones_and_how_they_stand_out():
    rng = np.random.default_rng(2)
    grey = rng.integers(0, 256, (50, 70)).astype(np.uint8)
    shown = network_input(grey)
    assert shown.shape == (50, 70, 2)
    assert shown.dtype == np.float32
    assert shown[..., 0] == pytest.approx(grey / 255 - 0.5, abs=1e-6)
    tones = np.log(grey + 10.0)
    padded = np.pad(tones, WINDOW // 2, mode="symmetric")
    light = np.array([[padded[y : y + WINDOW, x : x + WINDOW].mean() for x in range(70)] for y in range(50)])
    contrast = 6 * (tones - light)
    assert shown[..., 1] == pytest.approx(contrast / (1 + abs(contrast)), abs=1e-4)
