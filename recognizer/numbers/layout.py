"""Lines of digits, whatever their tilt: which digit stands before which, and in what order a page is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from recognizer.core.digits import Digit
from recognizer.core.geometry import best_pairs
from recognizer.numbers.settings import SETTINGS


@dataclass(frozen=True)
class Lines:
    """Lines of N digits.

    Attributes:
        tilt: by how many pixels the lines go down for each pixel to the right.
        before: for each digit the index of the one before it on its line; None at a line's start.
        gap: for each digit the space from that one, in heights of the taller of both; infinite at a line's start.
    """

    tilt: float
    before: tuple[int | None, ...]
    gap: tuple[float, ...]

    def chains(self, joined: Callable[[int, int], bool]) -> list[list[int]]:
        """Indices of digits that stand on one line, left to right, as far as `joined` says so of one and the next."""
        after = {i: j for j, i in enumerate(self.before) if i is not None and joined(i, j)}
        chains = []
        for start in sorted(set(range(len(self.before))) - set(after.values())):
            chain = [start]
            while chain[-1] in after:
                chain.append(after[chain[-1]])
            chains.append(chain)
        return chains


def find_lines(digits: list[Digit]) -> Lines:
    """Find the lines of digits given in any order."""
    if len(digits) < 2:
        return Lines(0.0, (None,) * len(digits), (float("inf"),) * len(digits))
    x, y, w, h = np.array([digit.box for digit in digits], np.float64).T
    along, down = _differences(x + w / 2), _differences(y + h / 2)
    tall, low = np.maximum(h[:, None], h), np.minimum(h[:, None], h)
    gap = (x - (x + w)[:, None]) / tall
    near = (gap >= -SETTINGS.most_overlap) & (gap <= SETTINGS.farthest)
    beside = (along > 0) & (tall <= SETTINGS.most_ratio * low) & near
    level = np.abs(down) / tall <= SETTINGS.most_step
    slanted = np.abs(down) <= SETTINGS.steepest * along
    _, nearest = _nearest(
        gap + SETTINGS.across * np.abs(down) / tall, beside & (level | slanted) & (gap < SETTINGS.telling_gap))
    tilt = median(float(down[i, j] / along[i, j]) for i, j in nearest) if nearest else 0.0
    tilt = min(max(tilt, -SETTINGS.steepest), SETTINGS.steepest)
    off = np.minimum(np.abs(down - tilt * along), np.abs(down)) / tall
    cost = gap + SETTINGS.across * np.abs(down - tilt * along) / tall
    before, _ = _nearest(cost, beside & (off <= SETTINGS.most_step))
    gaps = tuple(float("inf") if i is None else float(gap[i, j]) for j, i in enumerate(before))
    return Lines(tilt, before, gaps)


def segments(digits: list[Digit]) -> list[list[int]]:
    """Indices of the digits that stand on one line without a wide gap, left to right."""
    lines = find_lines(digits)
    return lines.chains(lambda _, j: lines.gap[j] <= SETTINGS.most_gap_with_point)


def in_reading_order(chains: list[list[int]], digits: list[Digit], tilt: float) -> list[list[int]]:
    """Put chains of digits, each given by its indices from left to right, in the order in which a page is read.

    They come from top to bottom; those that are level, from left to right, along lines of this tilt.
    """
    lines: list[list[list[int]]] = []
    above = (0.0, 0)  # the level and the height of the chain before
    for level, height, chain in sorted((*_height_on_page(chain, digits, tilt), chain) for chain in chains):
        if lines and level - above[0] < SETTINGS.one_line * min(height, above[1]):
            lines[-1].append(chain)
        else:
            lines.append([chain])
        above = level, height
    return [chain for line in lines for chain in sorted(line, key=lambda chain: digits[chain[0]].box.x)]


def _height_on_page(chain: list[int], digits: list[Digit], tilt: float) -> tuple[float, int]:
    """How far down a chain's middle is, seen along lines of this tilt, and its height."""
    boxes = [digits[i].box for i in chain]
    down = sum(box.y + box.h / 2 - tilt * (box.x + box.w / 2) for box in boxes)
    return down / len(boxes), max(box.h for box in boxes)


def _differences(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, N): of each pair, the second less the first."""
    return values - values[:, None]


def _nearest(
    cost: NDArray[np.float64], allowed: NDArray[np.bool_]
) -> tuple[tuple[int | None, ...], list[tuple[int, int]]]:
    """Pairs of least cost, each digit once as the first and once as the second: by the second one, and as a list."""
    pairs = best_pairs(cost, allowed)
    firsts = {second: first for first, second in pairs}
    return tuple(firsts.get(second) for second in range(len(cost))), pairs
