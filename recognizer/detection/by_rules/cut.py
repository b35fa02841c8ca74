"""Cuts the ink at many places out of flattened pictures, each at half of its own contrast."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recognizer.core.geometry import Box
from recognizer.detection.by_rules.rules import without_rules
from recognizer.detection.by_rules.shape import Piece, Spot, examine
from recognizer.detection.by_rules.tiles import Pieces, Tile, sheets
from recognizer.detection.by_rules.views import part_of
from recognizer.detection.candidate import Reason

MARGINS = (0.5, 1.0)  # of a piece's window, in its longer side: it is widened once if the piece reaches its edge
MOST_GROWTH = 2  # how many times as large as its seed a piece may be
SECOND = 0.4  # height of a second piece in a seed's place over the seed's


def cut_free(spots: list[Spot]) -> list[list[Piece]]:
    """Cut the ink at each spot out, and see whether it stands free on its ground.

    A pencil's strokes break at half of their contrast, so a piece is also joined with what is less than a pen's width
    away: both are given when they differ. Where a line goes through, it is taken away first.

    Returns:
        The pieces of each spot.
    """
    found, lined = _cut(spots)
    for margin in MARGINS:
        unruled = [(place, *cleared) for place in lined if (cleared := _unruled(spots[place], margin))]
        if not unruled:
            break
        lined = []
        for (place, _, window), pieces in zip(unruled, _cut([spot for _, spot, _ in unruled])[0], strict=True):
            found[place] += [piece._replace(box=piece.box.moved(window.x, window.y)) for piece in pieces]
            if all(piece.refused == Reason.RUNS_ON for piece in pieces):
                lined.append(place)
    return found


def _cut(spots: list[Spot]) -> tuple[list[list[Piece]], list[int]]:
    """The pieces of each spot, and at which spots they run through their whole window, as lines do."""
    found: list[list[Piece]] = [[] for _ in spots]
    largest = [min(s.look.heights.stop, MOST_GROWTH * max(s.seed.w, s.seed.h)) for s in spots]
    lined: list[int] = []
    growing = dict(enumerate(spots))
    for widened, margin in enumerate(MARGINS, 1):
        places, spots = list(growing), list(growing.values())
        windows = [part_of(s.flat, around(s.seed, margin))[1] for s in spots]
        tiles = [Tile(s.flat, s.dark, window, s.level) for s, window in zip(spots, windows, strict=True)]
        growing = {}
        for indices, sheet in sheets(tiles):
            here = [spots[i] for i in indices]
            main, beside = _of_seeds(sheet.pieces, here)
            for k in main[sheet.pieces.edge[main]]:
                index, box = indices[sheet.pieces.tiles[k]], Box(*sheet.pieces.boxes[k].tolist())
                if widened < len(MARGINS) and max(box.w, box.h) < largest[places[index]]:
                    growing[places[index]] = spots[index]._replace(seed=box)
                if box.w == windows[index].w or box.h == windows[index].h:
                    lined.append(places[index])
            for tile, piece in examine(sheet, here, [*main.tolist(), *beside.tolist()]):
                if places[indices[tile]] not in growing:
                    found[places[indices[tile]]].append(piece)
    return found, sorted(set(lined))


def _unruled(spot: Spot, margin: float) -> tuple[Spot, Box] | None:
    """A spot in its own window, without the lines that go through it, and the window; None where there are none."""
    part, window = part_of(spot.flat, around(spot.seed, margin))
    clear = without_rules(part if spot.dark else ~part, spot.level)
    if clear is None:
        return None
    return spot._replace(flat=clear, dark=True, seed=spot.seed.moved(-window.x, -window.y)), window


def _of_seeds(pieces: Pieces, spots: list[Spot]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of each tile's largest piece in its seed's box, and of the others there that may be digits too."""
    seeds = np.array([s.seed for s in spots], np.int32).reshape(-1, 4)[pieces.tiles]
    start, stop = pieces.boxes[:, :2], pieces.boxes[:, :2] + pieces.boxes[:, 2:]
    shared = np.minimum(stop, seeds[:, :2] + seeds[:, 2:]) - np.maximum(start, seeds[:, :2])
    share = np.clip(shared, 0, None).prod(axis=1) / pieces.boxes[:, 2:].prod(axis=1)
    order = np.argsort(share * pieces.areas, kind="stable")
    largest = np.zeros(len(spots), np.intp)
    largest[pieces.tiles[order]] = order  # of a tile's pieces the last stays
    main = largest[np.isin(np.arange(len(spots)), pieces.tiles)]
    least = np.array([s.look.heights.start for s in spots])[pieces.tiles]
    others = (share > 0.5) & ~pieces.edge & (pieces.boxes[:, 3] >= np.maximum(least, SECOND * seeds[:, 3]))
    others[main] = False
    return main, np.flatnonzero(others)


def around(box: Box, share: float) -> Box:
    """A window around a box, with a margin that is a share of its longer side."""
    margin = max(4, round(share * max(box.h, box.w)))
    return Box(box.x - margin, box.y - margin, box.w + 2 * margin, box.h + 2 * margin)

