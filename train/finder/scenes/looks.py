"""How ink, paper, light and camera look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from train.finder.scenes.surroundings import Grey, clouds

_GRAIN = np.random.default_rng(0).standard_normal((1024, 1024)).astype(np.float32)
CREASED, SPECKLED = 0.2, 0.08  # shares of the papers
LEAST_DIFFERENCE = 12.0  # grey levels between ink and paper
NOISE_SHARE = 0.2  # of the ink's contrast, what the noise may be: more, and nobody could read it


@dataclass(frozen=True)
class Medium:
    """What is written with on what.

    Attributes:
        paper: its brightness, 0 to 255.
        contrast: of the ink, as a share of what there can be; bright ink where the paper is dark.
        grain: how unevenly the ink lies, 0 to 1.
        texture: of the paper, as a share of its brightness.
    """

    paper: float
    contrast: float
    grain: float
    texture: float

    @property
    def ink(self) -> float:
        if self.paper < 115:
            return max(self.paper + LEAST_DIFFERENCE + 5, self.paper + (255 - self.paper) * self.contrast)
        return min(self.paper - LEAST_DIFFERENCE, self.paper * (1 - self.contrast))


def medium(rng: np.random.Generator) -> Medium:
    """Pen, marker, pencil, chalk on a board or bright ink on a screen."""
    kind = rng.choice(["pen", "pencil", "board", "any"], p=[0.45, 0.27, 0.13, 0.15])
    if kind == "pen":
        return Medium(rng.uniform(120, 250), rng.uniform(0.45, 0.97), rng.choice([0.0, 0.3]), rng.uniform(0, 0.012))
    if kind == "pencil":
        contrast = float(np.exp(rng.uniform(np.log(0.09), np.log(0.5))))
        return Medium(rng.uniform(120, 250), contrast, rng.uniform(0.2, 0.8), rng.uniform(0, 0.015))
    if kind == "board":
        return Medium(rng.uniform(8, 100), rng.uniform(0.3, 0.95), rng.uniform(0, 0.9), rng.uniform(0, 0.05))
    contrast = float(np.exp(rng.uniform(np.log(0.08), 0)))
    return Medium(rng.choice([rng.uniform(8, 110), rng.uniform(116, 250)]), contrast, rng.uniform(0, 0.5),
                  rng.uniform(0, 0.03))


def write_on(paper: Grey, ink_share: NDArray[np.uint8], rules: NDArray[np.uint8], look: Medium,
             rng: np.random.Generator) -> Grey:
    """The sheet as the eye sees it.

    Args:
        paper: (H, W) float32, the ground, about `look.paper` bright.
        ink_share: (H, W) uint8, how much ink lies on each pixel.
        rules: (H, W) uint8, likewise of the printed rules.
    """
    height, width = paper.shape
    share = ink_share.astype(np.float32) / 255
    if look.grain:
        grain = 0.5 + 0.8 * clouds(height, width, rng.uniform(1.2, 3.5), rng)
        share *= np.clip(1 - look.grain * np.clip(grain, 0, 1.3), 0.12, 1)
    rule = rules.astype(np.float32) * (rng.uniform(0.03, 0.6) / 255)
    ground = paper + rule * 60 if look.paper < 115 else paper * (1 - rule)
    return np.asarray(ground + (look.ink - ground) * share, np.float32)


def paper_of(look: Medium, height: int, width: int, rng: np.random.Generator) -> Grey:
    """Plain paper, (H, W) float32."""
    ground = 1 + 0.012 * clouds(height, width, width / 2.5, rng)
    if look.texture:
        ground += look.texture * clouds(height, width, rng.uniform(1.2, 5), rng)
    if rng.random() < CREASED:
        ground *= creases(height, width, rng)
    if rng.random() < SPECKLED:
        specks = (_GRAIN[:height, :width] > rng.uniform(2.2, 3.2)).astype(np.float32)
        ground -= rng.uniform(0.05, 0.6) * cv2.GaussianBlur(specks, (0, 0), rng.uniform(0.5, 1.1))
    return np.asarray(look.paper * ground, np.float32)


def creases(height: int, width: int, rng: np.random.Generator) -> Grey:
    """What the light makes of folded or crumpled paper: each fold is brighter on one side than on the other."""
    y, x = np.mgrid[0:height:2, 0:width:2].astype(np.float32)
    shade = np.ones_like(x)
    for _ in range(int(rng.integers(1, 12))):
        turn, reach = rng.uniform(0, np.pi), float(np.exp(rng.uniform(np.log(3), np.log(60))))
        away = (x - rng.uniform(0, width)) * np.cos(turn) + (y - rng.uniform(0, height)) * np.sin(turn)
        away += rng.uniform(0, 4) * np.sin(x / rng.uniform(20, 90))
        side = np.tanh(away / rng.uniform(0.7, 3)) * np.exp(-np.abs(away) / reach)
        shade += rng.uniform(0.02, 0.12) * side
    return np.asarray(cv2.resize(shade, (width, height)), np.float32)


def rules(height: int, width: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """The rules of lined or squared paper, (H, W) uint8; often none."""
    ink = np.zeros((height, width), np.uint8)
    kind = rng.choice(["none", "lined", "squared", "dotted"], p=[0.5, 0.25, 0.22, 0.03])
    if kind == "none":
        return ink
    step, strength, tilt = rng.uniform(8, 52), int(rng.uniform(40, 255)), rng.normal(0, 0.015)
    thickness = 1 if rng.random() < 0.7 else 2
    ys, xs = (np.arange(rng.uniform(0, step), side + 20, step) for side in (height, width))
    if kind == "dotted":
        for y in ys:
            for x in xs:
                cv2.circle(ink, (int(x), int(y)), 1, strength, -1, cv2.LINE_AA)
        return ink
    for y in ys:
        cv2.line(ink, (0, int(8 * y)), (8 * width, int(8 * (y + tilt * width))), strength, thickness, cv2.LINE_AA, 3)
    for x in xs if kind == "squared" else xs[1:2] if rng.random() < 0.4 else ():
        cv2.line(ink, (int(8 * x), 0), (int(8 * (x - tilt * height)), 8 * height), strength, thickness, cv2.LINE_AA, 3)
    return np.asarray(cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.4, 0.9)), np.uint8)


def light(height: int, width: int, rng: np.random.Generator) -> Grey:
    """What the light multiplies each pixel with: a slope, and edges of shadows, sharp or soft."""
    y, x = np.mgrid[0:height:4, 0:width:4].astype(np.float32) / np.float32(width)
    turn = rng.uniform(0, 2 * np.pi)
    shade = 1 - rng.uniform(0, 0.6) * ((x - 0.5) * np.cos(turn) + (y - 0.4) * np.sin(turn) + 0.5)
    for _ in range(int(rng.choice([0, 1, 2], p=[0.55, 0.32, 0.13]))):
        turn = rng.uniform(0, 2 * np.pi)
        beyond = (x - rng.uniform(0.1, 0.9)) * np.cos(turn) + (y - rng.uniform(0.1, 0.7)) * np.sin(turn)
        beyond += 0.15 * np.sin(x * rng.uniform(1, 9) + rng.uniform(0, 6))
        softness = rng.choice([0.004, 0.01, 0.03, 0.1])
        shade *= 1 - rng.uniform(0.1, 0.85) / (1 + np.exp(-np.clip(beyond / softness, -30, 30)))
    return np.asarray(cv2.resize(shade, (width, height)), np.float32)


def glare(grey: Grey, rng: np.random.Generator) -> Grey:
    """A lamp's reflection: a bright patch in which the ink fades."""
    height, width = grey.shape
    y, x = np.mgrid[0:height:4, 0:width:4].astype(np.float32)
    wide = rng.uniform(0.05, 0.35) * width
    high = wide * rng.uniform(0.5, 2)
    away = ((x - rng.uniform(0, width)) / wide) ** 2 + ((y - rng.uniform(0, height)) / high) ** 2
    patch = cv2.resize(np.exp(-away).astype(np.float32), (width, height)) * rng.uniform(0.3, 0.9)
    return np.asarray(grey + (rng.uniform(225, 260) - grey) * np.clip(patch, 0, 1), np.float32)


def camera(grey: Grey, contrast: float, rng: np.random.Generator) -> tuple[NDArray[np.uint8], float]:
    """What a camera makes of it: focus, motion, noise, sharpening, compression.

    `contrast`: between ink and paper in grey levels; there is never so much noise that nobody could read it.

    Returns:
        (H, W) uint8, and the blur's standard deviation in pixels.
    """
    height, width = grey.shape
    blur = float(rng.choice([0.0, 0.6, 1.0, 1.6, 2.4, 3.6], p=[0.22, 0.27, 0.24, 0.15, 0.08, 0.04]))
    blur *= rng.uniform(0.7, 1.2)
    if blur:
        grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), blur), np.float32)
    if rng.random() < 0.07:
        length = int(rng.integers(3, 9))
        kernel = np.zeros((length, length), np.float32)
        cv2.line(kernel, (0, int(rng.integers(length))), (length - 1, int(rng.integers(length))), 1.0)
        kernel = kernel.T if rng.random() < 0.5 else kernel
        grey = np.asarray(cv2.filter2D(grey, -1, kernel / kernel.sum()), np.float32)
        blur = max(blur, length / 3)
    noise = min(float(np.exp(rng.uniform(np.log(0.3), np.log(9)))), max(0.5, contrast * NOISE_SHARE))
    y, x = rng.integers(0, 1024 - height), rng.integers(0, 1024 - width)
    grey = grey + _GRAIN[y : y + height, x : x + width] * noise + clouds(height, width, 4, rng) * (noise * 0.25)
    if rng.random() < 0.4:
        grey = grey + rng.uniform(0.2, 1) * (grey - cv2.GaussianBlur(grey, (0, 0), 1.2))
    picture = as_bytes(grey)
    return compressed(picture, rng) if rng.random() < 0.6 else picture, blur


def compressed(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Through JPEG of some quality."""
    _, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 95))])
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_GRAYSCALE), np.uint8)


def as_bytes(grey: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Grey levels, rounded and cut to 0 to 255."""
    return np.asarray(np.clip(grey + 0.5, 0, 255), np.uint8)
