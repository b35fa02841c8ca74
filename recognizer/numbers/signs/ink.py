"""Where ink is in a part of a frame, and how it lies."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.core.frame import Image
from recognizer.core.geometry import Box


def sampled(grey: Image, place: Box, step: int = 1) -> Image:
    """Every `step`th pixel along and down of a part of a picture (H, W) uint8, as (h, w) uint8."""
    return np.ascontiguousarray(place.of(grey)[::step, ::step])


def ink_of(grey: Image, place: Box, step: int = 1) -> NDArray[np.bool_]:
    """Where there is ink in a part of a picture (H, W) uint8, as (h, w), for every `step`th pixel along and down."""
    part = sampled(grey, place, step)
    least, most, *_ = cv2.minMaxLoc(part)
    # A slender box may be mostly ink: its rim tells the ground.
    ground = int(np.median(np.concatenate([part[:, 0], part[:, -1]])))
    if ground - least >= most - ground:
        return np.asarray(part < (ground + least) / 2)
    return np.asarray(part > (ground + most) / 2)


def axes_of(ink: NDArray[np.bool_]) -> tuple[float, float]:
    """The ellipse of inertia of ink, (h, w), of one pixel at least.

    Returns:
        The slope of its longer axis, pixels down for each to the right, and how many times the shorter one it is.
    """
    places = np.array(np.nonzero(ink), np.float64)
    places -= places.mean(axis=1, keepdims=True)
    spread = places @ places.T / places.shape[1] + np.eye(2) / 12  # a pixel has a size of its own
    (short, long), axes = np.linalg.eigh(spread)
    down, along = axes[:, 1]
    return float(down / along) if along else float("inf"), float(np.sqrt(long / short))
