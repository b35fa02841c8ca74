"""Of several candidates at one place one stays, and letters' lines give no digits."""

from dataclasses import replace

import numpy as np
import pytest
from candidates import candidate, labels, likely, line

from recognizer.classification.classifier import NO_DIGIT
from recognizer.detection.by_rules.select import best_of_each, select
from recognizer.detection.by_rules.views import DOUBLE, FULL
from recognizer.detection.candidate import digits_of


def test_the_threshold_decides():
    rows = [likely(3, 0.6)]
    assert labels([candidate(0, 0, 20, 40)], rows, threshold=0.59) == [3]
    assert labels([candidate(0, 0, 20, 40)], rows, threshold=0.61) == []


@pytest.mark.parametrize(("none", "likeness", "wanted"), [(0.02, 0.9, [7]), (0.2, 0.9, []), (0.2, 0.7, [7])])
def test_what_is_surely_a_digit_counts_though_labels_compete(none, likeness, wanted):
    row = np.zeros(NO_DIGIT + 1, np.float32)
    row[[7, 1, NO_DIGIT]] = 0.55, 0.45 - none, none
    one = [candidate(0, 0, 30, 40)]
    assert [d.label for d in digits_of(select(one, row[None], [], 0.5, likeness))] == wanted


@pytest.mark.parametrize(("none", "wanted"), [(0.02, [7]), (0.4, [7]), (0.6, [])])
def test_a_digit_that_was_read_a_moment_ago_is_one_while_that_is_likelier_than_not(none, wanted):
    row = np.zeros(NO_DIGIT + 1, np.float32)
    row[[7, NO_DIGIT]] = 1 - none, none
    (there,) = best_of_each([[(candidate(0, 0, 30, 40), row)]], 0.3, 0.9)
    assert [d.label for d in digits_of(there)] == wanted


def test_of_what_is_at_a_known_place_the_likeliest_is_the_digit():
    there = [candidate(0, 0, 30, 40), candidate(0, 0, 30, 42), candidate(0, 0, 31, 40)]
    rows = [likely(3, 0.7), likely(3, 0.9), likely(NO_DIGIT)]
    first, second = best_of_each([list(zip(there, rows, strict=True)), []], 0.5)
    assert [j.reason for j in first] == ["overlap", "", "unsure"]
    assert second == []


def test_ink_much_fainter_than_what_is_around_it_is_no_company():
    faint = replace(candidate(100, 100, 30, 50), doubt=1.2, contrast=0.15)
    company = [candidate(0, 100, 30, 50), candidate(200, 100, 30, 52)]
    assert labels([faint, *company], [likely(4, 0.99), likely(5), likely(2)]) == [2, 5]


def small(x, look, height):
    """A candidate of 14 by 20 pixels, with a mask of so many rows."""
    return replace(candidate(x, 100, 14, 20), look=look, mask=np.ones((height, height), np.uint8))


def test_small_ink_needs_certainty_or_the_company_of_certain_ink():
    assert labels([small(0, DOUBLE, 40)], [likely(4, 0.95)]) == []
    assert labels([small(0, DOUBLE, 40)], [likely(4, 0.995)]) == [4]
    assert labels([small(0, FULL, 40)], [likely(4, 0.95)]) == [4]  # that isn't small
    row = [small(x, DOUBLE, 40) for x in (0, 40, 80)]
    assert labels(row, [likely(4, 0.95), likely(5, 0.995), likely(6, 0.995)]) == [4, 5, 6]
    assert labels(row, [likely(4, 0.95), likely(5, 0.95), likely(6, 0.995)]) == [6]


def test_a_scrap_on_uneven_ground_inside_a_digit_makes_no_ring_of_it():
    digit, inside = candidate(100, 100, 40, 66), candidate(112, 106, 14, 24)
    rows = [likely(9), likely(6, 0.96)]
    assert labels([digit, inside], rows) == [6]  # such as a digit that somebody drew a ring around
    assert labels([digit, replace(inside, doubt=1.2)], rows) == [9]


@pytest.mark.parametrize(("dark", "probability", "wanted"), [
    (True, 0.9995, [2]), (True, 0.99, []), (False, 0.9995, [])])
def test_a_bold_digit_alone_must_be_beyond_doubt(dark, probability, wanted):
    bold = replace(candidate(100, 100, 110, 130, dark=dark), doubt=1.2)
    assert labels([bold], [likely(2, probability)]) == wanted


def test_a_bare_stroke_alone_needs_certainty():
    assert labels([candidate(0, 0, 10, 50)], [likely(1, 0.8)]) == []
    assert labels([candidate(0, 0, 10, 50)], [likely(1, 0.95)]) == [1]


def test_a_digit_carries_its_likeliest_labels_best_first():
    row = np.full(NO_DIGIT + 1, 0.01, np.float32)
    row[[7, 1, 9]] = 0.7, 0.15, 0.06
    (digit,) = digits_of(select([candidate(5, 6, 20, 40)], row[None], [], 0.5))
    assert digit.box == (5, 6, 20, 40)
    assert [label for label, _ in digit.top] == [7, 1, 9]
    assert digit.confidence == pytest.approx(0.7)


def test_of_two_alike_the_likelier_stays():
    pair = [candidate(0, 0, 30, 50), candidate(2, 1, 30, 50)]
    assert labels(pair, [likely(3, 0.8), likely(8, 0.9)]) == [8]


def test_the_hole_of_a_digit_is_none():
    digit, hole = candidate(0, 0, 40, 60), candidate(8, 10, 20, 35, dark=False)
    assert labels([digit, hole], [likely(0, 0.8), likely(1, 0.99)]) == [0]


def test_a_part_of_a_digit_is_none():
    whole, top = candidate(0, 0, 40, 60), candidate(0, 0, 38, 32)
    assert labels([whole, top], [likely(2, 0.8), likely(7, 0.99)]) == [2]


def test_a_circled_digit_is_read_and_not_its_circle():
    ring, inner = candidate(0, 0, 100, 100), candidate(35, 25, 30, 50)
    assert labels([ring, inner], [likely(0, 0.99), likely(5, 0.9)]) == [5]


def test_two_digits_that_were_also_joined_stay_two():
    both, left, right = candidate(0, 0, 62, 60), candidate(0, 0, 28, 60), candidate(33, 0, 28, 58)
    assert labels([both, left, right], [likely(4, 0.9), likely(1), likely(7)]) == [1, 7]


def test_nothing_gives_nothing():
    assert select([], np.zeros((0, NO_DIGIT + 1), np.float32), [], 0.5) == []


def test_of_two_looks_the_one_on_even_ground_counts():
    pair = [replace(candidate(0, 0, 30, 50), doubt=1.2), candidate(1, 1, 30, 50)]
    assert labels(pair, [likely(3, 0.99), likely(3, 0.97)]) == [3]


def test_ink_on_uneven_ground_needs_the_company_of_digits_of_its_size():
    doubtful, certain = replace(candidate(100, 100, 30, 50), doubt=1.2), likely(4, 0.99)
    company = [candidate(0, 100, 30, 50), candidate(200, 100, 30, 52)]
    rows = [certain, likely(1), likely(2)]
    assert labels([doubtful], [certain]) == []
    assert labels([doubtful, *company], rows) == [1, 2, 4]
    assert labels([doubtful, *(candidate(c.box.x, 100, 60, 100) for c in company)], rows) == [1, 2]


@pytest.mark.parametrize(("doubt", "probability", "counts"), [(1.2, 0.95, True), (2.0, 0.95, False), (2.0, 0.98, True)])
def test_on_ground_of_much_doubt_a_digit_must_be_more_certain(doubt, probability, counts):
    company = [candidate(0, 100, 30, 50), candidate(200, 100, 30, 52)]
    rows = [likely(4, probability), likely(1), likely(2)]
    assert (4 in labels([replace(candidate(100, 100, 30, 50), doubt=doubt), *company], rows)) == counts


def test_every_candidate_has_its_reason():
    digit, hole, other = candidate(0, 0, 40, 60), candidate(8, 10, 20, 35, dark=False), candidate(300, 0, 40, 60)
    blot = candidate(200, 300, 40, 60, refused="shape")
    rows = np.stack([likely(0), likely(1), likely(NO_DIGIT)])
    judged = select([digit, hole, other], rows, [blot], 0.5)
    assert [(j.candidate, j.reason) for j in judged] == [
        (digit, ""), (hole, "overlap"), (other, "no digit"), (blot, "shape")]


def test_the_rarer_polarity_needs_company():
    dark, light = line(3), candidate(400, 300, 20, 30, dark=False)
    rows = [likely(2), likely(3), likely(5)]
    assert labels([*dark, light], [*rows, likely(1)]) == [2, 3, 5]
    assert labels([light], [likely(1)]) == [1]
    row = [light, candidate(430, 300, 20, 30, dark=False)]
    assert labels([*dark, *row], [*rows, likely(1), likely(4)]) == [1, 2, 3, 4, 5]
