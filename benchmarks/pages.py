"""Clips of a sheet with any number of digits, drawn for benchmarks that need just so many."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fixtures.encode import Frames, write_mp4
from fixtures.paths import ink
from fixtures.strokes import STYLES, draw_paths

FPS, QUALITY = 30, 23
HEIGHT = 1 / 14  # of a digit, as a share of the picture's height
INK, PAPER, NOISE = 60, 225, 3.0  # brightness, and its standard deviation


def write_page(path: Path, digits: int, size: tuple[int, int], frames: int) -> Path:
    """Write an MP4 of a sheet that trembles, with `digits` digits of one size on it in rows of eight.

    Args:
        path: of the clip; given back.
        digits: how many, 64 at most.
        size: width and height in pixels.
        frames: how many.
    """
    write_mp4(path, _frames(_page(digits, size), frames), size, FPS, QUALITY)
    return path


def _page(digits: int, size: tuple[int, int]) -> NDArray[np.float32]:
    """(H, W) float32, brightness of paper and ink, lit unevenly."""
    rng = np.random.default_rng(8)
    width, height = size
    tall = HEIGHT * height
    covered = np.zeros((height, width), np.float32)
    for place in range(digits):
        label = place % 10
        corner = np.float32([(1 + place % 8) * width / 10, (0.5 + place // 8) * height / 9])
        style = list(STYLES[label])[place // 10 % len(STYLES[label])]
        paths = [tall * path + corner for path in draw_paths(label, style, rng)]
        covered = np.maximum(covered, ink(paths, covered.shape, tall / 12, rng))
    light = np.linspace(1, 0.75, width, dtype=np.float32)
    return (PAPER + covered * (INK - PAPER)) * light


def _frames(page: NDArray[np.float32], frames: int) -> Frames:
    rng = np.random.default_rng(9)
    for _ in range(frames):
        shaken = np.roll(page, rng.integers(-1, 2, 2), (0, 1))
        noisy = shaken + rng.normal(0, NOISE, page.shape).astype(np.float32)
        yield np.repeat(noisy.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)
