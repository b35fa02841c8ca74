"""Rectangles in a picture, what they share, and which of two sets belong together."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recognizer.errors import InputError, UsageError


class Box(NamedTuple):
    """A rectangle in pixels of the frame as it was read: left, top, width, height."""

    x: int
    y: int
    w: int
    h: int

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.w / 2, self.y + self.h / 2

    @property
    def area(self) -> int:
        return self.w * self.h

    def moved(self, right: int, down: int) -> Box:
        return Box(self.x + right, self.y + down, self.w, self.h)

    def halved(self, times: int) -> Box:
        """Where it is in a picture that was halved so many times."""
        return Box(self.x >> times, self.y >> times, self.w >> times, self.h >> times)

    def has(self, x: float, y: float) -> bool:
        """Whether a point lies in it."""
        return self.x <= x < self.x + self.w and self.y <= y < self.y + self.h

    def inside(self, size: tuple[int, int]) -> bool:
        """Whether it lies wholly in a picture of this width and height."""
        return self.x >= 0 and self.y >= 0 and self.x + self.w <= size[0] and self.y + self.h <= size[1]

    def clipped(self, width: int, height: int) -> Box:
        """What of it lies in a picture of this width and height, with which it must share a pixel."""
        x, y = max(0, self.x), max(0, self.y)
        return Box(x, y, min(width, self.x + self.w) - x, min(height, self.y + self.h) - y)

    def of(self, picture: NDArray[Any]) -> NDArray[Any]:
        """That part of a picture, without a copy."""
        return picture[self.y : self.y + self.h, self.x : self.x + self.w]

    def intersection(self, other: Box) -> int:
        """The area in pixels that both cover."""
        x, y, w, h = self
        left, top, wide, high = other
        if x + w <= left or left + wide <= x or y + h <= top or top + high <= y:  # most pairs are apart
            return 0
        return (min(x + w, left + wide) - max(x, left)) * (min(y + h, top + high) - max(y, top))

    @staticmethod
    def around(boxes: list[Box]) -> Box:
        """The smallest box that holds all of them; there must be one at least."""
        if len(boxes) == 1:
            return boxes[0]
        left, top = min(b.x for b in boxes), min(b.y for b in boxes)
        right, bottom = max(b.x + b.w for b in boxes), max(b.y + b.h for b in boxes)
        return Box(left, top, right - left, bottom - top)


@dataclass(frozen=True)
class Region:
    """A part of a picture: left, top, width and height, each in pixels, or as a share of the picture's width or height.

    Attributes:
        sides: the four values.
        shares: which of them are shares, 0 to 1.

    Raises:
        InputError: it begins outside of any picture, or is empty.
    """

    sides: tuple[float, float, float, float]
    shares: tuple[bool, bool, bool, bool] = (False,) * 4

    def __post_init__(self) -> None:
        four = len(self.sides) == len(self.shares) == 4
        if not (four and all(0 <= side < math.inf for side in self.sides) and self.sides[2] and self.sides[3]):
            raise InputError("region: expected four values, left and top of 0 or more, width and height over 0, found "
                             f"{self.sides}")

    @classmethod
    def parse(cls, text: str) -> Region:
        """A region as it is written: 120,80,300,200 or 10%,20%,50%,30%.

        Raises:
            UsageError: it is none, or empty.
        """
        parts = [part.strip() for part in text.split(",")]
        if len(parts) != 4 or not all(re.fullmatch(r"\d{1,9}(\.\d+)?%?", part) for part in parts):
            raise UsageError(f"region: expected x,y,width,height in pixels or %, such as 120,80,300,200, found {text}")
        x, y, w, h = (float(part.rstrip("%")) / (100 if part.endswith("%") else 1) for part in parts)
        one, two, three, four = (part.endswith("%") for part in parts)
        return cls((x, y, w, h), (one, two, three, four))

    def box(self, size: tuple[int, int]) -> Box:
        """Where it is in a picture of this width and height; of no area where it lies outside."""
        x, y, w, h = (round(value * size[k % 2]) if self.shares[k] else round(value)
                      for k, value in enumerate(self.sides))
        left, top = min(x, size[0]), min(y, size[1])
        return Box(left, top, max(0, min(size[0], x + w) - left), max(0, min(size[1], y + h) - top))

    def __str__(self) -> str:
        return ",".join(f"{100 * value:g}%" if share else f"{value:g}"
                        for value, share in zip(self.sides, self.shares, strict=True))


def at_one_place(one: Box, other: Box) -> bool:
    """Whether two boxes share more than half of the smaller one."""
    return 2 * one.intersection(other) > min(one.area, other.area)


def shared_areas(boxes: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
    """The areas, (N, M), that each of N boxes (N, 4) shares with each of M others (M, 4), in their type."""
    start = np.maximum(boxes[:, None, :2], others[:, :2])
    stop = np.minimum(boxes[:, None, :2] + boxes[:, None, 2:], others[:, :2] + others[:, 2:])
    areas: NDArray[Any] = (stop - start).clip(0).prod(axis=2)
    return areas


def best_pairs(cost: NDArray[np.float64], allowed: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Pairs of rows and columns of a table of costs (N, M), each in one pair at most, the cheapest first.

    Args:
        cost: of each pair.
        allowed: (N, M), those that may be.
    """
    rows, columns = np.nonzero(allowed)
    order = np.argsort(cost[rows, columns], kind="stable")
    left: set[int] = set()
    right: set[int] = set()
    pairs = []
    for i, j in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if i not in left and j not in right:
            left.add(i)
            right.add(j)
            pairs.append((i, j))
    return pairs
