"""The finder's network: a picture in; where digits' centres are, how far their boxes reach, and their ink out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.core.bundle import interpreter_of
from recognizer.core.frame import Image, Pyramid
from recognizer.errors import ModelError

STRIDE = 4  # pixels of the network's picture that a cell of its maps is wide; one of the ink's is half as wide
MULTIPLE = 32  # the sides of its picture are filled up to multiples
CHANNELS = 17  # centre, four distances, and the ink of a cell's quarters: ground, a digit's, other
WINDOW = 41  # pixels, of the box in which the light is measured
SIZES = 4  # of pictures for which an interpreter is kept: each new one is planned anew
_TONES = 6 * np.log(np.arange(256, dtype=np.float32) + 10)  # what a tone is in the logarithm of the light

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Maps:
    """What the network sees in a picture, in h×w cells.

    Attributes:
        centre: (h, w) float32, the logit of a digit's centre.
        reach: (h, w, 4) float32, logarithms of how far the digit's box reaches left, up, right and down, in cells.
        ink: (2h, 2w, 2) uint8, how likely there is ink of a digit, and other ink; 255 for surely.
        scale: pixels of the network's picture for one of the frame, along and down.
    """

    centre: Floats
    reach: Floats
    ink: Image
    scale: tuple[float, float]


def network_input(grey: Image, out: Floats | None = None) -> Floats:
    """What the network is shown of a picture: its tones, and how far they stand out from the light around them.

    The same function serves the live path and the training, so the two can't drift apart.

    Args:
        grey: (H, W) uint8.
        out: (H, W, 2) float32, to be filled; by default a new one.

    Returns:
        (H, W, 2) float32: the tone from -0.5 to 0.5; the logarithm of tone over light, softly clipped to -1 to 1.
    """
    tones = cv2.LUT(grey, _TONES)
    contrast = cv2.subtract(tones, cv2.blur(tones, (WINDOW, WINDOW), borderType=cv2.BORDER_REFLECT))
    np.divide(contrast, np.add(np.abs(contrast, out=tones), 1, out=tones), out=contrast)
    shown = cv2.merge([np.multiply(grey, np.float32(1 / 255), out=tones) - np.float32(0.5), contrast], out)
    return np.asarray(shown, np.float32)


class Network:
    """The network of a LiteRT file; many threads may call it at once.

    Args:
        content: of the .tflite file.
        name: what errors call it.

    Raises:
        ModelError: the runtime can't read it, or its shapes are not those of this program.
    """

    def __init__(self, content: bytes, name: str = "in memory") -> None:
        self._content, self._name = content, name
        interpreter = interpreter_of(content, name)
        # By size, the last used last; those at work aren't in it.
        self._idle: list[tuple[tuple[int, int], Any]] = [((0, 0), interpreter)]
        self._asked: list[tuple[int, int]] = []  # sizes of late, the newest last
        self._lock = Lock()
        given, made = self._tensors(interpreter)
        found = [tuple(tensor["shape_signature"]) for tensor in (given, made)]
        if found != [(-1, -1, -1, 2), (-1, -1, -1, CHANNELS)] or given["dtype"] != np.float32:
            raise ModelError(f"model {name}: expected an input (any, any, any, 2) of float32 and {CHANNELS} channels "
                             f"out, found {found}")

    @staticmethod
    def _tensors(interpreter: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        return interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def __call__(self, grey: Image, size: tuple[int, int]) -> Maps:
        """Look at a frame of this width and height, given in grey and made smaller, (H, W) uint8."""
        height, width = grey.shape
        filled = cv2.copyMakeBorder(grey, 0, -height % MULTIPLE, 0, -width % MULTIPLE, cv2.BORDER_REFLECT)
        rows, columns = -(-height // STRIDE), -(-width // STRIDE)
        maps = self.maps(np.asarray(filled, np.uint8))[:rows, :columns]
        return Maps(np.ascontiguousarray(maps[..., 0]), maps[..., 1:5], _ink(maps[..., 5:]),
                    (width / size[0], height / size[1]))

    def maps(self, grey: Image) -> Floats:
        """The network's own output for (H, W) uint8, its sides multiples of MULTIPLE: (H/4, W/4, CHANNELS) float32."""
        interpreter = self._take(grey.shape)
        try:
            given, made = self._tensors(interpreter)
            network_input(grey, interpreter.tensor(given["index"])()[0])
            interpreter.invoke()
            maps: Floats = interpreter.get_tensor(made["index"])[0]
            return maps
        finally:
            with self._lock:
                self._idle = [*self._idle, (grey.shape, interpreter)][-SIZES:]

    def _take(self, shape: tuple[int, int]) -> Any:
        """An interpreter for pictures of this size that no other thread has.

        A size that comes once takes one that is there, planned anew: a photograph is looked at in several sizes, and
        each interpreter takes tens of megabytes. A size that comes again gets its own.
        """
        with self._lock:
            for place, (size, _) in enumerate(self._idle):
                if size == shape:
                    return self._idle.pop(place)[1]
            again = shape in self._asked
            self._asked = [*self._asked, shape][-2 * SIZES:]
            interpreter = self._idle.pop(0)[1] if self._idle and not again else None
        interpreter = interpreter or interpreter_of(self._content, self._name)
        interpreter.resize_tensor_input(self._tensors(interpreter)[0]["index"], (1, *shape, 2))
        interpreter.allocate_tensors()
        return interpreter


def _ink(logits: Floats) -> Image:
    """The ink map of (h, w, 12) logits of a cell's four quarters, as `Maps` has it."""
    h, w, _ = logits.shape
    ground, digit, other = np.ascontiguousarray(
        logits.reshape(h, w, 2, 2, 3).transpose(4, 0, 2, 1, 3)).reshape(3, 2 * h, 2 * w)
    digit, other = np.exp(digit - ground), np.exp(other - ground)
    whole = 255 / (1 + digit + other)
    return np.asarray(cv2.merge([cv2.convertScaleAbs(digit * whole), cv2.convertScaleAbs(other * whole)]), np.uint8)


def tinted(pyramid: Pyramid, maps: Sequence[Maps]) -> Image:
    """A frame, paler, with what is taken for a digit's ink in green, other in red: (H, W, 3) uint8, BGR."""
    picture = cv2.cvtColor(cv2.convertScaleAbs(pyramid.level(0), alpha=0.5, beta=127), cv2.COLOR_GRAY2BGR)
    for one in maps:
        ink = cv2.resize(one.ink, pyramid.size, interpolation=cv2.INTER_LINEAR)
        digit, other = ink[..., 0], ink[..., 1]
        picture[..., 1] = np.maximum(picture[..., 1], digit)
        picture[..., 0] = np.minimum(picture[..., 0], 255 - np.maximum(digit, other))
        picture[..., 2] = np.maximum(np.minimum(picture[..., 2], 255 - digit), other)
    return np.asarray(picture, np.uint8)
