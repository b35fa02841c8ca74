"""Many windows measured at once give what each gives by itself."""

import cv2
import numpy as np
import pytest

from recognizer.core.geometry import Box
from recognizer.detection.by_rules.ground import PAPER
from recognizer.detection.by_rules.shape import strokes_of
from recognizer.detection.by_rules.tiles import Sheet, Tile, sheets


def blots(rng: np.random.Generator) -> np.ndarray:
    """A flattened picture with dark and light blots all over."""
    noise = cv2.GaussianBlur(rng.standard_normal((150, 200)).astype(np.float32), (0, 0), 3)
    return (PAPER + 60 * noise / noise.std()).clip(0, 255).astype(np.uint8)


def tiles(rng: np.random.Generator, count: int) -> list[Tile]:
    flat = blots(rng)
    found = []
    for _ in range(count):
        w, h = rng.integers(8, 70, 2).tolist()
        window = Box(int(rng.integers(0, 200 - w)), int(rng.integers(0, 150 - h)), w, h)
        found.append(Tile(flat, bool(rng.random() < 0.5), window, int(rng.integers(5, 60))))
    return found


def by_hand(tile: Tile) -> set[tuple[object, ...]]:
    """Box, area, and whether it reaches the edge, of each piece of one tile, the slow way."""
    x, y, w, h = tile.window
    part = tile.flat[y : y + h, x : x + w].astype(int)
    ink = (PAPER - part if tile.dark else part - (PAPER - 1)) > tile.level
    count, labels = cv2.connectedComponents(ink.astype(np.uint8), connectivity=8)
    pieces = set()
    for label in range(1, count):
        mask = labels == label
        rows, columns = np.nonzero(mask)
        left, top, right, bottom = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        edge = bool(left == 0 or top == 0 or right == w or bottom == h)
        pieces.add((int(left + x), int(top + y), int(right - left), int(bottom - top), int(mask.sum()), edge))
    return pieces


@pytest.mark.parametrize("seed", range(6))
def test_a_sheet_measures_each_tile_as_it_is_alone(seed: int) -> None:
    chosen = tiles(np.random.default_rng(seed), 40)
    pieces = Sheet(chosen).pieces
    for index, tile in enumerate(chosen):
        mine = pieces.tiles == index
        measured = {(*map(int, box), int(area), bool(edge)) for box, area, edge in
                    zip(pieces.boxes[mine], pieces.areas[mine], pieces.edge[mine], strict=True)}
        assert measured == by_hand(tile)


def test_each_tile_is_on_one_sheet_and_masks_lie_where_the_boxes_are() -> None:
    chosen = tiles(np.random.default_rng(9), 300)
    seen: list[int] = []
    for indices, sheet in sheets(chosen):
        seen += indices
        for k in range(0, len(sheet.pieces.tiles), 7):
            window, box = chosen[indices[sheet.pieces.tiles[k]]].window, Box(*sheet.pieces.boxes[k].tolist())
            cutting = sheet.window((k,), box)
            assert Box(*cv2.boundingRect(cutting.mask)) == cutting.box == box.moved(-window.x, -window.y)
            assert cv2.countNonZero(cutting.mask) == sheet.pieces.areas[k]
            near = sheet.cutting((k,), box, margin=2)
            assert Box(*cv2.boundingRect(near.mask)) == near.box
            assert near.tones.shape[0] <= box.h + 4
    assert sorted(seen) == list(range(300))


def test_no_tiles_make_no_sheet() -> None:
    assert list(sheets([])) == []


def test_pieces_less_than_a_stroke_apart_are_near() -> None:
    flat = np.full((60, 80), PAPER, np.uint8)
    for left in (10, 16, 40):
        flat[10:50, left : left + 4] = 20
    pieces = (sheet := Sheet([Tile(flat, True, Box(0, 0, 80, 60), 30)])).pieces
    at = {int(box[0]): k for k, box in enumerate(pieces.boxes)}
    assert sheet.near(at[10], width=4.0) == tuple(sorted([at[10], at[16]]))
    assert sheet.near(at[40], width=4.0) == (at[40],)
    joined = pieces.joined([sheet.near(at[10], width=4.0)])
    assert joined.boxes.tolist() == [[10, 10, 10, 40]]
    assert joined.areas.tolist() == [2 * 4 * 40]


def test_a_bar_is_one_stroke_as_long_and_wide_as_it_is() -> None:
    bar = np.zeros((60, 30), np.uint8)
    bar[5:55, 10:16] = 1
    lengths, widths = strokes_of(np.array([cv2.countNonZero(bar)], np.int32), [bar])
    assert lengths[0] == pytest.approx(50 + 6, abs=3)  # half of its edge
    assert widths[0] == pytest.approx(6, abs=0.5)
