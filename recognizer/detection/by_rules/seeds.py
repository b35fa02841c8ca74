"""Looks for ink that has a digit's size: many boxes at once, since rooms are full of what is no digit."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.core.frame import Image
from recognizer.detection.by_rules.ground import PAPER, ink_of, off_ground
from recognizer.detection.by_rules.ink import BOTH, Look, Polarities
from recognizer.detection.candidate import Reason

CUTS = (0.45, 0.25, 0.12)  # contrasts at which ink is told from its ground, strongest first
LINED = CUTS[1]  # contrast at which it is also cut without long lines
LINES, LEAST_LINE = 8, 24  # a line is as long as the picture's shorter side divided by this, and in pixels at least
FULLEST = 0.82  # share of the box that is ink; bare strokes are exempt
SLIM = 0.4  # width over height under which a piece is no more than a stroke
WIDEST = 5.0  # width over height; what is wider than a digit still tells a line of text
BOLDEST_BLOCK = 0.6  # side of a square all of ink, over height, that no pen makes
BLURRED = 0.12  # a picture's blur over height from which on such a square may be a pen's
MOST_CROWDED = 0.4  # share of the rectangle around a piece that may be ink of others
SAMPLES = 16  # along each side of a box, and of the rectangle around it

Boxes = NDArray[np.int32]  # (N, 4): x, y, w, h
Shares = NDArray[np.float64]
Words = NDArray[np.str_]
Flags = NDArray[np.bool_]
Limit = float | NDArray[np.float64]
Sides = tuple[Limit, ...]


@dataclass(frozen=True)
class Seeds:
    """Where to cut, N places.

    Attributes:
        boxes: (N, 4) int32, in pixels of the picture that was searched.
        dark: (N,) bool, whether there is ink darker than the ground, not lighter.
        strength: (N,) int32, how far the ink stands out from the ground, in tones, PAPER at most on dark ink.
        refused: (N,) str, why no digit can be cut out there, a Reason's text; empty where one may.
    """

    boxes: Boxes
    dark: Flags
    strength: NDArray[np.int32]
    refused: Words

    def __getitem__(self, chosen: Flags) -> Seeds:
        return Seeds(self.boxes[chosen], self.dark[chosen], self.strength[chosen], self.refused[chosen])

    def without(self, tried: Boxes) -> Seeds:
        """Those that are not nearly one of the boxes that were tried."""
        return self[_new(self.boxes, tried)]


def find_seeds(flat: Image, look: Look, polarities: Polarities = BOTH) -> Seeds:
    """Find the ink that has a digit's size, cutting a picture at each contrast of CUTS.

    Args:
        flat: (H, W) uint8, a flattened picture.
        look: the picture's.
        polarities: True for ink darker than the ground, False for lighter ink.
    """
    found, of_lines = [], []
    for dark in polarities:
        boxes = np.zeros((0, 4), np.int32)
        for cut in CUTS:
            more = _pieces(_binary(flat, dark, cut), look.heights)
            boxes = np.concatenate([boxes, more[_new(more, boxes)]])
        lined = _pieces(_without_lines(_binary(flat, dark, LINED)), look.heights)
        of_lines.append(lined[_new(lined, boxes)])
        found.append(boxes)
    counts = [len(boxes) for boxes in found + of_lines]
    are_dark = np.repeat(np.array(polarities * 2), counts)
    are_lined = np.repeat(np.array([False, True]).repeat(len(polarities)), counts)
    return _judge(flat, np.concatenate(found + of_lines), are_dark, are_lined, look)


def have_size(boxes: Boxes, shape: Sides, least: Limit, most: Limit) -> Flags:
    """Which boxes are as large and as wide as a digit may be, and off the picture's border; (N,) bool.

    Args:
        boxes: (N, 4).
        shape: height and width of their picture, or (N,) of each one's.
        least: height in pixels from which on a digit is read, or (N,) likewise.
        most: height that it doesn't reach.
    """
    x, y, w, h = boxes.T
    inside = (x > 0) & (y > 0) & (x + w < shape[1]) & (y + h < shape[0])
    fits: Flags = inside & (h >= least) & (h < most) & (w <= WIDEST * h)
    return fits


def _new(boxes: Boxes, tried: Boxes) -> Flags:
    """Which of the boxes are not nearly one that was tried."""
    if not len(boxes) or not len(tried):
        return np.ones(len(boxes), bool)
    off = np.abs(boxes[:, None] - tried).max(axis=2).min(axis=1)
    new: Flags = off > 2 + boxes[:, 3] // 8
    return new


def _binary(flat: Image, dark: bool, contrast: float) -> Image:
    """The ink above a contrast, (H, W) uint8, 255 there."""
    level = round(contrast * PAPER)
    kind, level = (cv2.THRESH_BINARY_INV, PAPER - level - 1) if dark else (cv2.THRESH_BINARY, PAPER + level)
    return np.asarray(cv2.threshold(flat, level, 255, kind)[1], np.uint8)


def _without_lines(binary: Image) -> Image:
    """Ink without the long level and upright lines in it, and without what crosses them there."""
    long = max(LEAST_LINE, min(binary.shape) // LINES)
    lines = np.zeros_like(binary)
    for across in (True, False):
        run, slope = ((long, 1), (1, 3)) if across else ((1, long), (3, 1))
        thick = cv2.dilate(binary, np.ones(slope[::-1], np.uint8))  # a line may leave its row by some pixels
        lines |= np.asarray(cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones(run[::-1], np.uint8)), np.uint8)
    return binary & ~lines


def _pieces(binary: Image, heights: range) -> Boxes:
    """Boxes (N, 4) of the connected pieces of ink that have a digit's size."""
    contours, hierarchy = cv2.findContours(binary, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if hierarchy is None:
        return np.zeros((0, 4), np.int32)
    starts = np.cumsum([0, *map(len, contours[:-1])])
    points = np.concatenate(contours)[:, 0]
    low, high = np.minimum.reduceat(points, starts), np.maximum.reduceat(points, starts)
    boxes: Boxes = np.hstack([low, high - low + 1])[hierarchy[0, :, 3] == -1]
    sized: Boxes = boxes[have_size(boxes, binary.shape, heights.start, heights.stop)]
    return sized


def strengths(flat: Image, boxes: Boxes, dark: Flags) -> NDArray[np.int32]:
    """How far the ink in N boxes stands out from the ground, in tones: what its strongest twentieth reaches; (N,)."""
    return _strongest(_ink(flat, boxes, dark))


def _judge(flat: Image, boxes: Boxes, dark: Flags, lined: Flags, look: Look) -> Seeds:
    """Tell for many boxes at once whether there is ink that may be a digit, by samples of its tones.

    Those that were `lined` have lines around them, which tell nothing.
    """
    if not len(boxes):
        return Seeds(boxes, dark, np.zeros(0, np.int32), np.zeros(0, np.str_))
    w, h = boxes[:, 2], boxes[:, 3]
    ink = _ink(flat, boxes, dark)
    strong = _strongest(ink)
    inked = ink > (strong // 2).astype(np.uint8)[:, None]
    gap = 2 + h // 16
    rim = off_ground(_sample(flat, boxes, gap, *_RIM)) > (strong // 3).astype(np.uint8)[:, None]
    level, upright = rim.reshape(-1, 2, 2 * SAMPLES).mean(axis=2).T
    crowded = ~lined & (level * (w + 2 * gap) + upright * (h + 2 * gap) > MOST_CROWDED * (w + h + 4 * gap))
    full = (inked.mean(axis=1) > FULLEST) & (w > SLIM * h)
    faint = strong < look.faintest * PAPER
    bold = ~(faint | crowded | full) & (h > look.blur / BLURRED)
    bold[bold] = _has_block(inked[bold].reshape(-1, SAMPLES, SAMPLES), (h / w)[bold])
    why = np.select([faint, crowded, full | bold], [Reason.CONTRAST, Reason.CROWD, Reason.SHAPE], Reason.NONE)
    return Seeds(boxes, dark, strong, why)


def _ink(flat: Image, boxes: Boxes, dark: Flags) -> Image:
    """Samples (N, SAMPLES * SAMPLES) of how far boxes stand out from the ground in their polarity."""
    tones = _sample(flat, boxes, 0, *_GRID)
    return ink_of(np.where(dark[:, None], tones, ~tones), dark=True)


def _strongest(ink: Image) -> NDArray[np.int32]:
    rank = ink.shape[1] - ink.shape[1] // 20
    strongest: NDArray[np.int32] = np.partition(ink, rank, axis=1)[:, rank].astype(np.int32)
    return strongest


def _has_block(inked: NDArray[np.bool_], slimness: Shares) -> NDArray[np.bool_]:
    """Which of N samplings (N, SAMPLES, SAMPLES) hold a square of ink that is bolder than any pen; (N,) bool.

    Args:
        inked: where there is ink.
        slimness: (N,) height over width of each box.
    """
    high = round(BOLDEST_BLOCK * SAMPLES)
    wide = np.ceil(high * slimness).astype(np.intp)
    fits = wide <= SAMPLES
    sums = np.zeros((len(inked), SAMPLES + 1, SAMPLES + 1), np.int16)
    sums[:, 1:, 1:] = inked.cumsum(axis=1, dtype=np.int16).cumsum(axis=2, dtype=np.int16)
    bands = sums[:, high:] - sums[:, :-high]  # ink of `high` rows from each, left of each column
    right = np.arange(SAMPLES + 1) + np.where(fits, wide, 0)[:, None]
    ends = np.take_along_axis(bands, np.minimum(right, SAMPLES)[:, None], axis=2)
    whole = (ends - bands == (high * wide)[:, None, None]) & (right <= SAMPLES)[:, None]
    found: NDArray[np.bool_] = whole.any(axis=(1, 2)) & fits
    return found


_STEPS = (np.arange(SAMPLES) + 0.5) / SAMPLES
_GRID = tuple(np.meshgrid(_STEPS, _STEPS))
_NEAR, _FAR = np.zeros(SAMPLES), np.ones(SAMPLES)
_RIM = np.stack([_STEPS, _STEPS, _NEAR, _FAR]), np.stack([_NEAR, _FAR, _STEPS, _STEPS])  # top, bottom, left, right


def _sample(flat: Image, boxes: Boxes, gap: NDArray[np.int32] | int, across: Shares, down: Shares) -> Image:
    """Tones at places in boxes, given as shares of their sides, after the boxes are widened by a gap; (N, places)."""
    x, y, w, h = boxes.T
    columns = (x - gap)[:, None] + (w + 2 * gap - 1)[:, None] * across.ravel()
    rows = (y - gap)[:, None] + (h + 2 * gap - 1)[:, None] * down.ravel()
    inside = (np.clip(places + 0.5, 0, side - 1).astype(np.intp)
              for places, side in zip((rows, columns), flat.shape, strict=True))
    tones: Image = flat[tuple(inside)]
    return tones
