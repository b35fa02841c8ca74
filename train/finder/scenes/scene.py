"""One scene: something is written, on something, somewhere, and a camera sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from train.finder.material import Material
from train.finder.scenes import content, contrasts, layouts, looks
from train.finder.scenes import surroundings as around
from train.finder.scenes.looks import Medium
from train.finder.scenes.sheet import DIGIT, GROUND, IGNORE, OTHER, Sheet
from train.finder.scenes.surroundings import Fooled, Grey

HEIGHT, WIDTH = 384, 512
LEAST_HEIGHT = 8.5  # pixels: smaller digits are ignored
MOST_BLUR = 0.13  # of a digit's height: with more it is ignored
SETTINGS = {"photograph": 0.15, "room": 0.02, "held": 0.3, "page": 0.28, "scan": 0.13, "surface": 0.12}
PICTURES = 0.15  # of the scenes, the share that is cut from labelled photographs, where there are some

Writer = Callable[[Sheet, Material, np.random.Generator, float], None]


def _scattered(most: int = 9, **topics: float) -> Writer:
    return lambda sheet, material, rng, scale: content.scattered(sheet, material, rng, scale, topics, most)


def _blank(sheet: Sheet, material: Material, rng: np.random.Generator, scale: float) -> None:
    pass


# what is written, how often in a view that is filled by it, and how often on a sheet in a room
CONTENTS: dict[str, tuple[Writer, float, float]] = {
    "numbers": (_scattered(numbers=1), 0.13, 0.26),
    "sums": (_scattered(sums=0.7, numbers=0.3), 0.06, 0.06),
    "signs": (_scattered(slashed=0.4, bracketed=0.35, pointed=0.25), 0.11, 0.08),
    "single": (_scattered(2, single=1), 0.03, 0.12),
    "mixed": (_scattered(numbers=0.35, words=0.2, joined=0.15, slashed=0.06, bracketed=0.06, pointed=0.08, doodles=0.1),
              0.12, 0.14),
    "words": (_scattered(words=0.5, joined=0.4, doodles=0.1), 0.06, 0.07),
    "grid": (layouts.grid, 0.08, 0.07),
    "form": (layouts.form, 0.06, 0.03),
    "rows": (layouts.rows, 0.1, 0.03),
    "huge": (layouts.huge, 0.07, 0.03),
    "listing": (layouts.listing, 0.05, 0.04),
    "prose": (layouts.prose, 0.06, 0.03),
    "clock": (contrasts.clock, 0.015, 0.005),
    "keyboard": (contrasts.keyboard, 0.01, 0.0),
    "stripes": (contrasts.stripes, 0.02, 0.005),
    "chart": (contrasts.chart, 0.02, 0.01),
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
        kind: setting and content, as in "page rows".
    """

    grey: NDArray[np.uint8]
    ink: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    kind: str


def make_scene(material: Material, rng: np.random.Generator, fooled: Fooled | None = None, height: int = HEIGHT,
               width: int = WIDTH) -> Scene:
    """Make one scene; all chance comes from `rng`. `fooled`: where photographs are to be shown more often."""
    fooled = fooled or {}
    if material.pictures and rng.random() < PICTURES:
        photograph = material.pictures[rng.integers(len(material.pictures))]
        grey, ink, boxes = around.labelled(photograph, rng, height, width)
        seen, blur = looks.camera(grey * rng.uniform(0.7, 1.2), 40, rng) if rng.random() < 0.5 else (_bytes(grey), 0.0)
        return _finished(seen, ink, boxes, blur, "picture")
    settings = [name for name in SETTINGS if material.photographs or name not in ("photograph", "surface")]
    shares = np.array([SETTINGS[name] for name in settings])
    setting = str(rng.choice(settings, p=shares / shares.sum()))
    if setting in ("photograph", "room"):
        if setting == "photograph":
            grey, ink = around.from_photograph(material, rng, height, width, fooled)
        else:
            grey, ink = around.drawn_room(rng, height, width), np.full((height, width), GROUND, np.uint8)
        if rng.random() < 0.3:
            grey = grey * looks.light(height, width, rng)
        seen, _ = looks.camera(grey * rng.uniform(0.7, 1.2), 30, rng) if rng.random() < 0.6 else (_bytes(grey), 0.0)
        return Scene(seen, ink, np.zeros((0, 4), np.float32), setting)
    held = setting == "held"
    name = str(rng.choice(list(CONTENTS), p=_shares(2 if held else 1)))
    wide = int(rng.uniform(0.3, 1.15) * width) if held else width
    high = int(min(1.2 * height, wide * rng.uniform(0.45, 1.3))) if held else height
    sheet = Sheet(high, wide)
    CONTENTS[name][0](sheet, material, rng, rng.uniform(0.7, 1.6) if held else 1.0)
    return {"held": _held, "page": _page, "scan": _scan, "surface": _surface}[setting](
        sheet, material, rng, fooled, height, width, f"{setting} {name}")


def _shares(column: int) -> NDArray[np.float64]:
    shares = np.array([content[column] for content in CONTENTS.values()])  # type: ignore[index]
    return np.asarray(shares / shares.sum(), np.float64)


def _scan(sheet: Sheet, material: Material, rng: np.random.Generator, fooled: Fooled, height: int, width: int,
          kind: str) -> Scene:
    """Black on pure white or white on pure black, without light and shadow: scans, screens, data sets."""
    share = sheet.planes[..., 0].astype(np.float32) / 255
    softness = rng.choice([0.0, 0.5, 0.9])
    planes, hulls = sheet.planes, sheet.hulls
    if rng.random() < 0.3:
        turn = _turning(rng.normal(0, 0.03), height, width, 1.0)
        planes, hulls = _warped(sheet, turn, height, width)
        share = planes[..., 0].astype(np.float32) / 255
    if softness:
        share = cv2.GaussianBlur(share, (0, 0), softness)
    elif rng.random() < 0.3:
        share = (share > 0.5).astype(np.float32)
    paper, ink = (255.0, rng.choice([0.0, rng.uniform(0, 170)])) if rng.random() < 0.8 else (rng.choice([0.0, 20.0]), 255.0)
    grey = _bytes(paper + (ink - paper) * share)
    if rng.random() < 0.3:
        grey = looks.compressed(grey, rng)
    return _judged(grey, planes, hulls, (sheet.height, sheet.width), softness, kind)


def _page(sheet: Sheet, material: Material, rng: np.random.Generator, fooled: Fooled, height: int, width: int,
          kind: str) -> Scene:
    """A page that fills the view, straight or tilted."""
    look = looks.medium(rng)
    turn = rng.choice([0.0, rng.normal(0, 0.06), rng.uniform(-0.8, 0.8)], p=[0.45, 0.4, 0.15])
    ruled = np.zeros((height, width), np.uint8) if kind.endswith("grid") else looks.rules(height, width, rng)
    if turn or rng.random() < 0.3:
        matrix = _turning(turn, height, width, rng.uniform(0.9, 1.1), rng.normal(0, 0.02, (4, 2)))
        planes, hulls = _warped(sheet, matrix, height, width)
        ruled = cv2.warpPerspective(ruled, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    else:
        planes, hulls = sheet.planes, sheet.hulls
    grey = looks.write_on(looks.paper_of(look, height, width, rng), planes[..., 0], ruled, look, rng)
    return _seen(grey, planes, hulls, sheet, look, rng, kind)


def _surface(sheet: Sheet, material: Material, rng: np.random.Generator, fooled: Fooled, height: int, width: int,
             kind: str) -> Scene:
    """Written on a photographed surface: real paper, boards, walls, wood; seldom across any photograph."""
    kinds = ("surface",) if rng.random() < 0.8 else ()
    paper, ignored = around.from_photograph(material, rng, height, width, fooled, kinds)
    look = Medium(float(np.median(paper)), max(0.25, looks.medium(rng).contrast), rng.uniform(0, 0.6), 0.0)
    matrix = _turning(rng.normal(0, 0.08), height, width, rng.uniform(0.9, 1.1))
    planes, hulls = _warped(sheet, matrix, height, width)
    planes[..., IGNORE] |= np.where(ignored == IGNORE, np.uint8(255), np.uint8(0))
    strength = np.abs(paper - look.ink) < 25  # ink that can't be told from what lies under it
    planes[..., IGNORE] |= cv2.erode(strength.astype(np.uint8) * np.uint8(255), np.ones((5, 5), np.uint8))
    grey = looks.write_on(paper, planes[..., 0], np.zeros((height, width), np.uint8), look, rng)
    return _seen(grey, planes, hulls, sheet, look, rng, kind)


def _held(sheet: Sheet, material: Material, rng: np.random.Generator, fooled: Fooled, height: int, width: int,
          kind: str) -> Scene:
    """A sheet in a room, tilted and in perspective, often with fingers at its edge."""
    look = looks.medium(rng)
    behind, ink_behind = (
        around.from_photograph(material, rng, height, width, fooled) if material.photographs and rng.random() < 0.8
        else (around.drawn_room(rng, height, width), np.full((height, width), GROUND, np.uint8)))
    turn = rng.normal(0, 0.13) if rng.random() < 0.85 else rng.uniform(-0.8, 0.8)
    matrix = _turning(turn, sheet.height, sheet.width, rng.uniform(0.8, 1.1), rng.normal(0, 0.03, (4, 2)),
                      (rng.uniform(0.2, 0.8) * width, rng.uniform(0.2, 0.8) * height))
    planes, hulls = _warped(sheet, matrix, height, width)
    ruled = np.zeros((sheet.height, sheet.width), np.uint8) if kind.endswith("grid") else looks.rules(
        sheet.height, sheet.width, rng)
    ruled = cv2.warpPerspective(ruled, matrix, (width, height), flags=cv2.INTER_LINEAR)
    cover = cv2.warpPerspective(np.ones((sheet.height, sheet.width), np.float32), matrix, (width, height),
                                flags=cv2.INTER_LINEAR)
    grey = looks.write_on(looks.paper_of(look, height, width, rng), planes[..., 0], ruled, look, rng)
    if rng.random() < 0.5:
        shadow = np.roll(cv2.GaussianBlur(cover, (0, 0), rng.uniform(2, 10)), rng.integers(-8, 9, 2).tolist(), (0, 1))
        behind = behind * (1 - 0.5 * rng.random() * shadow)
    grey = behind * (1 - cover) + grey * cover
    planes[..., IGNORE] |= np.where((cover < 0.5) & (ink_behind == IGNORE), np.uint8(255), np.uint8(0))
    if rng.random() < 0.5:
        corners = cv2.perspectiveTransform(_corners(sheet.height, sheet.width)[None], matrix)[0]
        hand, tone = around.fingers((height, width), corners, rng)
        grey = grey * (1 - hand) + tone * hand
        hulls = [hull for hull in hulls if not _hides(hand, hull, planes)]
        planes[..., 1:3][hand > 0.5] = 0
    return _seen(np.asarray(grey, np.float32), planes, hulls, sheet, look, rng, kind)


def _hides(hand: Grey, hull: NDArray[np.float32], planes: NDArray[np.uint8]) -> bool:
    """Whether a hand hides part of a digit; what it leaves of it is then to be ignored."""
    x, y, w, h = cv2.boundingRect(np.round(hull).astype(np.int32))
    part = np.s_[max(0, y) : max(0, y + h), max(0, x) : max(0, x + w)]
    if hand[part].size and (hand[part] > 0.5).mean() > 0.03:
        planes[part][..., IGNORE] = 255
        return True
    return False


def _turning(turn: float, height: int, width: int, zoom: float, shift: NDArray[np.floating] | None = None,
             middle: tuple[float, float] | None = None) -> NDArray[np.float64]:
    """The homography that turns a sheet by `turn` radians around its middle and moves its corners a little."""
    corners = _corners(height, width)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * zoom
    moved = (corners - [width / 2, height / 2]) @ rotation.T + (middle or (width / 2, height / 2))
    if shift is not None:
        moved = moved + shift * min(height, width)
    return np.asarray(cv2.getPerspectiveTransform(corners, moved.astype(np.float32)), np.float64)


def _corners(height: int, width: int) -> NDArray[np.float32]:
    return np.float32([(0, 0), (width, 0), (width, height), (0, height)])


def _warped(sheet: Sheet, matrix: NDArray[np.float64], height: int,
            width: int) -> tuple[NDArray[np.uint8], list[NDArray[np.float32]]]:
    """The planes and hulls as they are seen."""
    planes = cv2.warpPerspective(sheet.planes, matrix, (width, height), flags=cv2.INTER_LINEAR)
    whole = _whole(sheet.hulls, sheet.height, sheet.width)
    hulls = [cv2.perspectiveTransform(hull[None], matrix)[0] for hull, _ in whole]
    cut = [hull for hull, (_, inside) in zip(hulls, whole, strict=True) if not inside]
    _ignore(planes, cut)
    return planes, [hull for hull, (_, inside) in zip(hulls, whole, strict=True) if inside]


def _whole(hulls: list[NDArray[np.float32]], height: int, width: int) -> list[tuple[NDArray[np.float32], bool]]:
    """Each hull, and whether it lies on the sheet as a whole."""
    return [(hull, bool((hull >= 0).all() and (hull <= [width, height]).all())) for hull in hulls]


def _ignore(planes: NDArray[np.uint8], hulls: list[NDArray[np.float32]]) -> None:
    for hull in hulls:
        (x0, y0), (x1, y1) = np.floor(hull.min(0)).astype(int), np.ceil(hull.max(0)).astype(int)
        planes[max(0, y0) : max(0, y1 + 1), max(0, x0) : max(0, x1 + 1), IGNORE] = 255


def _seen(grey: Grey, planes: NDArray[np.uint8], hulls: list[NDArray[np.float32]], sheet: Sheet, look: Medium,
          rng: np.random.Generator, kind: str) -> Scene:
    """In some light, by some camera."""
    grey = grey * looks.light(*grey.shape, rng) if rng.random() < 0.85 else grey  # type: ignore[call-arg]
    if rng.random() < 0.07:
        grey = looks.glare(grey, rng)
    exposure = rng.uniform(0.65, 1.25)
    picture, blur = looks.camera(grey * exposure, abs(look.ink - look.paper) * exposure, rng)
    return _judged(picture, planes, hulls, (sheet.height, sheet.width), blur, kind)


def _judged(grey: NDArray[np.uint8], planes: NDArray[np.uint8], hulls: list[NDArray[np.float32]],
            sheet: tuple[int, int], blur: float, kind: str) -> Scene:
    """The ink map from its planes, and the boxes of the hulls."""
    ink = np.full(grey.shape, GROUND, np.uint8)
    ink[planes[..., OTHER] > 100] = OTHER
    ink[planes[..., DIGIT] > 100] = DIGIT
    ink[planes[..., IGNORE] > 127] = IGNORE
    boxes = np.float32([(*hull.min(0), *np.ptp(hull, axis=0)) for hull in hulls]).reshape(-1, 4)
    return _finished(grey, ink, boxes, blur, kind)


def _finished(grey: NDArray[np.uint8], ink: NDArray[np.uint8], boxes: NDArray[np.float32], blur: float,
              kind: str) -> Scene:
    """Digits that are cut, too small, too blurred or on ground to be ignored become IGNORE themselves."""
    height, width = grey.shape
    kept = []
    for x, y, w, h in boxes.tolist():
        part = np.s_[max(0, int(y)) : max(0, int(y + h) + 1), max(0, int(x)) : max(0, int(x + w) + 1)]
        inside = x >= 1 and y >= 1 and x + w <= width - 1 and y + h <= height - 1
        known = ink[part].size > 0 and float((ink[part] == IGNORE).mean()) < 0.1
        if inside and known and h >= LEAST_HEIGHT and blur <= MOST_BLUR * h:
            kept.append((x, y, w, h))
        elif ink[part].size:
            ink[part] = IGNORE
    return Scene(grey, ink, np.float32(kept).reshape(-1, 4), kind)


def _bytes(grey: NDArray[np.floating]) -> NDArray[np.uint8]:
    return np.clip(grey + 0.5, 0, 255).astype(np.uint8)
