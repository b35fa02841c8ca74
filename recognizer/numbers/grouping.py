"""Joins digits that stand on one line, close and alike in size, to numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from recognizer.core.digits import COLON, COMMA, CURRENCIES, FIRST_BOX, MINUS, NEXT_BOX, POINT, SLASH, Digit, Number
from recognizer.core.geometry import Box
from recognizer.numbers.layout import find_lines, in_reading_order
from recognizer.numbers.settings import SETTINGS


def read_numbers(digits: list[Digit], signs: bool = False) -> tuple[tuple[Digit, ...], tuple[Number, ...]]:
    """Put digits in reading order and join them to numbers.

    Args:
        digits: in any order.
        signs: slashes, colons, percent and currency signs are kept in the text; else they part numbers.

    Returns:
        The digits in reading order, and the numbers, top to bottom and left to right; their indices count
        in the returned digits. Every digit belongs to one number.
    """
    return join(digits, arrange(digits, signs), signs)


@dataclass(frozen=True)
class Chain:
    """The digits of a number."""

    digits: list[int]  # indices, left to right
    alone: bool  # nothing stands before it on its line


def arrange(digits: list[Digit], signs: bool = False) -> list[Chain]:
    """Which digits make a number, in reading order."""
    lines = find_lines(digits)
    chains = lines.chains(lambda i, j: not digits[i].after and _joined(digits[j], lines.gap[j], signs))
    chains = in_reading_order(chains, digits, lines.tilt)
    return [Chain(chain, lines.before[chain[0]] is None) for chain in chains]


def join(
    digits: list[Digit], chains: list[Chain], signs: bool = False
) -> tuple[tuple[Digit, ...], tuple[Number, ...]]:
    """What `read_numbers` does, for digits that were arranged before, in this frame or in an earlier one."""
    ordered: list[Digit] = []
    numbers = []
    for chain in chains:
        members = [digits[i] for i in chain.digits]
        places = tuple(range(len(ordered), len(ordered) + len(members)))
        ordered += members
        confidence = prod(d.confidence for d in members)
        text, box = _text(members, chain.alone, signs), Box.around([d.box for d in members])
        numbers.append(Number(text, confidence, box, places))
    return tuple(ordered), tuple(numbers)


def _text(digits: list[Digit], alone: bool, signs: bool) -> str:
    """What a number's digits read with their marks; a dash after another number is a hyphen, no minus."""
    sign = digits[0].mark if (alone and digits[0].mark == MINUS) or (signs and digits[0].mark in CURRENCIES) else ""
    kept = (POINT, COMMA, SLASH, COLON) if signs else (POINT, COMMA)
    inner = "".join((d.mark if d.mark in kept else "") + str(d.label) for d in digits[1:])
    return f"{sign}{digits[0].label}{inner}{digits[-1].after if signs else ''}"


def _joined(digit: Digit, gap: float, signs: bool) -> bool:
    """Whether a digit belongs to the number of the one before it, `gap` heights away."""
    if digit.mark in (FIRST_BOX, NEXT_BOX):
        return digit.mark == NEXT_BOX
    if digit.mark in (SLASH, COLON):
        return signs and gap <= SETTINGS.farthest
    most = SETTINGS.most_gap_with_point if digit.mark in (POINT, COMMA) else SETTINGS.most_gap
    return gap <= most and digit.mark not in (MINUS, *CURRENCIES)
