"""Letters' lines give no digits, but for the numbers in them."""


import numpy as np
import pytest
from candidates import candidate, labels, likely, line

from recognizer.classification.classifier import NO_DIGIT
from recognizer.detection.by_rules.letters import are_letters


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


def test_the_cell_of_a_table_that_holds_a_digit_is_no_letter():
    cells = [candidate(30 * i - 4, 92, 28, 46, refused="crowd") for i in range(3)]
    assert labels(line(1), [likely(5)], cells[:1]) == [5]
    assert labels(line(1), [likely(5)], cells[1:]) == []


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


def test_digits_that_were_also_joined_to_a_word_are_digits():
    digits, word = line(3, step=24), candidate(0, 100, 68, 30)
    assert labels([*digits, word], [likely(2), likely(5), likely(7), likely(NO_DIGIT, 1.0)]) == [2, 5, 7]
