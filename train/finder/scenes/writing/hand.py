"""A hand, or a printer: digits, letters and signs as one of them writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fixtures.paths import Path, draw_strokes, smooth
from train.augment.letters import LETTERS
from train.finder.material import Material
from train.finder.scenes.writing import glyphs
from train.finder.scenes.writing.glyphs import FONTS, Ink, Pen
from train.finder.scenes.writing.letters import SMALL, common_letter
from train.finder.scenes.writing.strokes import DIGITS, SIGNS, joined_word

SHARES = {"pen": 0.4, "picture": 0.26, "drawn": 0.24, "print": 0.1}  # of digits, where all of these are to be had
LETTER_SHARES = {"print": 0.3, "drawn": 0.4, "foreign": 0.2, "picture": 0.1}
LIKE_DIGITS = {"O": 0, "o": 0, "D": 0, "l": 1, "I": 1, "i": 1, "Z": 2, "z": 2, "S": 5, "s": 5, "b": 6, "G": 6, "g": 9,
               "q": 9, "B": 8}
ODD = 0.12  # of a word's letters, the share of any letters and signs, as rare as they may be
OWN_SMALL = 0.7  # of the small letters, the share in this package's style instead of the repository's
FREQUENT = np.array([0.09, 0.19, 0.09, 0.09, 0.11, 0.09, 0.08, 0.11, 0.07, 0.08])  # bare digits are hard: more 1s, 4s
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TALL = set("bdfhklt") | set(ALPHABET[:26])
_SIGN_SYMBOLS = {"+": "plus", "-": "minus", "x": "x", "/": "slash", "z": "z", ".": "dot"}


@dataclass(frozen=True)
class Glyph:
    """Ink, and how far the middle of its height is above the foot line in pixels."""

    ink: Ink
    middle: float


class Hand:
    """One writer with one pen, or one font."""

    def __init__(self, material: Material, height: float, rng: np.random.Generator, kind: str | None = None) -> None:
        """`height`: of the digits, in pixels. `kind`: a key of SHARES, by chance where none is given."""
        self._material, self._rng, self.height = material, rng, height
        kinds = [k for k in SHARES if k != "pen" or material.strokes]
        shares = np.array([SHARES[k] for k in kinds])
        self.kind = kind or str(rng.choice(kinds, p=shares / shares.sum()))
        self._letters = "print" if self.kind == "print" else self._letter_kind()
        share = np.exp(rng.uniform(np.log(0.02), np.log(0.2)))  # of the height, what a stroke's width is
        self.pen = Pen(width=float(np.clip(height * share, 0.8, 0.26 * height)), slant=rng.normal(0.05, 0.14),
                       stretch=rng.uniform(0.75, 1.3), pressure=rng.choice([0.0, 0.15, 0.35], p=[0.6, 0.25, 0.15]))
        self._wobble = rng.uniform(0.006, 0.032)
        self._level = rng.uniform(0.2, 0.66)
        self._capitals = rng.choice([0.0, 0.1, 1.0], p=[0.4, 0.3, 0.3])  # of its letters, the share of capitals
        self._styles = [styles[rng.integers(len(styles))] for styles in DIGITS.values()]
        self.font = FONTS[rng.integers(len(FONTS))]
        if material.strokes:
            self._writer = material.strokes[rng.integers(len(material.strokes))]
        if material.alphabets:
            self._alphabet = material.alphabets[rng.integers(len(material.alphabets))]

    def _letter_kind(self) -> str:
        kinds = [k for k in LETTER_SHARES if self._material.alphabets or k in ("print", "drawn")]
        shares = np.array([LETTER_SHARES[k] for k in kinds])
        return str(self._rng.choice(kinds, p=shares / shares.sum()))

    def digit(self, size: float = 1.0) -> tuple[Ink, int]:
        """A digit as this hand writes it, and its label; `size`: its height in the hand's."""
        rng, height = self._rng, self.height * size
        if self.kind == "picture":
            digits = self._material.digits
            place = rng.integers(len(digits))
            return glyphs.from_picture(digits.pictures[place], height, self._level), int(digits.labels[place])
        if self.kind == "pen":
            place = rng.integers(len(self._writer))
            paths = [smooth(p, 3) if 2 < len(p) < 50 else p for p in self._writer.paths[place]]
            return self._draw(paths, height), int(self._writer.labels[place])
        label = int(rng.choice(10, p=FREQUENT))
        if self.kind == "print":
            return glyphs.from_text(str(label), height, self.font)[0], label
        return self._draw(self._like(label), height), label

    def _pick(self, pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
        picture: NDArray[np.uint8] = pictures[self._rng.integers(len(pictures))]
        return picture

    def _draw(self, paths: list[Path], height: float) -> Ink:
        rng, pen = self._rng, self.pen
        pen = Pen(pen.width, pen.slant + rng.normal(0, 0.04), pen.stretch * rng.uniform(0.92, 1.08), pen.pressure)
        return glyphs.from_paths(paths, height, pen, rng, rng.normal(0, 0.05))

    def letter(self) -> Glyph:
        """A letter of a word, some of them such as look like a digit."""
        rng, height = self._rng, self.height
        if self._letters == "print":
            return self.text(self._character())
        if self._letters == "foreign":
            return self._standing(glyphs.from_picture(self._pick(self._alphabet), height, self._level))
        if self._letters == "picture":
            if rng.random() < 0.5 and len(self._material.letters):
                return self._standing(glyphs.from_picture(self._pick(self._material.letters), height, self._level))
            symbol = self._material.symbols["wxyz"[rng.integers(4)]]
            return self._standing(glyphs.from_picture(self._pick(symbol), height * 0.8, self._level))
        if rng.random() < ODD:
            names = list(LETTERS)
            name = names[rng.integers(len(names))]
        else:
            name = self._character()
        if name in SMALL and rng.random() < OWN_SMALL:
            return self._placed(draw_strokes(SMALL[name], rng, self._wobble))
        if name in LIKE_DIGITS and name not in LETTERS:
            size = 1.0 if name.isupper() or name in TALL else 0.65
            return self._standing(self._draw(self._like(LIKE_DIGITS[name]), height * size))
        name = name if name in LETTERS else name.upper() if name.upper() in LETTERS else "A"
        small = name.islower() and len(name) == 1 and name not in TALL
        paths = draw_strokes(LETTERS[name], rng, self._wobble)
        return self._standing(self._draw(paths, height * (0.66 if small else 1)))

    def _character(self) -> str:
        """A letter as often as it stands in words; this hand writes small ones, capitals or both."""
        character = common_letter(self._rng)
        return character.upper() if self._rng.random() < self._capitals else character

    def _like(self, label: int) -> list[Path]:
        return draw_strokes(self._styles[label], self._rng, self._wobble)

    def _placed(self, paths: list[Path]) -> Glyph:
        """Paths whose foot line is at 1."""
        lean = np.array([self.pen.stretch, 1], np.float32) * self.height
        paths = [(path - np.array([0, 1], np.float32)) * lean for path in paths]
        paths = [path - path[:, 1:] * np.array([self.pen.slant, 0], np.float32) for path in paths]
        ink = glyphs.draw(paths, self.pen, self._rng)
        return Glyph(ink, ink.shape[0] / 2 - max(0.0, max(float(path[:, 1].max()) for path in paths)))

    def text(self, text: str) -> Glyph:
        """Printed text in this hand's font."""
        ink, below = glyphs.from_text(text, self.height, self.font)
        return Glyph(ink, ink.shape[0] / 2 - below)

    def sign(self, name: str) -> Glyph:
        """A sign, a key of SIGNS."""
        rng = self._rng
        strokes, size, middle = SIGNS[name]
        if self.kind == "print" and name not in "√÷":
            return self.text(name)
        height = self.height * size * rng.uniform(0.85, 1.15)
        symbol = _SIGN_SYMBOLS.get(name)
        if self.kind == "picture" and symbol in self._material.symbols and rng.random() < 0.7:
            ink = glyphs.from_picture(self._pick(self._material.symbols[symbol]), max(4, height), self._level)
            return Glyph(ink, middle * self.height)
        if name in "-=":
            paths = [p * np.array([rng.uniform(0.4, 0.8), 1], np.float32) * self.height
                     for p in draw_strokes(strokes, rng, self._wobble)]
            return Glyph(glyphs.draw(paths, self.pen, rng), middle * self.height)
        paths = draw_strokes(strokes, rng, self._wobble)
        if name == "/":
            paths = [p * np.array([rng.uniform(0.6, 1.8), 1], np.float32) for p in paths]
        pen = Pen(self.pen.width, rng.normal(0, 0.06), self.pen.stretch)
        low = min(height, self.pen.width * 1.2) if name in ".:" else 3.0
        return Glyph(glyphs.from_paths(paths, max(low, height), pen, rng), middle * self.height)

    def word(self, letters: int) -> Glyph:
        """A word in joined-up writing."""
        paths = [p * np.array([self.pen.stretch, 1], np.float32) * self.height * 1.1
                 for p in joined_word(letters, self._rng, self._wobble)]
        paths = [p - p[:, 1:] * np.array([self.pen.slant * 2, 0], np.float32) for p in paths]
        ink = glyphs.draw(paths, self.pen, self._rng)
        return Glyph(ink, ink.shape[0] / 2 - max(0.0, max(float(path[:, 1].max()) for path in paths)))

    def scribble(self, width: float, height: float) -> Ink:
        """A doodle that is no character: a knot, waves, a frame, a ring, an arrow, hatching."""
        rng = self._rng
        return glyphs.draw([_doodle(rng) * np.array([width, height], np.float32)], self.pen, rng)

    @staticmethod
    def _standing(ink: Ink) -> Glyph:
        return Glyph(ink, ink.shape[0] / 2)


def _doodle(rng: np.random.Generator) -> Path:
    """One path in the unit square."""
    kind = rng.integers(6)
    if kind == 0:
        return smooth(rng.uniform(0, 1, (rng.integers(5, 14), 2)).astype(np.float32))
    if kind == 1:
        t = np.linspace(0, 1, 80)
        waves, bend = rng.uniform(3, 14), rng.uniform(0, 3)
        return np.stack([t + 0.03 * np.sin(t * waves * 6.3), 0.5 + 0.45 * np.sin(t * waves * 3 + np.sin(t * bend))],
                        1).astype(np.float32)
    if kind == 2:
        corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) + rng.normal(0, 0.04, (4, 2))
        return np.vstack([corners, corners[:1]]).astype(np.float32)
    if kind == 3:
        t = np.linspace(0, 6.5, 60)
        return np.stack([0.5 + 0.5 * np.cos(t), 0.5 + 0.5 * np.sin(t)], 1).astype(np.float32)
    if kind == 4:
        tail, tip = rng.uniform(0, 1, (2, 2)).astype(np.float32)
        back = (tail - tip) / max(0.1, float(np.hypot(*(tail - tip)))) * 0.2
        side = np.array([[0.8, -0.5], [0.5, 0.8]], np.float32)
        return np.vstack([tail, tip, tip + side @ back, tip, tip + side.T @ back]).astype(np.float32)
    count = int(rng.integers(4, 12))
    x = np.repeat(np.linspace(0, 1, count), 2)
    return np.stack([x + np.tile([0.2, 0.0], count), np.tile([0.0, 1.0, 1.0, 0.0], count)[: 2 * count]],
                    1).astype(np.float32)


def ring(width: float, height: float, thickness: float, rng: np.random.Generator) -> Ink:
    """An oval drawn by hand around something `width` by `height` pixels large."""
    t = np.linspace(rng.uniform(0, 6), rng.uniform(6.2, 7.2) + 6, 70)
    wave = 1 + 0.04 * np.sin(2 * t + rng.uniform(0, 6))
    path = np.stack([width / 2 * np.cos(t) * wave, height / 2 * np.sin(t) * wave], 1)
    return glyphs.draw([path], Pen(thickness), rng)


def line(width: float, height: float, thickness: float, rng: np.random.Generator) -> Ink:
    """A line drawn by hand from one corner of a box to the other; negative `height` goes upwards."""
    t = np.linspace(0, 1, 12)
    bow = rng.normal(0, 0.02) * np.sin(np.pi * t) * np.hypot(width, height)
    return glyphs.draw([np.stack([t * width, t * height + bow], 1)], Pen(thickness), rng)


def filled(corners: NDArray[np.floating[Any]]) -> Ink:
    """A filled polygon, its corners (N, 2) in pixels."""
    low, high = corners.min(0), corners.max(0)
    ink = np.zeros((int(high[1] - low[1]) + 4, int(high[0] - low[0]) + 4), np.uint8)
    cv2.fillPoly(ink, [np.round(corners - low + 2).astype(np.int32)], 255, cv2.LINE_AA)
    return ink
