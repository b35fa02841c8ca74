"""What a desk, a pen and a camera do to a digit before the live normaliser gets it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_NOISE = np.random.default_rng(0).standard_normal((512, 512)).astype(np.float32)


def degrade(picture: NDArray[np.uint8], rng: np.random.Generator, strength: float = 1.0) -> NDArray[np.uint8]:
    """Photograph a picture badly and threshold it, as the finder would.

    Size, rotation, shear, perspective and elastic strokes come from one warp; then pen width, blur,
    noise, the threshold's level, gaps and strange ink follow.

    Args:
        picture: (H, W) uint8, bright ink on black, with an empty border.
        rng: where chance comes from.
        strength: scales the geometry, 0 (none) to 1.

    Returns:
        (S, S) uint8 mask, 255 for ink; S depends on the size drawn.
    """
    height = float(np.exp(rng.uniform(np.log(13), np.log(52))))
    seen = _warp(picture, height, rng, strength)
    seen = _pen_width(seen, height, rng)
    sigma = rng.uniform(0, 0.045) * height
    if sigma > 0.4:
        seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), sigma), np.float32)
    grain = np.float32(rng.uniform(0, 60) * rng.random())
    row, column = rng.integers(0, 512 - seen.shape[0], 2)
    noise: NDArray[np.float32] = grain * _NOISE[row : row + seen.shape[0], column : column + seen.shape[0]]
    if grain > 15:
        noise = np.asarray(cv2.blur(noise, (3, 3)), np.float32)
    typical = _typical(seen)
    level = rng.uniform(0.3, 0.62) * typical
    mask = keep_main_parts(_threshold(seen + noise, level))
    if not _as_large(mask, _threshold(seen, 0.3 * typical)):  # a threshold that loses a part leaves no digit
        mask = keep_main_parts(_threshold(seen, 0.4 * level))
    if rng.random() < 0.08:
        _strange_ink(mask, height, rng)
        mask = keep_main_parts(mask)
    return mask


def bend(picture: NDArray[np.uint8], rng: np.random.Generator, strength: float) -> NDArray[np.uint8]:
    """Another hand's picture, clearly seen: the warp of `degrade`, then a threshold at half.

    Args and result as those of `degrade`.
    """
    height = rng.uniform(19, 30) if picture.shape[0] <= 40 else rng.uniform(32, 48)
    return _threshold(_warp(picture, height, rng, strength), 127)


def _threshold(seen: NDArray[np.float32], level: float) -> NDArray[np.uint8]:
    return (seen > level).view(np.uint8) * np.uint8(255)


def _typical(seen: NDArray[np.float32]) -> float:
    """The mean brightness of what is certainly ink."""
    return float(seen[seen > 0.4 * seen.max()].mean())


def _as_large(mask: NDArray[np.uint8], whole: NDArray[np.uint8], share: float = 0.85) -> bool:
    """Whether a mask's ink still reaches about as far as the whole ink does."""
    _, _, w, h = cv2.boundingRect(mask)
    _, _, whole_w, whole_h = cv2.boundingRect(whole)
    return w >= share * whole_w - 1 and h >= share * whole_h - 1


def keep_main_parts(mask: NDArray[np.uint8], least: float = 0.08) -> NDArray[np.uint8]:
    """The largest piece of ink and those of at least `least` of its area, as the finder joins them."""
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count <= 2:
        return mask
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    main: NDArray[np.uint8] = np.where(areas >= least * areas.max(), 255, 0).astype(np.uint8)[pieces]
    return main


def _warp(picture: NDArray[np.uint8], height: float, rng: np.random.Generator, strength: float) -> NDArray[np.float32]:
    """Rotation, shear, aspect, perspective and an elastic field, in one look-up."""
    side = int(height * 1.7) + 8
    source = max(picture.shape)
    angle = float(np.deg2rad(rng.normal(0, 10))) * strength
    shear = rng.uniform(-0.25, 0.25) * strength
    aspect = np.exp(rng.uniform(-0.28, 0.28) * strength)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    # Both MNIST (20 of 28 pixels) and the drawn pictures keep the digit's height at 20/28 of their side.
    scale = source * 20 / 28 / height
    (xx, xy), (yx, yy) = (scale * rotation @ np.array([[aspect, shear], [0, 1 / aspect]])).tolist()
    grid = np.arange(side, dtype=np.float32) - side / 2
    x, y = grid[None, :], grid[:, None]
    depth = 1 + (rng.normal(0, 0.1) * x + rng.normal(0, 0.1) * y) * (strength / height)
    centre_y, centre_x = picture.shape[0] / 2 - 0.5, picture.shape[1] / 2 - 0.5
    field = rng.normal(0, 0.028 * source * strength, (2, 5, 5)).astype(np.float32)
    wave_x, wave_y = (cv2.resize(f, (side, side), interpolation=cv2.INTER_CUBIC) for f in field)
    map_x = (xx * x + xy * y) / depth + (wave_x + centre_x)
    map_y = (yx * x + yy * y) / depth + (wave_y + centre_y)
    sampling = cv2.INTER_LINEAR if source > 40 else cv2.INTER_CUBIC
    return cv2.remap(picture, map_x, map_y, sampling).astype(np.float32)


def _pen_width(seen: NDArray[np.float32], height: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """A marker or a finer pen: grow or shrink the strokes by up to a tenth of the digit's height."""
    kind = rng.random()
    size = round(rng.uniform(0, 0.11 if kind < 0.35 else 0.09) * height)
    if kind > 0.7 or size < 2:
        return seen
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    if kind < 0.35:
        return np.asarray(cv2.dilate(seen, kernel), np.float32)
    thin = np.asarray(cv2.erode(seen, kernel), np.float32)
    return thin if thin.sum() > 0.45 * seen.sum() else seen


def _strange_ink(mask: NDArray[np.uint8], height: float, rng: np.random.Generator) -> None:
    """Draw into the mask what doesn't belong to the digit, or take away what does."""
    ways = (_gap, _rule, _neighbour, _cut_off)
    ways[rng.choice(len(ways), p=[0.3, 0.3, 0.25, 0.15])](mask, height, rng)


def _gap(mask: NDArray[np.uint8], height: float, rng: np.random.Generator) -> None:
    """A broken stroke."""
    x, y = rng.uniform(0.3, 0.7, 2) * mask.shape[0]
    angle = rng.uniform(0, np.pi)
    dx, dy = np.cos(angle) * height * 0.2, np.sin(angle) * height * 0.2
    cv2.line(mask, (int(x - dx), int(y - dy)), (int(x + dx), int(y + dy)), 0, max(1, round(height * 0.04)))


def _rule(mask: NDArray[np.uint8], height: float, rng: np.random.Generator) -> None:
    """A piece of a ruled line that touches the digit."""
    side = mask.shape[0]
    y = int(side / 2 + rng.choice([-1, 1]) * height * rng.uniform(0.42, 0.52))
    reach = height * rng.uniform(0.2, 0.5)
    ends = (int(side / 2 - reach), y), (int(side / 2 + reach), y + int(rng.normal(0, 2)))
    if rng.random() < 0.3:
        ends = (ends[0][1], ends[0][0]), (ends[1][1], ends[1][0])
    cv2.line(mask, *ends, 255, max(1, round(height * 0.03)))


def _neighbour(mask: NDArray[np.uint8], height: float, rng: np.random.Generator) -> None:
    """The end of a neighbour's stroke at the digit's side."""
    _, y, _, h = cv2.boundingRect(mask)
    row = y + int(rng.uniform(0.1, 0.9) * h)
    inked = np.flatnonzero(mask[min(row, mask.shape[0] - 1)])
    if not len(inked):
        return
    at, outwards = (int(inked[0]), -1) if rng.random() < 0.5 else (int(inked[-1]), 1)
    length, slope = height * rng.uniform(0.05, 0.14), rng.normal(0, 0.6)
    end = int(at + outwards * length), int(row + slope * length)
    cv2.line(mask, (at, row), end, 255, max(1, round(height * rng.uniform(0.03, 0.1))))


def _cut_off(mask: NDArray[np.uint8], height: float, rng: np.random.Generator) -> None:
    """What a cut between two digits that touch takes too much of one: a strip of its side."""
    x, _, w, _ = cv2.boundingRect(mask)
    strip = int(w * rng.uniform(0.03, 0.12))
    if w > 0.4 * height and strip:
        start = x if rng.random() < 0.5 else x + w - strip
        mask[:, start : start + strip] = 0
