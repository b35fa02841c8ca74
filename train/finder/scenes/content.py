"""What people write: numbers, sums, fractions, dates, words, and marks around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from train.finder.material import Material
from train.finder.scenes.sheet import DIGIT, INKED, OTHER, UNLABELLED, Sheet
from train.finder.scenes.writing import hand as hands
from train.finder.scenes.writing.glyphs import Ink, Pen, draw
from train.finder.scenes.writing.hand import Glyph, Hand

TYPICAL, LEAST, MOST = 34.0, 9.0, 200.0  # pixels: a digit's height
SPREAD = 0.6  # of its logarithm
SMALL = 0.12  # of the sheets, the share that is written 9 to 15 pixels high
GAPS = (-0.12, -0.05, 0.02, 0.1, 0.2, 0.3, 0.5, 0.9)  # between two digits, in heights
_GAP_SHARES = (0.13, 0.14, 0.16, 0.15, 0.18, 0.12, 0.08, 0.04)
UNEVEN = 0.2  # of the lines, the share whose digits are of different sizes and hang below the others' feet
TOUCHING = 0.12  # of the lines, the share whose digits' strokes run into each other
OVERLAPS = 0.2, 1.0  # of two such strokes, in widths of the pen, least and most
SUMS = ("d+d=d", "dd+d=dd", "d-d=d", "dxd=dd", "dd÷d=d", "d+d", "d=d", "z=d", "dz+d=d", "dx-d", "(d+d)xd=dd", "d<d",
        "-d", "√d=d", "x=dd", "lx+d=d", "d.d", "d,dd", "dd.dd", "l=d", "d-d+d+d-d", "dd-dd=", "dx-dd+d=d", "d+d+d=dd")
SLASHED = ("d/d", "dd/dd", "d/d/dddd", "dd/d/dd", "d d/d", "d/l", "l/d", "d/d+d/d", "d/d=d", "dd/d", "d/dd", "d/d d/d",
           "d / d", "l/l", "//", "d/d/d")
BRACKETED = ("(dd)", "[d]", "(d)", "d)", "[dd]", "{d,d}", "(d,d)", "(d+d)", "[d,d]", "(l)", "[l]", "d(d)", "(l+d)",
             "l(d)", "(d d)", "((d)d)", "[d d d]", "(lll)", "d]", "[ ]", "( )", "()", "(-d)", "l[d]", "{d}", "()(dd)")
POINTED = ("d:dd", "dd:dd", "d%", "dd%", "$dd", "$d.dd", "#d", "d.", "d.d.dd", "dd*", "d,ddd", "d:d", "d..d",
           "ddd%", "d.d%", "dd %", "€dd", "dd€", "d€", "€d.dd", "d,dd €", "£dd", "£d.dd", "dd£", "$ddd", "dd$",
           "d-d", "dd-dd", "d#d", "lll: d", "llll d", "l.d", "ld", "dl", "lld", "llll.", "ll/ll", "l-l", "ll=",
           "ll%", "d>d", "d<")


def size(rng: np.random.Generator, scale: float) -> float:
    """A digit's height in pixels."""
    if rng.random() < SMALL:
        return float(rng.uniform(LEAST, 15))
    return float(np.clip(np.exp(rng.normal(np.log(TYPICAL), SPREAD)) * scale, LEAST, MOST))


def write(sheet: Sheet, hand: Hand, x: float, y: float, tokens: Sequence[str], rng: np.random.Generator,
          gap: float = 0.2, slope: float = 0.0, strength: float = 1.0, touching: bool = False) -> float:
    """Write a line whose digits' upper edge is at y.

    Args:
        tokens: "d" for a digit, "l" for a letter, " " for a gap, and keys of SIGNS.
        gap: between two of them, in heights.
        slope: of the line.
        strength: of the ink, 0 to 1.
        touching: whether the strokes of its digits run into each other.

    Returns:
        Where the line ends.
    """
    at, height, before = x, hand.height, None
    spread, hang = (0.35, 0.12) if rng.random() < UNEVEN else (0.12, 0.03)
    for token in tokens:
        if token == " ":
            at += height * rng.uniform(0.4, 1.1)
            continue
        if token == "d":
            ink, label = hand.digit(rng.uniform(1 - spread, 1 + spread))
            glyph, kind = Glyph(ink, ink.shape[0] / 2), DIGIT
        else:
            glyph, kind, label = (hand.letter() if token == "l" else hand.sign(token)), OTHER, UNLABELLED
        foot = y + height + rng.normal(0, hang) * height + (at - x) * slope
        top = foot - glyph.middle - glyph.ink.shape[0] / 2
        if touching and kind == DIGIT:
            if before:
                at = before.meets(glyph.ink, at, top) - hand.pen.width * rng.uniform(*OVERLAPS)
            before = _Written(glyph.ink, at, top)
        else:
            before = None
        box = sheet.put(glyph.ink, at, top, kind, strength, label)
        if box:
            sheet.take(box[0] - 2, box[1] - 2, box[2] + 4, box[3] + 4)
        at += glyph.ink.shape[1] + height * max(-0.2, rng.normal(gap, 0.07))
        if at > sheet.width:
            break
    return at


class _Written(NamedTuple):
    """A glyph with its left upper corner."""

    ink: Ink
    x: float
    y: float

    def meets(self, other: Ink, x: float, y: float) -> float:
        """Where another glyph at this height has its left side when its ink meets this one's; x where it never does."""
        lower = round(y) - round(self.y)
        ours, theirs = (ink > INKED * ink.max() for ink in (self.ink[max(0, lower) :], other[max(0, -lower) :]))
        rows = min(len(ours), len(theirs))
        ours, theirs = ours[:rows], theirs[:rows]
        both = ours.any(axis=1) & theirs.any(axis=1)
        if not both.any():
            return x
        ends, starts = ours.shape[1] - ours[both, ::-1].argmax(axis=1), theirs[both].argmax(axis=1)
        return self.x + float((ends - starts).max())


def number(rng: np.random.Generator, most: int = 8) -> str:
    return "d" * int(min(most, 1 + rng.geometric(0.33)))


def word(rng: np.random.Generator) -> str:
    return "l" * int(rng.integers(2, 9))


def scattered(sheet: Sheet, material: Material, rng: np.random.Generator, scale: float, topics: dict[str, float],
              most: int = 9) -> None:
    """A few lines here and there, in one hand or several.

    `topics`: how often each is written: numbers, sums, slashed, bracketed, pointed, words, joined, single, doodles.
    """
    left = int(rng.integers(1, most + 1))
    hand, gap, slope, strength, touching = Hand(material, size(rng, scale), rng), 0.2, 0.0, 1.0, False
    fresh = True
    names, shares = list(topics), np.array(list(topics.values()))
    for _ in range(3 * left):
        if left <= 0:
            break
        if fresh or rng.random() < 0.25:
            height = hand.height if rng.random() < 0.6 and not fresh else size(rng, scale)
            hand, fresh = Hand(material, height, rng), False
            gap, slope = rng.choice(GAPS, p=_GAP_SHARES), rng.normal(0, 0.05)
            strength = 1.0 if rng.random() < 0.7 else rng.uniform(0.5, 1)
            touching = rng.random() < TOUCHING
        topic = str(rng.choice(names, p=shares / shares.sum()))
        tokens = _tokens(topic, rng)
        height = hand.height
        wide = height * (0.7 + max(0.0, gap)) * max(1, len(tokens))
        x = rng.uniform(2, max(3, sheet.width - min(wide, 0.8 * sheet.width)))
        y = rng.uniform(2, max(3, sheet.height - 1.2 * height))
        if not sheet.free(x - 0.3 * height, y - 0.25 * height, wide + 0.6 * height, 1.5 * height):
            continue
        left -= 1
        if topic == "doodles":
            doodle(sheet, hand, x, y, rng)
        elif topic == "joined":
            joined_line(sheet, hand, x, y, int(rng.integers(1, 4)), rng, strength)
        else:
            end = write(sheet, hand, x, y, tokens, rng, gap, slope, strength, touching)
            if topic in ("numbers", "single", "sums") and rng.random() < 0.18:
                mark(sheet, hand, (x, y, end - x, height), rng)


def _tokens(topic: str, rng: np.random.Generator) -> str:
    written = {"sums": SUMS, "slashed": SLASHED, "bracketed": BRACKETED, "pointed": POINTED}
    if topic in written:
        return str(rng.choice(written[topic]))
    if topic == "numbers":
        return number(rng) if rng.random() < 0.8 else " ".join(number(rng, 4) for _ in range(rng.integers(2, 4)))
    if topic == "words":
        return " ".join(word(rng) for _ in range(rng.integers(1, 4)))
    return "lll" if topic == "joined" else "d"


def joined_line(sheet: Sheet, hand: Hand, x: float, y: float, words: int, rng: np.random.Generator,
                strength: float = 1.0) -> float:
    """Words in joined-up writing; where they end."""
    for _ in range(words):
        glyph = hand.word(int(rng.integers(2, 9)))
        top = y + hand.height - glyph.middle - glyph.ink.shape[0] / 2
        box = sheet.put(glyph.ink, x, top, OTHER, strength)
        if box:
            sheet.take(*box)
        x += glyph.ink.shape[1] + hand.height * rng.uniform(0.2, 0.6)
        if x > sheet.width:
            break
    return x


def doodle(sheet: Sheet, hand: Hand, x: float, y: float, rng: np.random.Generator) -> None:
    """Something drawn that is no writing, or a filled blot."""
    side = float(np.exp(rng.uniform(np.log(14), np.log(200))))
    width, height = side * rng.uniform(0.3, 1, 2)
    if rng.random() < 0.25:
        angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(4, 10)))
        radii = rng.uniform(0.2, 0.5, len(angles))[:, None] * min(side, 60)
        ink: Ink = hands.filled(np.stack([np.cos(angles), np.sin(angles)], 1) * radii)
    else:
        ink = hand.scribble(width, height)
    box = sheet.put(ink, x, y, OTHER)
    if box:
        sheet.take(*box)


def mark(sheet: Sheet, hand: Hand, box: tuple[float, float, float, float], rng: np.random.Generator) -> None:
    """Circle, frame, underline, or cross out what stands in a box; what is crossed out heavily isn't to be found."""
    x, y, w, h = box
    if w < 4:
        return
    thickness = hand.pen.width * rng.uniform(0.5, 1.2)
    space = h * rng.uniform(0.2, 0.6)
    kind = rng.choice(["ring", "frame", "underline", "strike", "scratch"], p=[0.35, 0.2, 0.25, 0.12, 0.08])
    if kind == "ring":
        ink = hands.ring(w * 1.25 + 2 * space, h * 1.2 + 2 * space, thickness, rng)
        sheet.put(ink, x + w / 2 - ink.shape[1] / 2, y + h / 2 - ink.shape[0] / 2, OTHER)
    elif kind == "frame":
        corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]) * [w + 2 * space, h + 2 * space]
        ink = draw([corners + rng.normal(0, 0.03 * h, corners.shape)], Pen(thickness), rng)
        sheet.put(ink, x - space, y - space, OTHER)
    elif kind == "underline":
        for below in range(1 if rng.random() < 0.75 else 2):
            ink = hands.line(w * rng.uniform(1, 1.3), rng.normal(0, 0.05) * h, thickness, rng)
            sheet.put(ink, x - 0.1 * h, y + h * (1.12 + 0.15 * below), OTHER)
    elif kind == "strike":
        ink = hands.line(w * 1.1, rng.normal(0, 0.15) * h, min(thickness, 0.08 * h), rng)
        sheet.put(ink, x - 0.1 * h, y + h * rng.uniform(0.35, 0.6), OTHER)
    else:
        steps = int(rng.integers(4, 10))
        corners = np.stack([np.linspace(0, w, steps), np.tile([0, h], steps)[:steps]], 1) + rng.normal(
            0, 0.1 * h, (steps, 2))
        sheet.put(draw([corners], hand.pen, rng), x, y, OTHER)
        sheet.ignore(x - 2, y - 2, w + 4, h + 4)
