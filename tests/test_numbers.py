"""Digits become numbers in the order in which a person reads them."""

import itertools
from dataclasses import replace

import pytest

from recognizer.core.digits import Digit
from recognizer.core.geometry import Box
from recognizer.numbers.grouping import arrange, join, read_numbers
from recognizer.tracking.tracker import Tracker


def digits(text, x, y, height=40, gap=8, slope=0.0, confidence=0.9):
    width = round(height * 0.6)
    step = width + gap
    return [Digit(int(c), confidence, Box(x + i * step, round(y + i * step * slope), width, height))
            for i, c in enumerate(text)]


def texts(found):
    return [n.text for n in read_numbers(found)[1]]


def test_order_of_arrival_does_not_matter():
    found = digits("731", 100, 50)
    for order in itertools.permutations(found):
        assert texts(list(order)) == ["731"]


def test_lines_are_read_from_top_to_bottom_and_left_to_right():
    found = digits("9160", 100, 200) + digits("48", 100, 50) + digits("5", 400, 60)
    assert texts(found) == ["48", "5", "9160"]


@pytest.mark.parametrize("slope", [-0.3, 0.3])
def test_a_tilted_line_is_one_number(slope):
    assert texts(digits("1620", 100, 300, slope=slope)) == ["1620"]


def test_digits_far_apart_are_numbers_of_their_own():
    assert texts(digits("358", 0, 0, height=40, gap=60)) == ["3", "5", "8"]


def test_digits_of_other_size_are_numbers_of_their_own():
    assert texts(digits("4", 0, 0, height=100) + digits("2", 64, 30, height=30)) == ["4", "2"]


def test_indices_point_into_the_digits_that_are_returned():
    ordered, numbers = read_numbers(digits("20", 300, 10) + digits("17", 10, 200))
    for number in numbers:
        assert "".join(str(ordered[i].label) for i in number.digits) == number.text
        assert number.box == Box.around([ordered[i].box for i in number.digits])
    assert sorted(i for n in numbers for i in n.digits) == list(range(4))


def test_a_number_is_as_sure_as_all_its_digits_together():
    (number,) = read_numbers(digits("12", 0, 0, confidence=0.5))[1]
    assert number.confidence == pytest.approx(0.25)


def test_nothing_gives_nothing():
    assert read_numbers([]) == ((), ())


def test_from_frame_to_frame_digits_that_part_or_gain_a_mark_are_joined_anew():
    tracker, chains = Tracker(), []

    def read(row):
        nonlocal chains
        before = tracker.arrangement
        shown = tracker.update(row, (1000, 1000))
        anew = tracker.arrangement != before
        chains = arrange(shown) if anew else chains
        return [n.text for n in join(shown, chains)[1]], anew

    row = [replace(d, seen=(d.label, 0.9)) for d in digits("31", 100, 100)]
    trembling = [[replace(d, box=d.box.moved(2 * frame + frame % 2 * i, 1)) for i, d in enumerate(row)]
                 for frame in range(9)]
    assert [read(frame) for frame in trembling[:2]] == [([], False), (["31"], True)]
    assert [read(frame) for frame in trembling[2:]] == [(["31"], False)] * 7
    point = [row[0], replace(row[1], mark=".")]
    assert "3.1" in [read(point)[0][0] for _ in range(10)]
    for step in range(10, 60, 10):
        texts, anew = read([point[0], replace(point[1], box=point[1].box.moved(step, 0))])
        assert anew
    assert texts == ["3", "1"]
