"""The mouse: clicks, and parts of the picture that are marked with it."""

from __future__ import annotations

import cv2

from recognizer.core.geometry import Box
from recognizer.window.settings import SETTINGS

Place = tuple[int, int]


class Pointer:
    """Follows the button from where it is pressed to where it is let go."""

    def __init__(self) -> None:
        self._corner: Place | None = None

    def event(self, kind: int, x: int, y: int, shown: Place, size: Place) -> Place | Box | None:
        """Take one of OpenCV's mouse events.

        Args:
            kind: which.
            x, y: where, in pixels of what is shown.
            shown: width and height of that.
            size: likewise of the frame.

        Returns:
            Where the frame was clicked, the part of it that was marked, or None: nothing is done yet.
        """
        place = min(max(0, x * size[0] // shown[0]), size[0]), min(max(0, y * size[1] // shown[1]), size[1])
        if kind == cv2.EVENT_LBUTTONDOWN:
            self._corner = place
        elif kind == cv2.EVENT_LBUTTONUP and self._corner is not None:
            (left, right), (top, bottom) = (sorted(pair) for pair in zip(self._corner, place, strict=True))
            self._corner = None
            if max(right - left, bottom - top) < SETTINGS.least_region:
                return place
            if min(right - left, bottom - top) >= SETTINGS.least_region:
                return Box(left, top, right - left, bottom - top)
        return None
