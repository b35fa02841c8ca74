"""Which numbers a counter or meter can show: those of a pattern, and near what it showed before."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from numbers import Real

from recognizer.core.digits import Number
from recognizer.core.geometry import Box, at_one_place
from recognizer.errors import InputError, UsageError


@dataclass(frozen=True)
class Rules:
    """What is expected of numbers.

    Attributes:
        pattern: a regular expression that the whole text must fit; None for any.
        step: by how much a value may differ from the one told before at its place; None for any.
        no_decrease: a value may not be under that one.

    Raises:
        UsageError: the pattern is no regular expression, or the step is negative.
        InputError: one of them is of another type; it is a UsageError.
    """

    pattern: str | None = None
    step: float | None = None
    no_decrease: bool = False

    def __post_init__(self) -> None:
        if self.pattern is not None and not isinstance(self.pattern, str):
            raise InputError(f"pattern: expected text such as \\d{{5}}, found {self.pattern!r}")
        if self.step is not None and (not isinstance(self.step, Real) or isinstance(self.step, bool)):
            raise InputError(f"step: expected a number from 0 on, found {self.step!r}")
        try:
            re.compile(self.pattern or "")
        except (re.error, ValueError, OverflowError, RecursionError) as error:  # it makes no sense, or is too much
            raise UsageError(f"pattern {self.pattern}: expected a regular expression such as \\d{{5}} ({error})"
                             ) from error
        if self.step is not None and not self.step >= 0:
            raise UsageError(f"step: expected a number from 0 on, found {self.step}")


class Plausible:
    """Marks the numbers of a source's frames, in order, that don't fit."""

    def __init__(self, rules: Rules) -> None:
        if not isinstance(rules, Rules):
            raise InputError(f"rules: expected Rules, such as Rules(step=5), found {rules!r}")
        self._rules = rules
        self._told: list[tuple[Box, float]] = []  # the last value at each place
        self._alone = False  # the frame has one number that fits the pattern: it may have moved

    def marked(self, numbers: tuple[Number, ...]) -> tuple[Number, ...]:
        """The numbers of a frame, those that don't fit with the reason."""
        if self._rules == Rules():
            return numbers
        self._alone = sum(self._fits_pattern(n) for n in numbers) == 1
        return tuple(replace(n, implausible=self._reason(n)) for n in numbers)

    def judged(self, numbers: tuple[Number, ...]) -> tuple[tuple[Number, ...], tuple[Number, ...]]:
        """Likewise; and those of them that fit."""
        marked = self.marked(numbers)
        return marked, tuple(number for number in marked if not number.implausible)

    def tell(self, numbers: tuple[Number, ...]) -> None:
        """These of the frame that was marked last were told; the next ones at their places must go on from them."""
        for number in numbers:
            value = _value(number.text)
            if value is not None:
                moved = self._alone and len(self._told) == 1
                self._told = [] if moved else [t for t in self._told if not at_one_place(t[0], number.box)]
                self._told.append((number.box, value))

    def _fits_pattern(self, number: Number) -> bool:
        return self._rules.pattern is None or re.fullmatch(self._rules.pattern, number.text) is not None

    def _reason(self, number: Number) -> str:
        if not self._fits_pattern(number):
            return "pattern"
        value, before = _value(number.text), self._before(number)
        if value is None or before is None:
            return ""
        if self._rules.no_decrease and value < before:
            return "decrease"
        return "step" if self._rules.step is not None and abs(value - before) > self._rules.step else ""

    def _before(self, number: Number) -> float | None:
        """The value told before at a number's place; where there is but one number, wherever that was."""
        here = [value for box, value in self._told if at_one_place(box, number.box)]
        if not here and self._alone and len(self._told) == 1:
            return self._told[0][1]
        return here[-1] if here else None


def _value(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:  # a date, or several points
        return None
