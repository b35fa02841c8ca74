"""Of several candidates at one place one stays, and letters' lines give no digits."""

from dataclasses import replace

import numpy as np
import pytest

from recognizer.classification.classifier import NO_DIGIT
from recognizer.core.geometry import Box
from recognizer.detection.by_rules.find import NO_CROP
from recognizer.detection.by_rules.ink import Ink
from recognizer.detection.by_rules.letters import are_letters
from recognizer.detection.by_rules.select import best_of_each, select
from recognizer.detection.by_rules.views import DOUBLE, FULL
from recognizer.detection.candidate import Reason, digits_of


def candidate(x, y, w, h, dark=True, refused=""):
    return Ink(Box(x, y, w, h), NO_CROP, 0.5, dark, refused=Reason(refused))


def likely(label, probability=0.95):
    row = np.zeros(NO_DIGIT + 1, np.float32)
    row[label] = probability
    row[NO_DIGIT if label != NO_DIGIT else 0] += 1 - probability
    return row


def labels(candidates, rows, refused=(), threshold=0.5):
    return sorted(d.label for d in digits_of(select(candidates, np.stack(rows), list(refused), threshold)))


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


def test_a_digit_too_bold_and_clutter_beside_the_sheet_make_no_letters_of_a_line():
    line = [candidate(284, 330, 26, 80), candidate(504, 324, 82, 82), candidate(636, 324, 32, 76),
            candidate(730, 320, 74, 82), candidate(874, 318, 48, 80)]
    bold = [candidate(368, 328, 80, 80, refused="shape"), candidate(376, 327, 72, 44, refused="shape")]
    clutter = [candidate(167, 333, 74, 97, refused="ground"), candidate(242, 346, 10, 64, refused="crowd")]
    rows = [likely(label, 0.99) for label in (1, 6, 1, 0, 7)]
    assert labels(line, rows, bold + clutter) == [0, 1, 1, 6, 7]
    word = [candidate(left, 330, 60, 80) for left in (50, 120, 190, 410)]
    assert labels(line + word, rows + [likely(NO_DIGIT, 0.99)] * 4, bold) == []


def test_a_large_digit_is_no_capital_of_smaller_things_some_way_off():
    large, clutter = [candidate(516, 228, 248, 268)], [candidate(left, 270, 90, 130) for left in (888, 1000)]
    none = [likely(NO_DIGIT, 0.99)] * 2
    assert labels(large + clutter, [likely(3, 0.99), *none]) == [3]
    near = [candidate(left, 270, 90, 130) for left in (780, 890)]
    assert labels(large + near, [likely(3, 0.99), *none]) == []


@pytest.mark.parametrize(("dark", "probability", "wanted"), [
    (True, 0.9995, [2]), (True, 0.99, []), (False, 0.9995, [])])
def test_a_bold_digit_alone_must_be_beyond_doubt(dark, probability, wanted):
    bold = replace(candidate(100, 100, 110, 130, dark=dark), doubt=1.2)
    assert labels([bold], [likely(2, probability)]) == wanted


def test_a_bare_stroke_alone_needs_certainty():
    assert labels([candidate(0, 0, 10, 50)], [likely(1, 0.8)]) == []
    assert labels([candidate(0, 0, 10, 50)], [likely(1, 0.95)]) == [1]


def test_the_cell_of_a_table_that_holds_a_digit_is_no_letter():
    cells = [candidate(30 * i - 4, 92, 28, 46, refused="crowd") for i in range(3)]
    assert labels(line(1), [likely(5)], cells[:1]) == [5]
    assert labels(line(1), [likely(5)], cells[1:]) == []


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


def line(count, x=0, step=30):
    return [candidate(x + step * i, 100, 20, 30) for i in range(count)]


def test_a_digit_among_letters_is_a_letter():
    candidates = line(5)
    rows = [likely(NO_DIGIT), likely(0), likely(NO_DIGIT), likely(NO_DIGIT), likely(NO_DIGIT)]
    assert labels(candidates, rows) == []


def test_refused_ink_counts_as_letters():
    rows = [likely(5)]
    others = [candidate(30 * i, 100, 20, 30, refused="ground") for i in (1, 2, 3)]
    assert labels(line(1), rows) == [5]
    assert labels(line(1), rows, others) == []


def test_a_letter_among_digits_takes_none_of_them_away():
    rows = [likely(2), likely(0), likely(NO_DIGIT), likely(2), likely(6)]
    assert labels(line(5), rows) == [0, 2, 2, 6]


def test_lines_end_where_the_gap_is_wide():
    words, number = line(4), line(3, x=4 * 30 + 40)
    like = np.array([0, 0, 0, 0, 1, 1, 1], np.float32)
    np.testing.assert_array_equal(are_letters(words + number, like, like > 0), like == 0)


@pytest.mark.parametrize(("written", "certain", "space", "wanted"), [
    ((2, 4), 0.99, 20, [2, 4]), ((1, 0), 0.99, 20, []), ((1, 4), 0.99, 20, [1, 4]),
    ((2, 4), 0.95, 20, []), ((2,), 0.99, 20, []), ((2, 4), 0.99, 10, [])])
def test_a_number_among_words_has_two_certain_digits_and_one_that_no_letter_looks_like(written, certain, space, wanted):
    word, number = line(4), line(len(written), x=4 * 30 - 10 + space)
    rows = [likely(NO_DIGIT)] * 4 + [likely(label, certain) for label in written]
    assert labels(word + number, rows) == wanted


@pytest.mark.parametrize(("last", "wanted"), [(5, []), (4, [0, 4])])
def test_what_looks_like_letters_on_both_sides_of_one_is_letters(last, wanted):
    assert labels(line(3), [likely(0), likely(NO_DIGIT), likely(last)]) == wanted


@pytest.mark.parametrize(("space", "wanted"), [(45, []), (75, [0, 5])])
def test_what_looks_like_letters_and_stands_beside_a_word_is_letters(space, wanted):
    word, number = line(4), line(2, x=4 * 30 - 10 + space)
    assert labels(word + number, [likely(NO_DIGIT)] * 4 + [likely(5, 0.99), likely(0, 0.99)]) == wanted


def test_nothing_gives_nothing():
    assert select([], np.zeros((0, NO_DIGIT + 1), np.float32), [], 0.5) == []


def test_digits_that_were_also_joined_to_a_word_are_digits():
    digits, word = line(3, step=24), candidate(0, 100, 68, 30)
    assert labels([*digits, word], [likely(2), likely(5), likely(7), likely(NO_DIGIT, 1.0)]) == [2, 5, 7]


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
