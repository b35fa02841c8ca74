"""Tells letters that look like digits by the lines they stand in: an l among letters is no 1, and an O no 0."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recognizer.classification.classifier import NO_DIGIT
from recognizer.core.geometry import shared_areas
from recognizer.detection.by_rules.ink import Ink
from recognizer.detection.candidate import Reason

ROW_GAP, LINE_GAP, WORD_GAP = 2.0, 0.9, 0.45  # between neighbours of words far apart, of a line, of a word, in heights
LETTER_ALIKE, WORD_ALIKE = 2.2, 1.6  # heights in a line differ by less than this factor; an arrow is no word
WIDEST = 1.7  # width over height that a single digit may have
SLIM = 0.45  # width over height under which a piece is a bare stroke
MADE_OF = 0.6  # of a piece's width, the share that digits must cover for it to be no more than them; and of theirs
UNREAD = 0.5  # what refused pieces of a line count against those that the network took for no digits
LEAST_SHARE, LEAST_ALIKE = 0.5, 0.8  # of a line that must be digits, and where all of those look like letters
LIKE_LETTERS = (0, 1, 5, 9)  # O, l, S and g
NUMBER, CERTAIN = 2, 0.98  # so many digits that are this certain make a number

Flags = NDArray[np.bool_]
Groups = NDArray[np.intp]


def among_letters(
    digits: list[Ink], probabilities: NDArray[np.float32], rest: list[Ink], rest_like: NDArray[np.float32]
) -> Flags:
    """Which of the likely digits of a frame are letters.

    Args:
        digits: N.
        probabilities: (N, 11) float32, one row a digit, the last column "no digit".
        rest: M other pieces of ink.
        rest_like: (M,) float32, the probabilities that they are digits.

    Returns:
        (N,) bool.
    """
    beside = _once(rest, _beside(rest, digits))
    digit_like = np.concatenate([1 - probabilities[:, NO_DIGIT], rest_like[beside]])
    telling = np.zeros(len(digit_like), bool)
    telling[: len(digits)] = ~np.isin(probabilities[:, :NO_DIGIT].argmax(axis=1), LIKE_LETTERS)
    return are_letters(digits + [rest[i] for i in beside], digit_like, telling)[: len(digits)]


def are_letters(candidates: list[Ink], digit_like: NDArray[np.float32], telling: Flags) -> Flags:
    """Which candidates stand in a line that is mostly letters.

    A line is what is linked by closeness: alike in height, level, and less than a height apart, of the lower one where
    they are of two sizes: a large digit among other things is no capital. In a line of letters a word stays that is a
    number. Where all digits look like letters the line must be clearer, and what is farther away on it counts too.

    Args:
        candidates: N of one frame.
        digit_like: (N,) float32, the probabilities that they are digits.
        telling: (N,) bool, what looks like a digit that no letter looks like.

    Returns:
        (N,) bool.
    """
    if not candidates:
        return np.zeros(0, bool)
    x, y, w, h = np.array([c.box for c in candidates], np.float32).T
    dark = np.array([c.dark for c in candidates])
    tall, low = np.maximum(h[:, None], h), np.minimum(h[:, None], h)
    gap = np.maximum(x[:, None], x) - np.minimum((x + w)[:, None], x + w)
    level = np.abs((y + h / 2)[:, None] - (y + h / 2))
    reach = np.where(tall < WORD_ALIKE * low, tall, low)
    beside = (gap < ROW_GAP * reach) & (gap > -0.4 * np.minimum(w[:, None], w))
    wide = w > WIDEST * h
    alike = tall < np.where(wide[:, None] | wide, WORD_ALIKE, LETTER_ALIKE) * low
    linked = beside & alike & (level < 0.5 * low) & (dark[:, None] == dark)
    np.fill_diagonal(linked, True)
    row, line, word = (_groups(linked & (gap < most * reach)) for most in (ROW_GAP, LINE_GAP, WORD_GAP))
    # A bare stroke tells nothing: it is a 1, an l or a letter's stem. Wide pieces are several letters.
    characters = np.where(w < SLIM * h, 0.1, np.maximum(1, w / (0.7 * h)))
    # What the network wasn't asked about may be a letter, or clutter beside the sheet, or a digit that is too bold.
    characters[[bool(c.refused) for c in candidates]] *= UNREAD
    single = np.where(wide, 0, digit_like)

    def lacks_digits(group: Groups, least: float) -> Flags:
        size = np.bincount(group, characters)
        lacks: Flags = ((size > 1.05) & (np.bincount(group, characters * single) < least * size))[group]
        return lacks

    number = (np.bincount(word)[word] >= NUMBER) & (np.bincount(word, single < CERTAIN)[word] == 0)
    clear = np.bincount(line, telling)[line] > 0
    clear_number = number & (np.bincount(word, telling)[word] > 0)
    in_words = lacks_digits(line, LEAST_SHARE) & ~clear_number
    unclear = lacks_digits(row, LEAST_SHARE) | (lacks_digits(line, LEAST_ALIKE) & ~number)
    letters: Flags = in_words | (unclear & ~clear)
    return letters


def _groups(linked: Flags) -> Groups:
    """The number, from 0 on, of the connected group that each of N nodes is in, from their (N, N) symmetric links."""
    group = np.arange(len(linked))
    while True:
        lowest = np.where(linked, group, len(linked)).min(axis=1)
        if (lowest == group).all():
            return np.unique(group, return_inverse=True)[1]
        group = lowest


def _beside(rest: list[Ink], digits: list[Ink]) -> NDArray[np.intp]:
    """Indices of those of the rest that are level with a digit and not mostly made of digits.

    What one look refused and another took is no letter, nor is what runs several digits together, nor the cell of a
    table that holds one.
    """
    if not rest or not digits:
        return np.zeros(0, np.intp)
    (x, y, w, h), (left, top, wide, high) = (np.array([c.box for c in cs], np.float32).T for cs in (rest, digits))
    level = np.abs((y + h / 2)[:, None] - (top + high / 2)) < h[:, None] + high
    across = np.minimum((x + w)[:, None], left + wide) - np.maximum(x[:, None], left)
    down = np.minimum((y + h)[:, None], top + high) - np.maximum(y[:, None], top)
    covered = (np.clip(across, 0, None) * (down > 0.5 * np.minimum(h[:, None], high))).sum(axis=1)
    inside = (across >= MADE_OF * wide) & (down >= MADE_OF * high)
    cell = inside.any(axis=1) & np.array([c.refused == Reason.CROWD for c in rest])
    return np.flatnonzero(level.any(axis=1) & (covered < MADE_OF * w) & ~cell)


def _once(candidates: list[Ink], chosen: NDArray[np.intp]) -> NDArray[np.intp]:
    """Those of the chosen indices whose candidates aren't nearly at the place of one before: one ink is one letter."""
    boxes = np.array([candidates[k].box for k in chosen.tolist()], np.float32).reshape(-1, 4)
    area = boxes[:, 2] * boxes[:, 3]
    alike: Flags = 3 * shared_areas(boxes, boxes) > area[:, None] + area  # over a half of what both cover is shared
    twice: Flags = np.asarray(np.tril(alike, -1).any(axis=1), bool)
    kept = ~twice
    for place in np.flatnonzero(twice):
        kept[place] = not (alike[place, :place] & kept[:place]).any()
    once: NDArray[np.intp] = chosen[kept]
    return once
