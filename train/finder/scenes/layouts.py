"""Whole sheets of one kind: grids, forms, scanned rows, lists, prose, one to three huge digits."""

from __future__ import annotations

import cv2
import numpy as np

from train.finder.material import Material
from train.finder.scenes.content import joined_line, number, size, word, write
from train.finder.scenes.sheet import DIGIT, IGNORE, OTHER, UNLABELLED, Sheet
from train.finder.scenes.writing.glyphs import Ink
from train.finder.scenes.writing.hand import Glyph, Hand
from train.finder.scenes.writing.letters import common_letter

THICKEST = 0.15  # of a digit's height, a printed line beside it
TALLEST = 90.0  # pixels: a digit in a form


def grid(sheet: Sheet, material: Material, rng: np.random.Generator, scale: float) -> None:
    """A sudoku, a table or a calendar: ruled cells with a digit, a number, a letter or nothing in each."""
    height = size(rng, scale)
    wide = height * rng.uniform(1.25, 2.4)
    high = wide * rng.uniform(0.85, 1.1)
    columns = min(int(rng.integers(2, 12)), int((sheet.width - 8) // wide))
    rows = min(columns if rng.random() < 0.6 else int(rng.integers(1, 8)), int((sheet.height - 8) // high))
    if columns < 1 or rows < 1:
        return
    left, top = rng.uniform(2, sheet.width - columns * wide - 2), rng.uniform(2, sheet.height - rows * high - 2)
    heavy = 3 if rng.random() < 0.5 else 0
    _lines(sheet, (left, top, wide, high), (columns, rows), _thickness(height, rng), heavy, rng)
    writer = Hand(material, height, rng)
    printer = Hand(material, height, rng, "print") if rng.random() < 0.6 else writer
    printed, full = rng.uniform(0, 0.7), rng.uniform(-0.1, 1.1)
    digits = rng.choice([0.5, 0.93, 1.0], p=[0.15, 0.35, 0.5])
    several = rng.random() < 0.12
    for column in range(columns):
        for row in range(rows):
            if rng.random() > full:
                continue
            hand = printer if rng.random() < printed else writer
            x, y = left + (column + 0.5) * wide, top + (row + 0.5) * high
            if several and rng.random() < 0.5:
                write(sheet, hand, x - 0.7 * height, y - height / 2, "dd", rng, 0.05)
                continue
            is_digit = rng.random() < digits
            ink, label = hand.digit(rng.uniform(0.85, 1.1)) if is_digit else (hand.letter().ink, UNLABELLED)
            x += rng.normal(0, 0.06) * wide - ink.shape[1] / 2
            y += rng.normal(0, 0.06) * high - ink.shape[0] / 2
            box = sheet.put(ink, x, y, DIGIT if is_digit else OTHER, label=label)
            if box and not is_digit:  # alone in its cell, a letter may be a digit
                sheet.ignore(*box)
    sheet.take(left, top, columns * wide, rows * high)


def _thickness(height: float, rng: np.random.Generator) -> float:
    """Of a printed line in pixels, beside digits of some height: from a hair to a marker's stroke."""
    return float(np.exp(rng.uniform(np.log(0.8), np.log(max(3.2, THICKEST * height)))))


def _lines(sheet: Sheet, cell: tuple[float, float, float, float], count: tuple[int, int], thickness: float,
           heavy: int, rng: np.random.Generator) -> None:
    left, top, wide, high = cell
    ink = np.zeros((sheet.height, sheet.width), np.uint8)
    right, bottom = left + count[0] * wide, top + count[1] * high
    for i in range(count[0] + 1):
        x = left + i * wide
        _rule(ink, (x, top), (x, bottom), thickness * (2 if heavy and i % heavy == 0 else 1))
    for i in range(count[1] + 1):
        y = top + i * high
        _rule(ink, (left, y), (right, y), thickness * (2 if heavy and i % heavy == 0 else 1))
    sheet.put(ink, 0, 0, OTHER, rng.uniform(0.25, 1))


def _rule(ink: Ink, start: tuple[float, float], end: tuple[float, float], thickness: float) -> None:
    points = [tuple(round(8 * side) for side in point) for point in (start, end)]
    cv2.line(ink, points[0], points[1], 255, max(1, round(thickness)), cv2.LINE_AA, 3)


def form(sheet: Sheet, material: Material, rng: np.random.Generator, scale: float) -> None:
    """A form: printed words, and boxes for one digit each, filled in by hand."""
    height = min(size(rng, scale), TALLEST)
    clerk, printer = Hand(material, height, rng), Hand(material, max(8.0, height * rng.uniform(0.3, 0.7)), rng, "print")
    side = height * rng.uniform(1.2, 1.7)
    wide = side * rng.uniform(0.7, 1.0)
    thickness = _thickness(height, rng)
    y = rng.uniform(4, 30)
    while y + side < sheet.height - 2:
        x = rng.uniform(4, 0.2 * sheet.width)
        if rng.random() < 0.7:
            printed = " ".join("".join(common_letter(rng) for _ in range(rng.integers(2, 9)))
                               for _ in range(rng.integers(1, 3))) + ":"
            caption = printer.text(printed.capitalize())
            sheet.put(caption.ink, x, y + side * 0.7 - caption.middle - caption.ink.shape[0] / 2, OTHER)
            x += caption.ink.shape[1] + height * 0.5
        boxes = int(rng.integers(1, 10))
        open_top = rng.random() < 0.25
        gap = rng.choice([0.0, 0.0, rng.uniform(0.1, 0.5) * height])
        for _ in range(boxes):
            if x + wide > sheet.width - 2:
                break
            ink = np.zeros((int(side) + 8, int(wide) + 8), np.uint8)
            corners = [(2.0, 2.0), (2.0, 2 + side), (2 + wide, 2 + side), (2 + wide, 2.0)]
            for start, end in zip(corners, corners[1:] + ([] if open_top else corners[:1]), strict=False):
                _rule(ink, start, end, thickness)
            sheet.put(ink, x - 2, y - 2, OTHER)
            if rng.random() < 0.85:
                digit, label = clerk.digit(rng.uniform(0.85, 1.1))
                sheet.put(digit, x + wide / 2 - digit.shape[1] / 2 + rng.normal(0, 0.08) * wide,
                          y + side / 2 - digit.shape[0] / 2 + rng.normal(0, 0.06) * side, DIGIT, label=label)
            x += wide + gap
        y += side * rng.uniform(1.15, 2.2)
    sheet.take(0, 0, sheet.width, sheet.height)


def rows(sheet: Sheet, material: Material, rng: np.random.Generator, scale: float) -> None:
    """Rows of digits from edge to edge, as sheets that data sets are scanned from and homework."""
    height = float(np.clip(size(rng, scale), 10, 70))
    hand = Hand(material, height, rng)
    apart, leading = rng.uniform(0.15, 1.2), rng.uniform(1.2, 2.2)
    numbers = rng.random() < 0.35
    y, left = rng.uniform(2, 20), rng.uniform(2, 40)
    while y + height < sheet.height - 2:
        if rng.random() < 0.12:
            hand = Hand(material, height, rng)
        x = left
        while x < sheet.width - height:
            tokens = number(rng, 5) if numbers else "d"
            x = write(sheet, hand, x, y, tokens, rng, 0.08 if numbers else 0.3)
            x += height * max(0.05, rng.normal(apart, 0.1))
        y += height * leading
    sheet.take(0, 0, sheet.width, sheet.height)


def huge(sheet: Sheet, material: Material, rng: np.random.Generator, scale: float) -> None:
    """One to three digits that fill the sheet."""
    count = int(rng.choice([1, 2, 3], p=[0.55, 0.3, 0.15]))
    height = float(min(rng.uniform(0.35, 0.95) * sheet.height, 1.2 * sheet.width / count))
    hand = Hand(material, height, rng)
    x = rng.uniform(0.02, max(0.03, 0.9 - 0.75 * count * height / sheet.width)) * sheet.width
    write(sheet, hand, x, rng.uniform(0, max(1.0, sheet.height - height)), "d" * count, rng, rng.uniform(0.0, 0.3))


def listing(sheet: Sheet, material: Material, rng: np.random.Generator, scale: float) -> None:
    """A list: numbered lines of words, or words with a number after them."""
    height = float(np.clip(size(rng, scale), 10, 50))
    hand = Hand(material, height, rng)
    mark, joined = str(rng.choice([".", ")", ":", " ", "-"])), rng.random() < 0.4
    before, after = rng.random() < 0.7, rng.random() < 0.5
    y, left = rng.uniform(4, 30), rng.uniform(4, 60)
    while y + height < sheet.height:
        x = write(sheet, hand, left, y, number(rng, 2) + mark, rng, 0.08) if before else left
        x += height * rng.uniform(0.3, 0.9)
        if joined:
            x = joined_line(sheet, hand, x, y, int(rng.integers(1, 4)), rng)
        else:
            x = write(sheet, hand, x, y, " ".join(word(rng) for _ in range(rng.integers(1, 4))), rng, 0.1)
        if after or not before:
            write(sheet, hand, x + height * rng.uniform(0.3, 1.5), y, number(rng, 4), rng, 0.08)
        y += height * rng.uniform(1.4, 2.0)
    sheet.take(0, 0, sheet.width, sheet.height)


def prose(sheet: Sheet, material: Material, rng: np.random.Generator, scale: float) -> None:
    """A page of words: set, in single letters, or joined up; seldom a number among them."""
    height = float(np.exp(rng.uniform(np.log(7), np.log(38))))
    kind = rng.choice(["set", "letters", "joined"], p=[0.35, 0.3, 0.35])
    hand = Hand(material, height, rng, "print" if kind == "set" else None)
    y, bottom, left = rng.uniform(0, 30), rng.uniform(0.4, 1) * sheet.height, rng.uniform(0, 0.3) * sheet.width
    leading = rng.uniform(1.4, 2.1)
    while y < bottom:
        if kind == "set":
            _set_line(sheet, hand, left, y, rng)
        elif kind == "joined":
            joined_line(sheet, hand, left, y, 20, rng)
        else:
            write(sheet, hand, left, y, " ".join(word(rng) for _ in range(12)), rng, 0.1)
        y += height * leading
    sheet.take(0, 0, sheet.width, sheet.height if bottom > 0.8 * sheet.height else bottom)


def _set_line(sheet: Sheet, hand: Hand, x: float, y: float, rng: np.random.Generator) -> None:
    signs = ("", "", "", "", "", ".", ",", ")", ":", "?", "!", "/")
    while x < sheet.width:
        is_number = rng.random() < 0.05
        if is_number:
            text = str(rng.integers(1, 2000))
        else:
            text = "".join(common_letter(rng) for _ in range(rng.integers(1, 11)))
            text = ("(" if rng.random() < 0.05 else "") + (text.capitalize() if rng.random() < 0.15 else text)
            text += str(rng.choice(signs))
        glyph: Glyph = hand.text(text)
        box = sheet.put(glyph.ink, x, y + hand.height - glyph.middle - glyph.ink.shape[0] / 2,
                        IGNORE if is_number else OTHER)
        if box and is_number:
            sheet.ignore(*box)
        x += glyph.ink.shape[1] + hand.height * 0.35
