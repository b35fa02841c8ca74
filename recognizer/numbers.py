"""Joins digits that stand on one line, close and alike in size, to numbers."""

from __future__ import annotations

from math import prod

from recognizer.lines import Lines, find_lines
from recognizer.marks import WIDEST_GAP
from recognizer.types import COMMA, MINUS, POINT, Box, Digit, Number

MOST_GAP = 0.7  # between two digits of a number, in heights of the taller one


def read_numbers(digits: list[Digit]) -> tuple[tuple[Digit, ...], tuple[Number, ...]]:
    """Put digits in reading order and join them to numbers.

    Args:
        digits: in any order.

    Returns:
        The digits in reading order, and the numbers, top to bottom and left to right; their indices count
        in the returned digits. Every digit belongs to one number.
    """
    lines = find_lines(digits)
    ordered: list[Digit] = []
    numbers = []
    for chain in _in_reading_order(_chains(digits, lines), digits, lines.tilt):
        places = tuple(range(len(ordered), len(ordered) + len(chain)))
        text = _text([digits[i] for i in chain], alone=lines.before[chain[0]] is None)
        ordered += [digits[i] for i in chain]
        members = ordered[-len(chain):]
        numbers.append(Number(text, prod(d.confidence for d in members), Box.around([d.box for d in members]), places))
    return tuple(ordered), tuple(numbers)


def _text(digits: list[Digit], alone: bool) -> str:
    """What a number's digits read with their marks; a dash after another number is a hyphen, no minus."""
    sign = MINUS if alone and digits[0].mark == MINUS else ""
    inner = "".join((d.mark if d.mark in (POINT, COMMA) else "") + str(d.label) for d in digits[1:])
    return f"{sign}{digits[0].label}{inner}"


def _chains(digits: list[Digit], lines: Lines) -> list[list[int]]:
    """Indices of the digits of each number, left to right."""
    after = {i: j for j, i in enumerate(lines.before) if i is not None and _joined(digits[j], lines.gap[j])}
    chains = []
    for start in set(range(len(digits))) - set(after.values()):
        chain = [start]
        while chain[-1] in after:
            chain.append(after[chain[-1]])
        chains.append(chain)
    return chains


def _joined(digit: Digit, gap: float) -> bool:
    """Whether a digit belongs to the number of the one before it, `gap` heights away."""
    return gap <= (WIDEST_GAP if digit.mark in (POINT, COMMA) else MOST_GAP) and digit.mark != MINUS


def _in_reading_order(chains: list[list[int]], digits: list[Digit], tilt: float) -> list[list[int]]:
    """Chains from top to bottom; those that are level, from left to right, along lines of this tilt."""

    def level(chain: list[int]) -> float:
        centres = [digits[i].box.centre for i in chain]
        return sum(y - tilt * x for x, y in centres) / len(centres)

    def height(chain: list[int]) -> int:
        return max(digits[i].box.h for i in chain)

    lines: list[list[list[int]]] = []
    for chain in sorted(chains, key=level):
        if lines and abs(level(chain) - level(lines[-1][-1])) < 0.5 * min(height(chain), height(lines[-1][-1])):
            lines[-1].append(chain)
        else:
            lines.append([chain])
    return [chain for line in lines for chain in sorted(line, key=lambda chain: digits[chain[0]].box.x)]
