"""Tells whether pieces of ink can be digits, by their shape and by the ground beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.core.frame import Image
from recognizer.core.geometry import Box
from recognizer.detection.by_rules.ground import PAPER, off_ground
from recognizer.detection.by_rules.ink import Look
from recognizer.detection.by_rules.seeds import FULLEST, SLIM, Shares, have_size
from recognizer.detection.by_rules.tiles import Cutting, Group, Pieces, Sheet
from recognizer.detection.candidate import NO_MASK, Reason

STAIRS = 0.6  # by how much the edge of a slanting stroke, counted in pixels, is longer than it is
FREE_AT = 0.33  # share of its strength at which a bare stroke must still stand free; rules are fainter
CLEAR = 0.01  # share of a window that may be other than ground around a piece that stands alone
INSIDE = 1.5  # distance from the edge, in pixels, of ink all of whose neighbours are ink
AROUND = 3  # pixels around a piece within which the ground beside it is looked at
JOINED = (Reason.ATTACHED, Reason.GROUND)  # refused so, a piece may be one still when it is joined


@dataclass(frozen=True)
class Limits:
    """What a digit can't be."""

    bare: float = 1.5  # a stroke that is less than so many times as long as the box is high is no digit but a 1
    straight: float = 1.1  # a stroke that is less than so many times as long as its ends are apart
    leaning: float = 1.0  # width over height of a straight stroke: what leans more is no 1
    leaning_alone: float = 0.65  # the same for a stroke that needs no company
    boldest: float = 0.5  # width of the thickest stroke over height
    boldest_alone: float = 0.3  # the same for ink that needs no company, nor to be alone in its window
    boldest_bare: float = 0.16  # the same for a bare stroke: the spine of a book is bolder
    uneven: float = 0.2  # how far the ground beside the ink may be off, in the ink's contrasts
    most_doubt: float = 2.5  # how many times more uneven it may be for ink in the company of surer digits
    odd: float = 1.25  # what ink that needs company whatever its ground counts as, likewise
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
        origin: where the left top of `flat` lies, in pixels of the whole picture at the look's scale.
    """

    flat: Image
    look: Look
    dark: bool
    seed: Box
    strength: int
    trusted: bool = False
    origin: tuple[int, int] = (0, 0)

    @property
    def level(self) -> int:
        """Half of the ink's contrast: there the edge of a blurred stroke lies, and rules and shadows are fainter."""
        return self.strength // 2

    @property
    def ink(self) -> Image:
        """Where there is ink, (H, W) uint8, 1 there."""
        way, level = (cv2.THRESH_BINARY_INV, -1 - self.level) if self.dark else (cv2.THRESH_BINARY, self.level - 1)
        return np.asarray(cv2.threshold(self.flat, PAPER + level, 1, way)[1], np.uint8)


class Piece(NamedTuple):
    """Connected ink.

    Attributes:
        box: tight, in pixels of the spot's `flat`.
        mask: (h, w) uint8, 0 or 1; empty where its shape is refused.
        refused: why it is no digit; `Reason.NONE` when it may be one.
        doubt: how uneven the ground beside it is, up to 1 as even as a sheet's; more too where its shape needs company.
    """

    box: Box
    mask: Image
    refused: Reason
    doubt: float


def examine(sheet: Sheet, spots: list[Spot], chosen: list[int]) -> list[tuple[int, Piece]]:
    """Whether pieces of a sheet can be digits, each as it is, and joined with what is near it; with their tiles."""
    alone, widths = _judge(sheet, [(k,) for k in chosen], spots)
    near = {sheet.near(k, width) for k, (_, piece), width in zip(chosen, alone, widths, strict=True)
            if not piece.refused or piece.refused in JOINED}
    groups = [group for group in near if len(group) > 1]
    return alone + _judge(sheet, groups, spots)[0] if groups else alone


def _judge(sheet: Sheet, groups: list[Group], spots: list[Spot]) -> tuple[list[tuple[int, Piece]], list[float]]:
    """Whether pieces can be digits by their shape, and where they may, by the ground beside them; with their tiles.

    Also gives how wide the strokes of each are in the mean.
    """
    pieces = sheet.pieces.joined(groups)
    boxes = [Box(*box) for box in pieces.boxes.tolist()]
    cuttings = [sheet.cutting(group, box, AROUND) for group, box in zip(groups, boxes, strict=True)]
    lengths, widest = strokes_of(pieces.areas, [cutting.mask for cutting in cuttings])
    refused, bare, odd = _by_shape(pieces, lengths, widest, spots)
    found = []
    for k, (group, box, cutting, tile) in enumerate(zip(groups, boxes, cuttings, pieces.tiles.tolist(), strict=True)):
        piece, spot = Piece(box, NO_MASK, refused[k], 0.0), spots[tile]
        if not piece.refused:
            piece = _on_ground(piece, cutting, spot, bare[k])
            may_be_sure = piece.doubt <= 1 and not spot.trusted
            if odd[k] and may_be_sure and not _nothing_else(sheet.window(group, box), spot.strength):
                piece = piece._replace(doubt=LIMITS.odd)
            free = piece.refused or not bare[k] or spot.trusted
            if not free and _attached(sheet.window(group, box), spot.strength):
                piece = piece._replace(refused=Reason.ATTACHED)
        found.append((tile, piece))
    return found, (pieces.areas / lengths).tolist()


def strokes_of(areas: NDArray[np.int32], masks: list[Image]) -> tuple[Shares, Shares]:
    """The lengths of the strokes that M masks of these areas show, half of their edges, and their greatest widths."""
    inside, radii = [], []
    for mask in masks:
        distance = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_3)
        inside.append(np.count_nonzero(distance > INSIDE))
        radii.append(cv2.minMaxLoc(distance)[1])
    return np.maximum(areas - np.array(inside), 1) / 2, 2 * np.array(radii)


def _by_shape(
    pieces: Pieces, lengths: Shares, widest: Shares, spots: list[Spot]
) -> tuple[list[Reason], list[bool], list[bool]]:
    """Of M pieces: why each is no digit, empty where it may be one; which are bare strokes; which need company."""
    low, high, rows, columns, blur = np.array(
        [(s.look.heights.start, s.look.heights.stop, *s.flat.shape, s.look.blur) for s in spots]).T[:, pieces.tiles]
    w, h = pieces.boxes[:, 2:].T
    sized = have_size(pieces.boxes, (rows, columns), low, high)
    bare = (lengths < LIMITS.bare * h) | (w < SLIM * h)
    full = (pieces.areas > FULLEST * w * h) & ~bare
    across, down = w - widest, h - widest  # from end to end in the middle of the stroke
    lean = across / np.maximum(down, 1)
    straight = lengths - widest < (LIMITS.straight + STAIRS * lean) * np.hypot(across, down)
    shape = full | (straight & (lean > LIMITS.leaning)) | (widest > LIMITS.boldest * h + blur)
    odd = widest > np.where(bare, LIMITS.boldest_bare, LIMITS.boldest_alone) * h + blur
    odd |= straight & (lean > LIMITS.leaning_alone)
    refused = [Reason.RUNS_ON if runs_on else Reason.SIZE if not fits else Reason.SHAPE if odd_shape else Reason.NONE
               for runs_on, fits, odd_shape in zip(pieces.edge.tolist(), sized.tolist(), shape.tolist(), strict=True)]
    return refused, bare.tolist(), odd.tolist()


def _on_ground(piece: Piece, cutting: Cutting, spot: Spot, bare: bool) -> Piece:
    """A piece whose shape is a digit's, judged by the ground beside it."""
    x, y, w, h = cutting.box
    piece = piece._replace(mask=cutting.mask[y : y + h, x : x + w])
    if spot.trusted:
        return piece
    doubt = _doubt(cutting, spot, LIMITS.uneven_bare if bare else LIMITS.uneven)
    uneven = doubt > (1 if bare else LIMITS.most_doubt)
    return piece._replace(doubt=doubt, refused=Reason.GROUND if uneven else Reason.NONE)


def _nothing_else(window: Cutting, strength: int) -> bool:
    """Whether a piece stands alone in its window, as on a sheet: what is odd there is no part of a room."""
    elsewhere = off_ground(window.tones)[cv2.dilate(window.mask, THREE, iterations=AROUND) == 0]
    return bool(np.count_nonzero(elsewhere > FREE_AT * strength) < CLEAR * len(elsewhere))


def _attached(window: Cutting, strength: int) -> bool:
    """Whether a stroke is the stem of a letter, say, whose hairlines are fainter."""
    x, y, w, h = box = window.box
    ink = (window.tones < PAPER - round(FREE_AT * strength)).view(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    counts = np.bincount(labels[y : y + h, x : x + w].ravel(), minlength=2)
    counts[0] = 0
    _, _, wide, high, _ = stats[counts.argmax()].tolist()
    return bool(wide * high > 1.5 * box.area + 4 * h)


def _doubt(cutting: Cutting, spot: Spot, uneven: float) -> float:
    """How uneven the ground beside a piece is: up to 1 it is as even as a sheet's."""
    near = cv2.dilate(cutting.mask, THREE, iterations=spot.look.edge)
    beside = off_ground(cutting.tones)[cv2.dilate(near, THREE) > near]
    if not len(beside):
        return float("inf")
    ranks = [len(beside) * share // 100 for share in (75, 90)]
    most, nearly_all = np.partition(beside, ranks)[ranks].tolist()
    return float(max(most, nearly_all / 1.5) / spot.strength / uneven)
