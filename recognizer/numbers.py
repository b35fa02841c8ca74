"""Joins digits that stand on one line, close and alike in size, to numbers."""

from __future__ import annotations

from math import prod

from recognizer.types import Box, Digit, Number

MOST_GAP = 0.7  # between two digits of a number, in heights of the taller one
MOST_STEP = 0.45  # from centre to centre across the line, likewise
MOST_RATIO = 2.0  # of the heights of two neighbours


def read_numbers(digits: list[Digit]) -> tuple[tuple[Digit, ...], tuple[Number, ...]]:
    """Put digits in reading order and join them to numbers.

    Args:
        digits: in any order.

    Returns:
        The digits in reading order, and the numbers, top to bottom and left to right; their indices count
        in the returned digits. Every digit belongs to one number.
    """
    left_to_right = sorted(digits, key=lambda d: d.box.x)
    chains: list[list[Digit]] = []
    for digit in left_to_right:
        fitting = [chain for chain in chains if _follows(chain[-1].box, digit.box)]
        if fitting:
            min(fitting, key=lambda chain: _distance(chain[-1].box, digit.box)).append(digit)
        else:
            chains.append([digit])
    ordered: list[Digit] = []
    numbers = []
    for chain in _by_lines(chains):
        places = tuple(range(len(ordered), len(ordered) + len(chain)))
        ordered += chain
        text = "".join(str(d.label) for d in chain)
        numbers.append(Number(text, prod(d.confidence for d in chain), Box.around([d.box for d in chain]), places))
    return tuple(ordered), tuple(numbers)


def _follows(left: Box, right: Box) -> bool:
    """Whether `right` can be the next digit after `left`."""
    tall, low = max(left.h, right.h), min(left.h, right.h)
    gap = right.x - (left.x + left.w)
    step = abs(left.centre[1] - right.centre[1])
    return tall <= MOST_RATIO * low and -0.4 * tall <= gap <= MOST_GAP * tall and step <= MOST_STEP * tall


def _distance(left: Box, right: Box) -> float:
    return abs(right.x - left.x - left.w) + 2 * abs(left.centre[1] - right.centre[1])


def _by_lines(chains: list[list[Digit]]) -> list[list[Digit]]:
    """Chains from top to bottom; those whose middles are level, from left to right."""
    lines: list[list[list[Digit]]] = []
    for chain in sorted(chains, key=lambda c: Box.around([d.box for d in c]).centre[1]):
        box = Box.around([d.box for d in chain])
        if lines:
            last = Box.around([d.box for d in lines[-1][-1]])
            if abs(box.centre[1] - last.centre[1]) < 0.5 * min(box.h, last.h):
                lines[-1].append(chain)
                continue
        lines.append([chain])
    return [chain for line in lines for chain in sorted(line, key=lambda c: c[0].box.x)]
