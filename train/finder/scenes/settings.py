"""Where a sheet is seen: as a scan, as a page that fills the view, on a photographed surface, held up in a room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from train.finder.material import Material
from train.finder.scenes import looks
from train.finder.scenes import surroundings as around
from train.finder.scenes.looks import Medium
from train.finder.scenes.sheet import GROUND, IGNORE, Hull, Sheet
from train.finder.scenes.surroundings import Fooled, Grey

Planes = NDArray[np.uint8]  # as those of a sheet
Hulls = list[Hull]  # likewise
TURNED_AWAY, FARTHEST = 0.2, 1.2  # the share of held sheets that face elsewhere, by how many radians at most
PHOTOGRAPHED = 0.65  # of the rooms behind them, the share that are photographs
BEHIND = 0.1  # and that where other writing stands behind, too far out of focus to be read
UNREADABLE = 0.17  # of a digit's height: with so much blur nobody is sure of it
UNSEEN = 25.0  # grey levels: ink that differs less from what lies under it can't be told from it


@dataclass(frozen=True)
class Stage:
    """What a setting is made with.

    Attributes:
        ruled: whether the paper may have rules.
    """

    material: Material
    rng: np.random.Generator
    fooled: Fooled
    height: int
    width: int
    ruled: bool = True

    @property
    def shape(self) -> tuple[int, int]:
        return self.height, self.width


@dataclass(frozen=True)
class View:
    """What is seen: (H, W) uint8 grey, the sheet's planes and hulls there, and the blur's deviation in pixels."""

    grey: NDArray[np.uint8]
    planes: Planes
    hulls: Hulls
    blur: float


def scan(sheet: Sheet, stage: Stage) -> View:
    """Black on pure white or white on pure black, without light and shadow: scans, screens, data sets."""
    rng = stage.rng
    planes, hulls = sheet.planes, sheet.hulls
    if rng.random() < 0.3:
        planes, hulls = _warped(sheet, _turning(sheet, rng.normal(0, 0.03), 1.0), stage)
    share = planes[..., 0].astype(np.float32) / 255
    softness = float(rng.choice([0.0, 0.5, 0.9]))
    if softness:
        share = np.asarray(cv2.GaussianBlur(share, (0, 0), softness), np.float32)
    elif rng.random() < 0.3:
        share = (share > 0.5).astype(np.float32)
    dark, bright = rng.choice([0.0, rng.uniform(0, 170)]), 255.0
    paper, ink = (bright, dark) if rng.random() < 0.8 else (rng.choice([0.0, 20.0]), bright)
    grey = looks.as_bytes(paper + (ink - paper) * share)
    return View(looks.compressed(grey, rng) if rng.random() < 0.3 else grey, planes, hulls, softness)


def page(sheet: Sheet, stage: Stage) -> View:
    """A page that fills the view, straight or tilted."""
    rng, look = stage.rng, looks.medium(stage.rng)
    turn = rng.choice([0.0, rng.normal(0, 0.06), rng.uniform(-0.8, 0.8)], p=[0.45, 0.4, 0.15])
    rules = _rules(sheet, stage)
    planes, hulls = sheet.planes, sheet.hulls
    if turn or rng.random() < 0.3:
        matrix = _turning(sheet, turn, rng.uniform(0.9, 1.1), rng.normal(0, 0.02, (4, 2)))
        planes, hulls = _warped(sheet, matrix, stage)
        rules = _moved(rules, matrix, stage, cv2.BORDER_REFLECT)
    grey = looks.write_on(looks.paper_of(look, *stage.shape, rng), planes[..., 0], rules, look, rng)
    return _seen(grey, planes, hulls, look, rng)


def surface(sheet: Sheet, stage: Stage) -> View:
    """Written on a photographed surface: real paper, boards, walls, wood; seldom across any photograph."""
    rng = stage.rng
    kinds = ("surface",) if rng.random() < 0.8 else ()
    paper, ignored = around.from_photograph(stage.material, rng, *stage.shape, stage.fooled, kinds)
    look = Medium(float(np.median(paper)), max(0.25, looks.medium(rng).contrast), rng.uniform(0, 0.6), 0.0)
    planes, hulls = _warped(sheet, _turning(sheet, rng.normal(0, 0.08), rng.uniform(0.9, 1.1)), stage)
    hidden = (np.abs(paper - look.ink) < UNSEEN).astype(np.uint8) * np.uint8(255)
    hidden = np.asarray(cv2.erode(hidden, np.ones((5, 5), np.uint8)), np.uint8)
    planes[..., IGNORE] |= np.where(ignored == IGNORE, np.uint8(255), hidden)
    grey = looks.write_on(paper, planes[..., 0], np.zeros(stage.shape, np.uint8), look, rng)
    return _seen(grey, planes, hulls, look, rng)


def held(sheet: Sheet, stage: Stage) -> View:
    """A sheet in a room, tilted and in perspective, often with fingers at its edge."""
    rng, look = stage.rng, looks.medium(stage.rng)
    if stage.material.photographs and rng.random() < PHOTOGRAPHED:
        behind, ink_behind = around.from_photograph(stage.material, rng, *stage.shape, stage.fooled)
    else:
        behind, ink_behind = around.drawn_room(rng, *stage.shape), np.full(stage.shape, GROUND, np.uint8)
    if sheet.hulls and rng.random() < BEHIND:
        behind, ink_behind = _out_of_focus(sheet, stage, look), np.full(stage.shape, GROUND, np.uint8)
    turn = rng.normal(0, 0.13) if rng.random() < 0.85 else rng.uniform(-0.8, 0.8)
    middle = rng.uniform(0.2, 0.8) * stage.width, rng.uniform(0.2, 0.8) * stage.height
    away = (rng.uniform(0, FARTHEST), 0.0) if rng.random() < TURNED_AWAY else (0.0, 0.0)
    away = away if rng.random() < 0.7 else away[::-1]
    matrix = _turning(sheet, turn, rng.uniform(0.8, 1.1), rng.normal(0, 0.03, (4, 2)), middle, away)
    planes, hulls = _warped(sheet, matrix, stage)
    rules = _moved(_rules(sheet, stage), matrix, stage)
    cover = _moved(np.full((sheet.height, sheet.width), 255, np.uint8), matrix, stage) / np.float32(255)
    grey = looks.write_on(looks.paper_of(look, *stage.shape, rng), planes[..., 0], rules, look, rng)
    if rng.random() < 0.5:
        soft = cv2.GaussianBlur(cover, (0, 0), rng.uniform(2, 10))
        shadow = np.roll(soft, rng.integers(-8, 9, 2).tolist(), (0, 1))
        behind = np.asarray(behind * (1 - 0.5 * rng.random() * shadow), np.float32)
    grey = np.asarray(behind * (1 - cover) + grey * cover, np.float32)
    planes[..., IGNORE] |= np.where((cover < 0.5) & (ink_behind == IGNORE), np.uint8(255), np.uint8(0))
    if rng.random() < 0.5:
        corners = cv2.perspectiveTransform(_corners(sheet)[None], matrix)[0]
        hand, tone = around.fingers(stage.shape, np.asarray(corners, np.float32), rng)
        grey = np.asarray(grey * (1 - hand) + tone * hand, np.float32)
        hulls = [hull for hull in hulls if not _hidden(hand, hull, planes)]
        planes[..., 1:3][hand > 0.5] = 0
    return _seen(grey, planes, hulls, look, rng)


def _out_of_focus(sheet: Sheet, stage: Stage, look: Medium) -> Grey:
    """What a sheet has, as if it stood large on the wall behind: there is ink, and no digit that could be read."""
    rng, size = stage.rng, (stage.width, stage.height)
    ink = np.asarray(cv2.resize(sheet.planes[..., 0], size, interpolation=cv2.INTER_AREA), np.uint8)
    grey = looks.write_on(looks.paper_of(look, *stage.shape, rng), ink, np.zeros(stage.shape, np.uint8), look, rng)
    largest = max(float(np.ptp(hull.outline[:, 1])) for hull in sheet.hulls) * stage.height / sheet.height
    blur = largest * rng.uniform(UNREADABLE, 2 * UNREADABLE)
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), blur, borderType=cv2.BORDER_REPLICATE), np.float32)


def _seen(grey: Grey, planes: Planes, hulls: Hulls, look: Medium, rng: np.random.Generator) -> View:
    """In some light, by some camera."""
    if rng.random() < 0.85:
        grey = grey * looks.light(grey.shape[0], grey.shape[1], rng)
    if rng.random() < 0.07:
        grey = looks.glare(grey, rng)
    exposure = rng.uniform(0.65, 1.25)
    picture, blur = looks.camera(grey * exposure, abs(look.ink - look.paper) * exposure, rng)
    return View(picture, planes, hulls, blur)


def _rules(sheet: Sheet, stage: Stage) -> NDArray[np.uint8]:
    if not stage.ruled:
        return np.zeros((sheet.height, sheet.width), np.uint8)
    return looks.rules(sheet.height, sheet.width, stage.rng)


def _hidden(hand: Grey, hull: Hull, planes: Planes) -> bool:
    """Whether a hand hides part of a digit; what it leaves of it is then to be ignored."""
    x, y, w, h = cv2.boundingRect(np.round(hull.outline).astype(np.int32))
    part = np.s_[max(0, y) : max(0, y + h), max(0, x) : max(0, x + w)]
    if hand[part].size and (hand[part] > 0.5).mean() > 0.03:
        planes[part][..., IGNORE] = 255
        return True
    return False


def _turning(sheet: Sheet, turn: float, zoom: float, shift: NDArray[np.floating[Any]] | None = None,
             middle: tuple[float, float] | None = None, away: tuple[float, float] = (0.0, 0.0)) -> NDArray[np.float64]:
    """The homography that turns a sheet around its middle and moves its corners a little.

    `turn`: in the picture's plane; `away`: out of it, to the side and up or down; in radians.
    """
    corners, centre = _corners(sheet), (sheet.width / 2, sheet.height / 2)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * zoom
    moved = (corners - centre) * (np.cos(away[0]), np.cos(away[1])) @ rotation.T + (middle or centre)
    if shift is not None:
        moved = moved + shift * min(sheet.height, sheet.width)
    return np.asarray(cv2.getPerspectiveTransform(corners, moved.astype(np.float32)), np.float64)


def _corners(sheet: Sheet) -> NDArray[np.float32]:
    return np.array([(0, 0), (sheet.width, 0), (sheet.width, sheet.height), (0, sheet.height)], np.float32)


def _warped(sheet: Sheet, matrix: NDArray[np.float64], stage: Stage) -> tuple[Planes, Hulls]:
    """The planes and hulls as they are seen; what the sheet's edge cuts is to be ignored."""
    planes, hulls = _moved(sheet.planes, matrix, stage), []
    for flat, label in sheet.hulls:
        hull = np.asarray(cv2.perspectiveTransform(flat[None], matrix)[0], np.float32)
        if (flat >= 0).all() and (flat <= [sheet.width, sheet.height]).all():
            hulls.append(Hull(hull, label))
        else:
            (x0, y0), (x1, y1) = hull.min(0), hull.max(0)
            planes[max(0, int(y0)) : max(0, int(y1) + 2), max(0, int(x0)) : max(0, int(x1) + 2), IGNORE] = 255
    return planes, hulls


def _moved(plane: NDArray[np.uint8], matrix: NDArray[np.float64], stage: Stage,
           border: int = cv2.BORDER_CONSTANT) -> NDArray[np.uint8]:
    size = stage.width, stage.height
    return np.asarray(cv2.warpPerspective(plane, matrix, size, flags=cv2.INTER_LINEAR, borderMode=border), np.uint8)
