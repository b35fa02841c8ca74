"""One scene: something is written, on something, somewhere, and a camera sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.data.mnist import Labels
from train.finder.material import Material
from train.finder.scenes import content, contrasts, layouts, looks, settings
from train.finder.scenes import surroundings as around
from train.finder.scenes.settings import Stage, View
from train.finder.scenes.sheet import DIGIT, GROUND, IGNORE, OTHER, UNLABELLED, Sheet
from train.finder.scenes.surroundings import Fooled, Grey

HEIGHT, WIDTH = 384, 512
LEAST_HEIGHT = 8.5  # pixels: smaller digits are ignored
MOST_BLUR = 0.13  # of a digit's height: with more it is ignored
INKED = 100  # of 255: a pixel with so much of a stroke belongs to it
# how often nothing is written at all, and where a sheet is seen
EMPTY = {"photograph": 0.2, "room": 0.02}
SETTINGS: dict[str, tuple[Callable[[Sheet, Stage], View], float]] = {
    "held": (settings.held, 0.3), "page": (settings.page, 0.28), "scan": (settings.scan, 0.13),
    "surface": (settings.surface, 0.12),
}
LEAST_SEEN = 4.0  # grey levels between ink and ground, beyond what noise and small size ask for
NOISE_SEEN, NOISE_SEEN_SMALL = 1.0, 1.7  # how much the noise's deviation adds to that, for large digits and small ones
SMALL = 20  # pixels: a small digit's height
PICTURES = 0.15  # of the scenes, the share that is cut from labelled photographs, where there are some

Writer = Callable[[Sheet, Material, np.random.Generator, float], None]


def _scattered(most: int = 9, **topics: float) -> Writer:
    return lambda sheet, material, rng, scale: content.scattered(sheet, material, rng, scale, topics, most)


def _blank(sheet: Sheet, material: Material, rng: np.random.Generator, scale: float) -> None:
    pass


# what is written, how often in a view that is filled by it, and how often on a sheet in a room
CONTENTS: dict[str, tuple[Writer, float, float]] = {
    "numbers": (_scattered(numbers=1), 0.12, 0.24),
    "sums": (_scattered(sums=0.7, numbers=0.3), 0.1, 0.1),
    "signs": (_scattered(slashed=0.35, bracketed=0.25, pointed=0.4), 0.15, 0.12),
    "single": (_scattered(2, single=1), 0.03, 0.12),
    "mixed": (_scattered(numbers=0.35, words=0.2, joined=0.15, slashed=0.06, bracketed=0.06, pointed=0.08, doodles=0.1),
              0.12, 0.14),
    "words": (_scattered(words=0.6, joined=0.3, doodles=0.1), 0.09, 0.1),
    "grid": (layouts.grid, 0.08, 0.07),
    "form": (layouts.form, 0.06, 0.03),
    "rows": (layouts.rows, 0.08, 0.03),
    "huge": (layouts.huge, 0.07, 0.03),
    "listing": (layouts.listing, 0.06, 0.04),
    "prose": (layouts.prose, 0.08, 0.04),
    "clock": (contrasts.clock, 0.015, 0.005),
    "keyboard": (contrasts.keyboard, 0.01, 0.0),
    "stripes": (contrasts.stripes, 0.02, 0.005),
    "frames": (contrasts.frames, 0.04, 0.03),
    "chart": (contrasts.chart, 0.04, 0.03),
    "doodles": (contrasts.doodles, 0.02, 0.02),
    "blank": (_blank, 0.01, 0.02),
}


@dataclass(frozen=True)
class Scene:
    """A picture with all that is to be found in it.

    Attributes:
        grey: (H, W) uint8.
        ink: (H, W) uint8: GROUND, DIGIT, OTHER, IGNORE or UNKNOWN.
        boxes: (N, 4) float32 x, y, w, h of digits in pixels.
        labels: (N,) which digits they are, 0 to 9 or UNLABELLED.
        kind: setting and content, as in "page rows".
    """

    grey: NDArray[np.uint8]
    ink: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    labels: Labels
    kind: str


def make_scene(material: Material, rng: np.random.Generator, fooled: Fooled | None = None, height: int = HEIGHT,
               width: int = WIDTH) -> Scene:
    """Make one scene; all chance comes from `rng`. `fooled`: where photographs are to be shown more often."""
    fooled = fooled or {}
    if material.pictures and rng.random() < PICTURES:
        photograph = material.pictures[rng.integers(len(material.pictures))]
        grey, ink, boxes = around.labelled(photograph, rng, height, width)
        seen, blur = _photographed(grey, rng)
        return _finished(seen, ink, boxes, np.full(len(boxes), UNLABELLED), blur, "picture")
    every = EMPTY | {name: share for name, (_, share) in SETTINGS.items()}
    names = [name for name in every if material.photographs or name not in ("photograph", "surface")]
    shares = np.array([every[name] for name in names])
    setting = str(rng.choice(names, p=shares / shares.sum()))
    if setting in EMPTY:
        return _without_digits(Stage(material, rng, fooled, height, width), setting)
    held = setting == "held"
    name = str(rng.choice(list(CONTENTS), p=_shares(2 if held else 1)))
    wide = int(rng.uniform(0.3, 1.15) * width) if held else width
    high = int(min(1.2 * height, wide * rng.uniform(0.45, 1.3))) if held else height
    sheet = Sheet(high, wide)
    CONTENTS[name][0](sheet, material, rng, rng.uniform(0.7, 1.6) if held else 1.0)
    view = SETTINGS[setting][0](sheet, Stage(material, rng, fooled, height, width, ruled=name != "grid"))
    return _judged(view, f"{setting} {name}")


def _without_digits(stage: Stage, setting: str) -> Scene:
    rng = stage.rng
    if setting == "photograph":
        grey, ink = _photographs(stage)
    else:
        grey, ink = around.drawn_room(rng, *stage.shape), np.full(stage.shape, GROUND, np.uint8)
    if rng.random() < 0.3:
        grey = grey * looks.light(*stage.shape, rng)
    return Scene(_photographed(grey, rng)[0], ink, np.zeros((0, 4), np.float32), np.zeros(0, np.int64), setting)


def _photographs(stage: Stage) -> tuple[Grey, NDArray[np.uint8]]:
    """One photograph, or some small ones side by side: a look at a small scale sees whole ones so small."""
    count = int(stage.rng.choice([1, 2, 3, 4], p=[0.7, 0.12, 0.1, 0.08]))
    high, wide = stage.height // count, stage.width // count
    grey, ink = np.zeros(stage.shape, np.float32), np.full(stage.shape, IGNORE, np.uint8)
    for row, column in np.ndindex(count, count):
        part = np.s_[row * high : (row + 1) * high, column * wide : (column + 1) * wide]
        grey[part], ink[part] = around.from_photograph(stage.material, stage.rng, high, wide, stage.fooled)
    return grey, ink


def _photographed(grey: Grey, rng: np.random.Generator) -> tuple[NDArray[np.uint8], float]:
    """A photograph as it is, or taken once more; and its blur."""
    return looks.camera(grey * rng.uniform(0.7, 1.2), 30, rng) if rng.random() < 0.6 else (looks.as_bytes(grey), 0.0)


def _shares(column: int) -> NDArray[np.float64]:
    shares = np.array([content[column] for content in CONTENTS.values()])
    return np.asarray(shares / shares.sum(), np.float64)


def _judged(view: View, kind: str) -> Scene:
    """The ink map from its planes, and the boxes of the hulls."""
    ink = np.full(view.grey.shape, GROUND, np.uint8)
    ink[view.planes[..., OTHER] > INKED] = OTHER
    ink[view.planes[..., DIGIT] > INKED] = DIGIT
    ink[view.planes[..., IGNORE] > 127] = IGNORE
    boxes = [(*outline.min(0), *np.ptp(outline, axis=0)) for outline, _ in view.hulls]
    labels = np.array([label for _, label in view.hulls], np.int64)
    return _finished(view.grey, ink, np.array(boxes, np.float32).reshape(-1, 4), labels, view.blur, kind)


def _finished(grey: NDArray[np.uint8], ink: NDArray[np.uint8], boxes: NDArray[np.float32], labels: Labels,
              blur: float, kind: str) -> Scene:
    """Digits that are cut, too small, too blurred, too faint or on ground to be ignored become IGNORE themselves."""
    height, width = grey.shape
    kept: list[int] = []
    for place, (x, y, w, h) in enumerate(boxes.tolist()):
        part = np.s_[max(0, int(y)) : max(0, int(y + h) + 1), max(0, int(x)) : max(0, int(x + w) + 1)]
        inside = x >= 1 and y >= 1 and x + w <= width - 1 and y + h <= height - 1
        known = ink[part].size > 0 and float((ink[part] == IGNORE).mean()) < 0.1
        seen = h >= LEAST_HEIGHT and blur <= MOST_BLUR * h
        if inside and known and seen and _legible(grey, ink, (x, y, w, h)):
            kept.append(place)
        elif ink[part].size:
            ink[part] = IGNORE
    return Scene(grey, ink, boxes[kept], labels[kept], kind)


def _legible(grey: NDArray[np.uint8], ink: NDArray[np.uint8], box: tuple[float, float, float, float]) -> bool:
    """Whether a digit's ink stands out from the ground around it enough to be read."""
    x, y, w, h = box
    around = 2 + h / 5
    part = np.s_[max(0, int(y - around)) : int(y + h + around) + 1, max(0, int(x - around)) : int(x + w + around) + 1]
    strokes, ground = grey[part][ink[part] == DIGIT], grey[part][ink[part] == GROUND]
    if len(strokes) < 4 or len(ground) < 8:
        return True
    level = np.median(ground)
    noise = 1.5 * float(np.median(np.abs(ground - level)))  # of a normal distribution, its deviation
    share = NOISE_SEEN_SMALL if h < SMALL else NOISE_SEEN
    return bool(abs(float(strokes.mean()) - level) >= LEAST_SEEN + share * noise)
