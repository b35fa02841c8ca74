"""Drawn things that have been taken for digits: clocks, keyboards, stripes, charts, bar codes."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from train.finder.material import Material
from train.finder.scenes.content import doodle, size, word, write
from train.finder.scenes.sheet import DIGIT, OTHER, UNLABELLED, Sheet
from train.finder.scenes.writing.glyphs import Pen, draw
from train.finder.scenes.writing.hand import ALPHABET, Hand, ring

FORMULAS = ("dd", "l=d", "l=lxl", "l=l+l", "l<d", "ll=l*l")  # in a flow chart
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")


def clock(sheet: Sheet, material: Material, rng: np.random.Generator, scale: float) -> None:
    """A clock's face or a gauge: ticks, hands, and numbers, Roman numerals or nothing around."""
    radius = float(rng.uniform(40, 0.55 * min(sheet.height, sheet.width)))
    x, y = rng.uniform(0.7 * radius, max(radius, sheet.width - radius)), rng.uniform(0.7 * radius, sheet.height * 0.7)
    thickness = rng.uniform(1, 5)
    outline = ring(2 * radius, 2 * radius, thickness, rng)
    sheet.put(outline, x - outline.shape[1] / 2, y - outline.shape[0] / 2, OTHER)
    ticks = int(rng.choice([12, 24, 60]))
    lines = []
    for tick, turn in enumerate(np.arange(ticks) * 2 * np.pi / ticks):
        inner = 0.85 if tick % (ticks // 12) == 0 else 0.89
        lines.append(np.array([[np.sin(turn), -np.cos(turn)]]) * np.array([[0.93], [inner]]) * radius)
    for reach in (0.5, 0.75, 0.8)[: rng.integers(1, 4)]:
        turn = rng.uniform(0, 2 * np.pi)
        lines.append(np.array([[0, 0], [np.sin(turn), -np.cos(turn)]]) * reach * radius)
    for line in lines:
        ink = draw([line], Pen(thickness * rng.uniform(0.7, 1.5)), rng)
        low = line.min(0)
        sheet.put(ink, x + low[0] - ink.shape[1] / 2 + np.ptp(line[:, 0]) / 2,
                  y + low[1] - ink.shape[0] / 2 + np.ptp(line[:, 1]) / 2, OTHER)
    kind = rng.choice(["numbers", "roman", "none"], p=[0.5, 0.25, 0.25])
    hand = Hand(material, float(radius * rng.uniform(0.14, 0.24)), rng, "print")
    for hour in range(1, 13):
        if kind == "none":
            break
        text = str(hour) if kind == "numbers" else ROMAN[hour - 1]
        glyphs = [hand.text(character).ink for character in text]
        turn = hour * np.pi / 6
        left = x + 0.7 * radius * np.sin(turn) - sum(g.shape[1] for g in glyphs) / 2
        for glyph, character in zip(glyphs, text, strict=True):
            top = y - 0.7 * radius * np.cos(turn) - glyph.shape[0] / 2
            if kind == "numbers":
                sheet.put(glyph, left, top, DIGIT, label=int(character))
            else:
                sheet.put(glyph, left, top, OTHER)
            left += glyph.shape[1] - 1
    sheet.take(x - radius, y - radius, 2 * radius, 2 * radius)


def keyboard(sheet: Sheet, material: Material, rng: np.random.Generator, scale: float) -> None:
    """Rows of keys with a letter or a sign on each, or an upper row of digits."""
    side = float(rng.uniform(22, 64))
    hand = Hand(material, side * rng.uniform(0.28, 0.5), rng, "print")
    thickness = max(1, round(rng.uniform(1, 3)))
    left, y = rng.uniform(-side, 10), rng.uniform(2, 0.3 * sheet.height)
    for row in range(int(rng.integers(2, 6))):
        x = left + row * side * 0.3
        while x < sheet.width:
            ink = np.zeros((int(side), int(side)), np.uint8)
            cv2.rectangle(ink, (2, 2), (int(side * 0.9), int(side * 0.9)), 255, thickness, cv2.LINE_AA)
            sheet.put(ink, x, y, OTHER, 0.6)
            label = int(rng.integers(10)) if row == 0 and rng.random() < 0.9 else UNLABELLED
            is_digit = label != UNLABELLED
            glyph = hand.text(str(label) if is_digit else ALPHABET[rng.integers(26)]).ink
            sheet.put(glyph, x + side * rng.uniform(0.2, 0.4), y + side * rng.uniform(0.2, 0.4),
                      DIGIT if is_digit else OTHER, label=label)
            x += side
        y += side
    sheet.take(0, 0, sheet.width, sheet.height)


def stripes(sheet: Sheet, material: Material, rng: np.random.Generator, scale: float) -> None:
    """Blinds, book spines with words, fences, bar codes: many bars side by side, upright, flat or leaning."""
    kind = rng.choice(["bars", "spines", "pieces"], p=[0.4, 0.35, 0.25])
    turned = rng.random() < 0.35
    across, along = (sheet.height, sheet.width) if turned else (sheet.width, sheet.height)
    ink = np.zeros((along, across), np.uint8)
    at, lean = rng.uniform(0, 20), rng.normal(0, 0.08) * along
    pitch = float(np.exp(rng.uniform(np.log(5), np.log(60))))
    top, bottom = (0.0, float(along)) if rng.random() < 0.6 else tuple(np.sort(rng.uniform(0, along, 2)))
    while at < across:
        width = pitch * rng.uniform(0.15, 0.7) if kind != "spines" else pitch * rng.uniform(0.9, 1.6)
        a, b = top, bottom
        if kind == "pieces":
            a, b = np.sort(rng.uniform(top, bottom, 2))
        corners = np.array([(at, a), (at + width, a), (at + width + lean, b), (at + lean, b)])
        shade = int(rng.integers(60, 256)) if kind == "spines" else 255
        if kind == "spines" and rng.random() < 0.5:
            cv2.polylines(ink, [np.array(corners, np.int32)], True, shade, max(1, round(pitch * 0.06)), cv2.LINE_AA)
        else:
            cv2.fillPoly(ink, [np.array(corners, np.int32)], shade, cv2.LINE_AA)
        at += width + pitch * (rng.uniform(0.2, 0.8) if kind != "spines" else 0.05)
    sheet.put(np.ascontiguousarray(ink.T) if turned else ink, 0, 0, OTHER)
    sheet.take(0, 0, sheet.width, sheet.height)


def frames(sheet: Sheet, material: Material, rng: np.random.Generator, scale: float) -> None:
    """Boxes, windows and tables with nothing in them, their lines thin or thick, whole or with sides missing."""
    for _ in range(int(rng.integers(1, 7))):
        side = float(np.exp(rng.uniform(np.log(15), np.log(250))))
        width, height = side, side * rng.uniform(0.4, 2.5)
        x, y = rng.uniform(-0.2, 0.9) * sheet.width, rng.uniform(-0.2, 0.9) * sheet.height
        thickness = float(np.exp(rng.uniform(np.log(0.8), np.log(max(3, 0.14 * side)))))
        columns, rows = (int(n) for n in rng.choice([1, 1, 2, 3, 5, 8], 2))
        whole = rng.choice([1.0, 0.75, 0.5])
        uprights = [np.array([(i * width / columns, 0), (i * width / columns, height)]) for i in range(columns + 1)]
        levels = [np.array([(0, i * height / rows), (width, i * height / rows)]) for i in range(rows + 1)]
        turn = rng.normal(0, 0.08) if rng.random() < 0.5 else 0.0
        turned = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        lines = [line for line in uprights[1:] + levels[1:] if rng.random() < whole]  # an upright alone would be a 1
        ink = draw([line @ turned for line in (uprights[0], levels[0], *lines)], Pen(thickness), rng)
        sheet.put(ink, x, y, OTHER, rng.uniform(0.3, 1))
    sheet.take(0, 0, sheet.width, sheet.height)


def chart(sheet: Sheet, material: Material, rng: np.random.Generator, scale: float) -> None:
    """A flow chart, a mind map or a diagram by hand: frames and rings with words in them, lines between."""
    height = float(np.clip(size(rng, scale), 9, 40))
    hand = Hand(material, height, rng)
    last: tuple[float, float] | None = None
    for _ in range(int(rng.integers(2, 9))):
        letters = word(rng) if rng.random() < 0.75 else str(rng.choice(FORMULAS))
        wide, high = height * (len(letters) * 0.8 + 1), height * rng.uniform(1.8, 2.8)
        x, y = rng.uniform(2, max(3, sheet.width - wide)), rng.uniform(2, max(3, sheet.height - high))
        if not sheet.free(x, y, wide, high):
            continue
        write(sheet, hand, x + 0.6 * height, y + (high - height) / 2, letters, rng, 0.1)
        _outline(sheet, hand, (x, y, wide, high), rng)
        if last and rng.random() < 0.8:
            line = np.array([last, (x + wide / 2, y)])
            if rng.random() < 0.7:  # an arrow
                tip = height * rng.uniform(0.2, 0.5)
                line = np.vstack([line, line[1] - [tip, tip], line[1], line[1] + [tip, -tip]])
            x0, y0 = line.min(0) - hand.pen.width
            sheet.put(draw([line], hand.pen, rng), x0, y0, OTHER)
        last = (x + wide / 2, y + high)
        sheet.take(x, y, wide, high)


def _outline(sheet: Sheet, hand: Hand, box: tuple[float, float, float, float], rng: np.random.Generator) -> None:
    x, y, w, h = box
    kind = rng.integers(4)
    if kind == 0:
        ink = ring(w, h, hand.pen.width, rng)
    else:
        corners: NDArray[np.floating[Any]] = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)], float)
        if kind == 1:  # a decision
            corners = np.array([(0.5, -0.2), (1.1, 0.5), (0.5, 1.2), (-0.1, 0.5), (0.5, -0.2)])
        elif kind == 2:  # input, output
            lean = rng.uniform(0.1, 0.5) * h / w
            corners += np.array([(lean, 0), (lean, 0), (-lean, 0), (-lean, 0), (lean, 0)])
        ink = draw([corners * [w, h] + rng.normal(0, 1.5, (5, 2))], hand.pen, rng)
    sheet.put(ink, x + w / 2 - ink.shape[1] / 2, y + h / 2 - ink.shape[0] / 2, OTHER)


def doodles(sheet: Sheet, material: Material, rng: np.random.Generator, scale: float) -> None:
    """Drawings alone."""
    for _ in range(int(rng.integers(1, 12))):
        hand = Hand(material, size(rng, scale), rng)
        doodle(sheet, hand, rng.uniform(0, 0.9) * sheet.width, rng.uniform(0, 0.9) * sheet.height, rng)
