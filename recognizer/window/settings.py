"""What may be tuned about the window."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WindowSettings:
    """Each with its unit."""

    largest: tuple[int, int] = (1280, 800)  # width and height in pixels when it opens, at most
    smallest: tuple[int, int] = (480, 360)  # likewise at least, where the pictures are smaller
    share: float = 0.9  # of the screen at most: its frame needs some
    greeting: float = 2.0  # seconds for which a display's server may be silent
    poll: int = 30  # milliseconds between two looks at whether the window is still there
    least_region: int = 8  # pixels of a side that is marked with the mouse; less is a click
    chosen: tuple[int, int, int] = (0, 160, 255)  # colour of the digit that is chosen to be taught, BGR
    notice: float = 2.0  # seconds for which a notice stands
    file_name: str = "digits-%Y%m%d-%H%M%S"  # of snapshots and recordings, as in `time.strftime`


SETTINGS = WindowSettings()
