"""What may be tuned about what is drawn."""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[int, int, int]  # BGR, 0 to 255


@dataclass(frozen=True)
class DrawingSettings:
    """Each with its unit."""

    # Labels and numbers. A unit is 1 at 900 lines, and grows with the picture.
    digit: Colour = (90, 230, 90)
    number: Colour = (255, 190, 60)
    small: int = 90  # units that a small digit is high at most: there is no room around it for much
    least_unit: float = 0.5  # a caption's capitals are 8 pixels high then
    lost: str = "camera lost"  # what stands on a lost camera's last picture
    dimmed: int = 3  # and how many times darker that is

    # The debug view.
    least_width: int = 640  # pixels
    cell: tuple[int, int] = (68, 106)  # width and height in pixels of a crop with its labels
    rows: int = 2  # of crops
    letters: float = 0.36  # scale of the font
    read: Colour = (40, 130, 0)  # of what is a digit
    refused: Colour = (0, 90, 220)  # of what is none
    grey: Colour = (60, 60, 60)  # of the labels of what is none


SETTINGS = DrawingSettings()
