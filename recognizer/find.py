"""Finds the places in a picture where a digit may stand: ink on an even ground, dark or light.

The picture is divided by its own background, so that shadow and light fall-off vanish. It is then cut at
several contrasts, since no single one suits a hairline, a marker and the rules of the paper. What a cut finds
is only a seed: its mask is cut anew at half of its own contrast, and has to stand free at that level.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from recognizer.normalise import SIZE, normalise
from recognizer.types import Box, Candidate, Image

WORKING_SIDE = 1280  # larger pictures are made smaller before anything is looked for
PAPER = 128  # what the ground becomes in the flattened picture
DARKNESS = 16  # added to picture and ground before the division: keeps noise in the dark small
FINE, COARSE = 12, 3  # the background's window: the picture's shorter side divided by it
COARSE_SHRINK = 4  # thick ink is looked for in a picture so many times smaller
CUTS = (0.45, 0.25, 0.12)  # contrasts at which ink is told from its ground, strongest first
FREE_AT = 0.33  # share of its contrast at which a slim piece must still stand free; rules are fainter
MOST_CROWDED = 0.4  # share of the rectangle around a piece that may be ink of others
MARGINS = (0.25, 0.6, 0.6, 0.4)  # of a piece's window, in its sides: it is widened while the piece reaches its edge
LEAST_WINDOW = 31  # pixels, of the background's window
GROUND_SIDE = 90  # shorter side of the picture in which the background is measured
LEAST_HEIGHT = 10  # pixels in the working picture

NO_CROP = np.zeros((SIZE, SIZE), np.uint8)
_TONES = np.arange(256)
DARK_INK = np.clip(PAPER - _TONES, 0, 255).astype(np.uint8)  # tone of the flattened picture -> strength of the ink
LIGHT_INK = np.clip(_TONES - PAPER, 0, 255).astype(np.uint8)
OFF_GROUND = np.abs(_TONES - PAPER).astype(np.uint8)


@dataclass(frozen=True)
class Limits:
    """What a digit can't be."""

    widest: float = 5.0  # width over height; what is wider than a digit still tells a line of text
    fullest: float = 0.75  # share of the box that is ink; slim 1s are exempt
    slim: float = 0.45  # width over height under which a box counts as slim
    boldest: float = 0.2  # width of the strokes over height
    faintest: float = 0.18  # contrast
    uneven: float = 0.2  # how far the ground beside the ink may be off, in the ink's contrasts
    uneven_slim: float = 0.12  # the same for a bare stroke, which rooms are full of


LIMITS = Limits()


def find(image: Image) -> list[Candidate]:
    """Find all candidates of a picture.

    Args:
        image: (H, W, 3) uint8, BGR, or (H, W) uint8, grey.

    Returns:
        Candidates in no order; two may share a place. Those with a reason in `refused` are ink that is no
        digit, kept since they tell a line of text.
    """
    grey = image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    scale = min(1.0, WORKING_SIDE / max(grey.shape))
    grey = _shrink(grey, scale)
    candidates = _find_at(grey, FINE, scale)
    grey = _shrink(grey, 1 / COARSE_SHRINK)
    # What is thin enough for the fine window was found there, so here only tall ink is of interest.
    return candidates + _find_at(grey, COARSE, scale / COARSE_SHRINK, 2 * LEAST_HEIGHT)


def _shrink(grey: Image, scale: float) -> Image:
    """A picture `scale` times as large, at least a pixel each way; scale is 1 at most."""
    size = [max(1, round(side * scale)) for side in grey.shape[::-1]]
    return grey if scale == 1 else np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _find_at(grey: Image, parts: int, scale: float, least_height: int = LEAST_HEIGHT) -> list[Candidate]:
    """Candidates of a working picture that is `scale` times the frame."""
    if min(grey.shape) < least_height:
        return []
    flat = flatten(grey, parts)
    off_ground = _apply(OFF_GROUND, flat)
    candidates = []
    for dark in (True, False):
        ink = _apply(DARK_INK if dark else LIGHT_INK, flat)
        tried = np.zeros((0, 4), np.int32)
        for cut in CUTS:
            for seed in _seeds(ink, round(cut * PAPER), least_height):
                if (np.abs(tried - seed).max(axis=1, initial=0) <= 2 + seed.h // 12).any():
                    continue
                pieces = _cut_free(ink, off_ground, seed, least_height)
                tried = np.vstack([tried, seed, *(piece.box for piece in pieces)])
                for piece in pieces:
                    if piece.refused != RUNS_ON:
                        box = Box(*(round(v / scale) for v in piece.box))
                        crop = NO_CROP if piece.refused else normalise(piece.mask)
                        candidates.append(Candidate(box, crop, piece.contrast, dark, piece.refused))
    return candidates


def flatten(grey: Image, parts: int) -> Image:
    """Divide a picture by its background: the median brightness around each place.

    Args:
        grey: (H, W) uint8.
        parts: the window's side is the picture's shorter one divided by this.

    Returns:
        (H, W) uint8, PAPER on the ground, less on dark ink and more on light.
    """
    shrink = max(1, min(grey.shape) // GROUND_SIDE)
    small = _shrink(grey, 1 / shrink)
    window = max(LEAST_WINDOW, min(grey.shape) // parts) // shrink | 1
    ground = cv2.medianBlur(small, window)
    ground = cv2.blur(ground, (window // 2 | 1, window // 2 | 1))
    ground = cv2.resize(ground, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    lifted = cv2.convertScaleAbs(cv2.blur(grey, (3, 3)), beta=DARKNESS)
    return np.asarray(cv2.divide(lifted, cv2.convertScaleAbs(ground, beta=DARKNESS), scale=PAPER), np.uint8)


def _apply(table: Image, picture: Image) -> Image:
    return np.asarray(cv2.LUT(picture, table), np.uint8)


def _seeds(ink: Image, level: int, least_height: int) -> list[Box]:
    """Boxes of the connected pieces of ink above a level that have a digit's size."""
    binary = cv2.threshold(ink, level, 255, cv2.THRESH_BINARY)[1]
    contours, hierarchy = cv2.findContours(binary, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if hierarchy is None:
        return []
    return [
        box
        for contour, parent in zip(contours, hierarchy[0, :, 3], strict=True)
        if parent == -1 and _has_size(box := Box(*cv2.boundingRect(contour)), binary.shape, least_height)
    ]


def _has_size(box: Box, shape: tuple[int, ...], least_height: int) -> bool:
    """Whether a box is as large and as wide as a digit may be, and off the picture's border."""
    inside = box.x > 0 and box.y > 0 and box.x + box.w < shape[1] and box.y + box.h < shape[0]
    return inside and box.h >= least_height and box.w <= LIMITS.widest * box.h


RUNS_ON = "runs on"


@dataclass(frozen=True)
class _Piece:
    """Connected ink: its tight box, its mask (h, w) uint8 0 or 1, its contrast 0 to 1, and why it is none."""

    box: Box
    mask: Image
    contrast: float
    refused: str = ""


def _cut_free(ink: Image, off_ground: Image, seed: Box, least_height: int) -> list[_Piece]:
    """Cut a seed's mask at half of its own contrast, and see whether it stands free on its ground.

    Half is where the edge of a blurred stroke lies, and rules of the paper, shadows and the ends of a
    longer line show there. A pencil's strokes break there, so the piece is also joined with what is less
    than a pen's width away: both are given when they differ.
    """
    strong = _strength(ink[seed.y : seed.y + seed.h, seed.x : seed.x + seed.w])
    if strong < LIMITS.faintest * PAPER or _crowded(off_ground, seed, strong):
        return [_Piece(seed, NO_CROP, strong / PAPER, refused="crowd")]
    window, alone, mask = _grow(ink, seed, strong // 2, reach=0)
    pieces = [_examine(ink, off_ground, window, alone, mask, strong, least_height)]
    if pieces[0].refused in (RUNS_ON, "shape"):
        return pieces
    reach = round(_pen_width(mask)) + 1
    window, joined, mask = _grow(ink, alone, strong // 2, reach)
    if joined != alone:
        pieces.append(_examine(ink, off_ground, window, joined, mask, strong, least_height))
    return pieces


def _strength(inner: Image) -> int:
    """How far the ink in a box stands out: the tone that its strongest twentieth reaches."""
    step = 1 + max(inner.shape) // 64
    tones = inner[::step, ::step]
    rank = tones.size - max(1, tones.size // 20)
    return int(np.partition(tones, rank, axis=None)[rank])


def _crowded(off_ground: Image, box: Box, strong: int) -> bool:
    """Whether little of a box's surroundings is ground: a quick look along the rectangle around it."""
    gap = 2 + box.h // 16
    left, top = max(0, box.x - gap), max(0, box.y - gap)
    right, bottom = min(off_ground.shape[1], box.x + box.w + gap) - 1, min(off_ground.shape[0], box.y + box.h + gap) - 1
    level = strong // 3
    sides = (off_ground[top, left:right], off_ground[bottom, left:right], off_ground[top:bottom, left],
             off_ground[top:bottom, right])
    taken = sum(int(np.count_nonzero(side > level)) for side in sides)
    return bool(taken > MOST_CROWDED * 2 * (right - left + bottom - top))


def _grow(ink: Image, seed: Box, level: int, reach: int) -> tuple[_Window, Box, Image]:
    """The piece of ink above a level that a seed is part of: its window, its tight box, its mask in the window."""
    tight = seed
    for margin in MARGINS:
        window = _Window.around(tight, ink.shape, margin)
        tight, mask = window.piece(window.of(ink), level, tight, reach)
        if window.holds(tight):
            break
    return window, tight, mask


def _examine(
    ink: Image, off_ground: Image, window: _Window, tight: Box, mask: Image, strong: int, least_height: int
) -> _Piece:
    """Whether a piece can be a digit by its shape and by the ground beside it."""
    x, y = tight.x - window.box.x, tight.y - window.box.y
    piece = _Piece(tight, mask[y : y + tight.h, x : x + tight.w], strong / PAPER)
    if not (window.holds(tight) and _has_size(tight, ink.shape, least_height)):
        return replace(piece, refused=RUNS_ON)
    slim = tight.w < LIMITS.slim * tight.h
    if slim:
        # A slim piece may be the stem of a letter whose hairlines are fainter: it has to stand free there too.
        whole, _ = window.piece(window.of(ink), round(FREE_AT * strong), tight)
        if whole.area > 1.5 * tight.area + 4 * tight.h:
            return replace(piece, refused="attached")
    elif cv2.countNonZero(mask) > LIMITS.fullest * tight.area:
        return replace(piece, refused="shape")
    if _pen_width(mask) > LIMITS.boldest * tight.h + 1:
        return replace(piece, refused="shape")
    near, far = (cv2.dilate(mask, np.ones((side, side), np.uint8)) for side in (5, 7))
    beside = np.sort(window.of(off_ground)[far > near])
    uneven = LIMITS.uneven_slim if slim else LIMITS.uneven
    if beside[len(beside) * 3 // 4] > uneven * strong or beside[len(beside) * 9 // 10] > 2.2 * uneven * strong:
        return replace(piece, refused="ground")
    return piece


def _pen_width(mask: Image) -> float:
    """The mean width of the strokes in pixels: a long stroke has twice as much edge as length."""
    area = cv2.countNonZero(mask)
    inside = cv2.countNonZero(cv2.erode(mask, np.ones((3, 3), np.uint8)))
    return 2 * area / max(1, area - inside)


@dataclass(frozen=True)
class _Window:
    """A part of the working picture around a piece of ink."""

    box: Box
    shape: tuple[int, ...]  # of the whole picture

    @staticmethod
    def around(box: Box, shape: tuple[int, ...], share: float) -> _Window:
        margin = max(4, round(share * max(box.h, box.w)))
        left, top = max(0, box.x - margin), max(0, box.y - margin)
        right, bottom = min(shape[1], box.x + box.w + margin), min(shape[0], box.y + box.h + margin)
        return _Window(Box(left, top, right - left, bottom - top), shape)

    def of(self, picture: Image) -> Image:
        return picture[self.box.y : self.box.y + self.box.h, self.box.x : self.box.x + self.box.w]

    def holds(self, box: Box) -> bool:
        """Whether a box stays off this window's edges."""
        right, bottom = self.box.x + self.box.w, self.box.y + self.box.h
        return box.x > self.box.x and box.y > self.box.y and box.x + box.w < right and box.y + box.h < bottom

    def piece(self, part: Image, level: int, near: Box, reach: int = 0) -> tuple[Box, Image]:
        """The largest piece above a level in a box, gaps up to `reach` pixels bridged.

        Returns:
            Its own box, and its mask, uint8 0 or 1, of the window's size.
        """
        binary = (part > level).view(np.uint8)
        _, pieces, stats, _ = cv2.connectedComponentsWithStats(binary)
        if reach:  # over specks that are no strokes no bridge is built
            stroke = stats[:, cv2.CC_STAT_AREA] >= reach * reach // 2
            stroke[0] = False
            binary = stroke[pieces].view(np.uint8)
            _, pieces = cv2.connectedComponents(cv2.dilate(binary, np.ones((reach + 1, reach + 1), np.uint8)))
        x, y = near.x - self.box.x, near.y - self.box.y
        counts = np.bincount(pieces[y : y + near.h, x : x + near.w].ravel(), minlength=2)
        counts[0] = 0
        mask = (pieces == counts.argmax()).view(np.uint8) & binary
        left, top, w, h = cv2.boundingRect(mask)
        return Box(self.box.x + left, self.box.y + top, w, h), mask
