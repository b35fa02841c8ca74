"""Tells whether pieces of ink can be digits, by their shape and by the ground beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.candidates import NO_MASK, Look
from recognizer.ground import PAPER, off_ground
from recognizer.seeds import FULLEST, SLIM, Flags, have_size
from recognizer.tiles import Pieces, Sheet
from recognizer.types import Box, Image

STAIRS = 0.6  # by how much the edge of a slanting stroke, counted in pixels, is longer than it is
FREE_AT = 0.33  # share of its strength at which a bare stroke must still stand free; rules are fainter
RUNS_ON = "runs on"  # out of its window: a line, a frame, the border of the picture
SIZE = "size"  # the picture's border cuts it, or it is too high, low or wide
JOINED = ("attached", "ground")  # refused so, a piece may be one still when it is joined


@dataclass(frozen=True)
class Limits:
    """What a digit can't be."""

    bare: float = 1.5  # a stroke that is less than so many times as long as the box is high is no digit but a 1
    straight: float = 1.1  # a stroke that is less than so many times as long as its ends are apart
    leaning: float = 1.0  # width over height of a straight stroke: what leans more is no 1
    leaning_alone: float = 0.65  # the same for a stroke that needs no company
    boldest: float = 0.38  # width of the thickest stroke over height
    boldest_alone: float = 0.3  # the same for ink that needs no company
    boldest_bare: float = 0.16  # the same for a bare stroke: the spine of a book is bolder
    uneven: float = 0.2  # how far the ground beside the ink may be off, in the ink's contrasts
    most_doubt: float = 1.5  # how many times more uneven it may be for ink in the company of surer digits
    uneven_bare: float = 0.15  # the same for a bare stroke, which rooms are full of


LIMITS = Limits()
THREE = np.ones((3, 3), np.uint8)


class Spot(NamedTuple):
    """A place to cut.

    Attributes:
        flat: (H, W) uint8, the flattened picture at the look's scale, or a part of it.
        look: the picture's.
        dark: ink darker than the ground, not lighter.
        seed: a box that holds some of the ink, in pixels of `flat`.
        strength: how far the ink stands out there, in tones, PAPER at most on dark ink.
        trusted: a digit was read there a moment ago, so the ground beside it isn't looked at again.
    """

    flat: Image
    look: Look
    dark: bool
    seed: Box
    strength: int
    trusted: bool = False

    @property
    def level(self) -> int:
        """Half of the ink's contrast: there the edge of a blurred stroke lies, and rules and shadows are fainter."""
        return self.strength // 2


class Piece(NamedTuple):
    """Connected ink.

    Attributes:
        box: tight, in pixels of the spot's `flat`.
        mask: (h, w) uint8, 0 or 1; empty where its shape is refused.
        refused: why it is no digit, in a word; empty when it may be one.
        sure: the ground beside it is even, as a sheet's is.
    """

    box: Box
    mask: Image
    refused: str
    sure: bool


def examine(sheet: Sheet, spots: list[Spot], chosen: NDArray[np.intp]) -> list[tuple[int, Piece]]:
    """Whether pieces of a sheet can be digits, each as it is, and joined with what is near it; with their tiles."""
    pieces = sheet.pieces
    alone = _judge(sheet, pieces, spots, chosen)
    passed = [k for k, (_, p) in zip(chosen.tolist(), alone, strict=True) if not p.refused or p.refused in JOINED]
    groups = {tuple(sorted(group)) for group in map(sheet.near, passed) if len(group) > 1}
    if not groups:
        return alone
    joined = pieces.joined([list(group) for group in groups])
    return alone + _judge(sheet, joined, spots, np.arange(len(groups)))


def _judge(sheet: Sheet, pieces: Pieces, spots: list[Spot], chosen: NDArray[np.intp]) -> list[tuple[int, Piece]]:
    """Whether pieces of a sheet can be digits by their shape, and where they may, by the ground beside them."""
    refused, bare, odd = _by_shape(pieces, spots)
    found = []
    for k in chosen.tolist():
        tile, box, why = int(pieces.tiles[k]), Box(*pieces.boxes[k].tolist()), str(refused[k])
        piece = Piece(box, NO_MASK, why, False) if why else _on_ground(
            box, *sheet.part(pieces, k), spots[tile], bool(bare[k]), bool(odd[k]))
        found.append((tile, piece))
    return found


def _by_shape(pieces: Pieces, spots: list[Spot]) -> tuple[NDArray[np.str_], Flags, Flags]:
    """Of M pieces: why each is no digit, empty where it may be one; which are bare strokes; which need company."""
    low, high, rows, columns, blur = np.array(
        [(s.look.heights.start, s.look.heights.stop, *s.flat.shape, s.look.blur) for s in spots]).T[:, pieces.tiles]
    w, h = pieces.boxes[:, 2:].T
    sized = have_size(pieces.boxes, (rows, columns), low, high)
    bare = (pieces.lengths < LIMITS.bare * h) | (w < SLIM * h)
    full = (pieces.areas > FULLEST * w * h) & ~bare
    across, down = w - pieces.widths, h - pieces.widths  # from end to end in the middle of the stroke
    lean = across / np.maximum(down, 1)
    straight = pieces.lengths - pieces.widths < (LIMITS.straight + STAIRS * lean) * np.hypot(across, down)
    shape = full | (straight & (lean > LIMITS.leaning)) | (pieces.widths > LIMITS.boldest * h + blur)
    odd = pieces.widths > np.where(bare, LIMITS.boldest_bare, LIMITS.boldest_alone) * h + blur
    odd |= straight & (lean > LIMITS.leaning_alone)
    return np.select([pieces.edge, ~sized, shape], [RUNS_ON, SIZE, "shape"], ""), bare, odd


def _on_ground(box: Box, tones: Image, mask: Image, spot: Spot, bare: bool, odd: bool) -> Piece:
    """A piece, judged by the ground beside it; tones and mask are those of its window."""
    x, y, w, h = place = Box(*cv2.boundingRect(mask))
    own = mask[y : y + h, x : x + w]
    if spot.trusted:
        return Piece(box, own, "", True)
    doubt = _doubt(tones, mask, spot, LIMITS.uneven_bare if bare else LIMITS.uneven)
    if doubt > (1 if bare else LIMITS.most_doubt):
        return Piece(box, own, "ground", False)
    if bare and _attached(tones, place, spot.strength):
        return Piece(box, own, "attached", False)
    return Piece(box, own, "", bool(doubt <= 1 and not odd))


def _attached(tones: Image, place: Box, strength: int) -> bool:
    """Whether a stroke is the stem of a letter, say, whose hairlines are fainter."""
    ink = (tones < PAPER - round(FREE_AT * strength)).view(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    counts = np.bincount(labels[place.y : place.y + place.h, place.x : place.x + place.w].ravel(), minlength=2)
    counts[0] = 0
    _, _, w, h, _ = stats[counts.argmax()].tolist()
    return bool(w * h > 1.5 * place.area + 4 * place.h)


def _doubt(tones: Image, mask: Image, spot: Spot, uneven: float) -> float:
    """How uneven the ground beside a piece is: up to 1 it is as even as a sheet's."""
    near = cv2.dilate(mask, THREE, iterations=spot.look.edge)
    beside = np.sort(off_ground(tones)[cv2.dilate(near, THREE) > near])
    if not len(beside):
        return float("inf")
    most, nearly_all = (int(beside[len(beside) * share // 100]) for share in (75, 90))
    return max(most, nearly_all / 1.5) / spot.strength / uneven
