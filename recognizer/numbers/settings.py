"""What may be tuned about reading numbers from digits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NumberSettings:
    """Each with its unit; a height is that of the digit itself, or of the taller one of two."""

    # Which digit stands before which on its line.
    farthest: float = 1.7  # gap that a neighbour may leave, in heights; more than digits of one number do
    most_overlap: float = 0.4  # how far the two may reach into each other, in heights
    most_step: float = 0.45  # from centre to centre across the line, in heights
    steepest: float = 0.75  # pixels down or up for each along at which a line is still one: 37°
    most_ratio: float = 2.0  # of the heights of two neighbours
    across: float = 2.0  # times as much a step across the line counts as one along it, when the nearest is sought
    telling_gap: float = 1.0  # gap under which two neighbours tell the line's tilt, in heights
    one_line: float = 0.5  # how far apart numbers' middles on one line of a page are, in heights of the lower number

    # Turning crops upright.
    least_tilt: float = 0.12  # pixels down for each to the right under which nothing needs turning: 7°
    telling_pairs: int = 2  # pairs of neighbours that must tell it
    turned_height: int = 48  # pixels to which a mask is enlarged before, so that thin strokes last

    # What makes a number.
    most_gap: float = 0.7  # between two digits of a number, in heights
    most_gap_with_point: float = 1.3  # between two digits with a point between them, in heights

    # Where a mark may stand.
    reach: float = 1.4  # how far before a digit it may begin, in heights; a digit before it ends the search
    beyond: float = 0.75  # how far above and below the digit one of a tilted line may stand, in heights
    highest: float = 0.25  # how far below the digit's middle that of a point or comma is at least, in heights
    lowest: float = 0.85  # likewise at most
    dash_off_middle: float = 0.22  # how far from the digit's middle a dash's may be, in heights
    soft_edge: float = 0.05  # width of a stroke's soft edge, in heights
    level_tilt: float = 0.15  # tilt under which marks stand in the gap between two digits, pixels down a pixel
    on_line: float = 0.9  # how far from a digit's middle ink is still on its line, in heights
    speck: float = 0.3  # share of a mark's area of other ink beside it: two dots are a colon, many are noise

    # What ink is a mark.
    ink_contrast: float = 0.4  # share of the digit's own contrast from which on it is ink
    sampled_height: int = 64  # a digit's height in pixels from which on fewer pixels are looked at
    roundest: float = 2.0  # longer over shorter axis that a point has at most; a comma has more
    least_point: float = 0.04  # shorter side of a point or comma, in heights
    most_point: tuple[float, float] = (0.35, 0.55)  # width and height of one, in heights
    dash_length: tuple[float, float] = (0.2, 1.0)  # least and most, in heights
    dash_thickness: float = 0.3  # in heights
    dash_stoutness: float = 0.6  # thickness over length
    most_turn: float = 0.35  # by which a minus may slope otherwise than its line, pixels down a pixel

    dots_apart: tuple[float, float] = (0.18, 0.8)  # least and most from one dot of a colon to the other, in heights
    dots_aside: float = 0.2  # how far from one above the other they may be, likewise

    # What is a sign and no digit.
    slender: float = 0.55  # width over height of a bracket at most
    stroke: float = 4.0  # longer over shorter axis of a bare stroke
    straight: float = 0.07  # how far its rows' middles may be from a line, in heights
    sure: float = 0.95  # confidence from which on a 7 is no sign
    leans: float = 0.08  # pixels to the right for each up of a slash that sticks out, more than the 1s of its line do
    leans_on: float = 0.12  # likewise of one that doesn't stick out
    leans_far: float = 0.4  # which leans so far at least
    leans_least: float = 0.2  # as those of a percent sign and of a slash that sticks out do
    taller: float = 1.08  # a slash's or bracket's height over that of the digits beside it
    sinks: float = 0.05  # how far below them it ends, in its heights
    ring: tuple[float, float] = (0.14, 0.45)  # least and most of the rings of a percent sign, in heights
    bracket: float = 3.0  # longer over shorter axis of a bracket at least
    even: float = 0.03  # how far a bracket's rows' middles may be from a parabola, in heights
    bowed: float = 0.085  # how far a bracket's middle is out, in heights

    # Boxes of a form.
    least_boxes: int = 3  # in a row
    line_window: int = 40  # pixels over which lines stand out, for each 1,000 of the picture; even
    line_contrast: int = 10  # tones of 256 by which they do
    hollow: float = 0.6  # share of a box that is no line
    widest_box: float = 2.0  # width over height of a box at most
    tallest_box: float = 4.0  # height over width of one at most
    fills: float = 0.3  # of its box's height by a digit at least
    overhangs: float = 1.1  # of its box's height and width by a digit at most
    cells_differ: float = 0.15  # of one box from the next, in its heights
    cells_apart: float = 0.7  # gap between two boxes at most, in widths
    grid_gap: float = 0.15  # under which rows above each other are a grid, in heights


SETTINGS = NumberSettings()
