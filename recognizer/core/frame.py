"""A picture, what is done with whole ones, and the frame that one is of its source."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.core.geometry import Box
from recognizer.errors import InputError
from recognizer.secrets import masked

Image = NDArray[np.uint8]


class InGrey:
    """A picture that is decoded in grey, which is all that reading takes; its colours are when they are asked for.

    Args:
        grey: (H, W) uint8.
        decode: makes the same picture, (H, W, 3) uint8, BGR.
    """

    def __init__(self, grey: Image, decode: Callable[[], Image]) -> None:
        self.grey, self.decode = grey, decode

    @cached_property
    def colours(self) -> Image:
        """(H, W, 3) uint8, BGR; made once."""
        return self.decode()

    def __reduce__(self) -> tuple[type[InGrey], tuple[Image, Callable[[], Image]]]:
        return InGrey, (self.grey, partial(np.asarray, self.colours))  # a decoder's own memory can't be pickled


@dataclass(frozen=True)
class Frame:
    """One picture of a source.

    Attributes:
        picture: (H, W, 3) uint8, BGR, or (H, W) uint8, grey; made contiguous, and (H, W) from (H, W, 1). Or one whose
            colours are decoded later.
        index: counts from 0 within its source.
        time: seconds since the source's start: video time for files, the monotonic clock for cameras.
        source: the source's name as given, but for a password in it; for folders and globs each file's own path.
        still: a photograph, which stands alone: nothing is carried over from the frame before.
        live: from a camera or a stream: the newest frame, those that came between are dropped.
        fps: frames a second of its source; 0 where that isn't known.
        captured: when it came from the camera, in seconds of `time.monotonic`; 0 for files.
        dropped: frames of its source that were left out so far, since newer ones were there.
        decoding: milliseconds that decoding it took; 0 where that isn't known.
        total: frames that its video declares to have; 0 where that isn't known.
        stands: seconds for which it is shown before the next one comes; 0 where that isn't known.
        lost: the camera gives no new picture; this is its last one once more, and isn't read.
        clock: when it came from the camera, or was read from its file, in seconds since 1970.
    """

    picture: Image | InGrey
    index: int = 0
    time: float = 0.0
    source: str = ""
    still: bool = True
    live: bool = False
    fps: float = 0.0
    captured: float = 0.0
    dropped: int = 0
    decoding: float = 0.0
    total: int = 0
    stands: float = 0.0
    lost: bool = False
    clock: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.picture, InGrey):
            object.__setattr__(self, "picture", _as_image(self.picture))
        object.__setattr__(self, "source", masked(self.source))
        if not self.clock:
            object.__setattr__(self, "clock", time.time() - self.age)

    def __eq__(self, other: object) -> bool:
        """Whether another frame is of the same place in the same source, and shows the same picture."""
        if not isinstance(other, Frame):
            return NotImplemented
        mine, others = ([getattr(one, name) for name in _COMPARED] for one in (self, other))
        return mine == others and np.array_equal(self.image, other.image)

    def __hash__(self) -> int:
        return hash((self.source, self.index, self.time))

    @property
    def image(self) -> Image:
        """The picture in colour, (H, W, 3) uint8, BGR, where it has any, else (H, W)."""
        return self.picture.colours if isinstance(self.picture, InGrey) else self.picture

    @property
    def tones(self) -> Image:
        """What is enough to read it: the picture in grey, (H, W), where that is there, else as `image`."""
        return self.picture.grey if isinstance(self.picture, InGrey) else self.picture

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.tones.shape[1], self.tones.shape[0]

    def turned(self, rotate: int, flip: str) -> Frame:
        """The frame with its picture turned clockwise by 0, 90, 180 or 270 degrees, then flipped: "h" or "v"."""
        picture = self.picture
        if isinstance(picture, InGrey):
            decode = partial(_decode_turned, picture, rotate, flip)
            return replace(self, picture=InGrey(turned(picture.grey, rotate, flip), decode))
        return replace(self, picture=turned(picture, rotate, flip))

    @property
    def moment(self) -> str:
        """Its wall-clock time in ISO 8601, with this machine's zone."""
        return datetime.fromtimestamp(self.clock).astimezone().isoformat(timespec="milliseconds")

    @property
    def age(self) -> float:
        """Seconds since it came from the camera; 0 for files."""
        return time.monotonic() - self.captured if self.captured else 0.0


_COMPARED = ("index", "time", "source", "still", "live", "lost")  # what else there is tells how it came here


def _as_image(array: object) -> Image:
    expected = "expected a picture (H, W, 3) in BGR or (H, W) grey of uint8"
    if not isinstance(array, np.ndarray):
        raise InputError(f"{expected}, found {type(array).__name__}")
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or array.shape[2:] not in ((), (1,), (3,)) or not array.size:
        raise InputError(f"{expected}, found {array.shape} of {array.dtype}")
    image = np.ascontiguousarray(array)
    return image[..., 0] if image.shape[2:] == (1,) else image


def turned(image: Image, rotate: int = 0, flip: str = "") -> Image:
    """A picture turned clockwise by 0, 90, 180 or 270 degrees, then flipped: "h" swaps left and right, "v" up and down.
    """
    image = np.rot90(image, -rotate // 90)
    return np.ascontiguousarray(image[:, ::-1] if flip == "h" else image[::-1] if flip == "v" else image)


def _decode_turned(picture: InGrey, rotate: int, flip: str) -> Image:
    return turned(picture.decode(), rotate, flip)


def median_of(grey: Image) -> int:
    """The tone that half of a picture's pixels don't exceed, (H, W) uint8."""
    counts = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel().cumsum()
    return int(np.searchsorted(counts, counts[-1] / 2))


def resized(picture: Image, scale: float) -> Image:
    """A picture, uint8, `scale` times as large, at least a pixel each way."""
    if scale == 1:
        return picture
    size = [max(1, round(side * scale)) for side in picture.shape[1::-1]]
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=how), np.uint8)


class Pyramid:
    """A frame in grey, full size and halved again and again.

    Args:
        image: (H, W, 3) uint8, BGR, or (H, W) uint8, grey.
        parts: where alone it is looked at; what is beyond may be anything. Their sides, and the frame's, are multiples
            of 2 to the power of the highest level that is asked for. By default all of it.

    Attributes:
        image: as given.
        size: of the frame, width and height in pixels.
        parts: as given.
    """

    def __init__(self, image: Image, parts: Sequence[Box] | None = None) -> None:
        self.image, self.parts = image, parts
        self.size = image.shape[1], image.shape[0]
        self._levels = [image] if image.ndim == 2 else []

    def level(self, index: int) -> Image:
        """The frame halved `index` times, (h, w) uint8: a pixel of it is exactly so many of the frame's."""
        while len(self._levels) <= index:
            self._levels.append(self._next())
        return self._levels[index]

    def _next(self) -> Image:
        index = len(self._levels)
        above, make = (self._levels[-1], _halved) if index else (self.image, _grey)
        if self.parts is None:
            return make(above)
        width, height = self.size
        level = np.empty((height >> index, width >> index), np.uint8)
        for part in self.parts:
            part.halved(index).of(level)[...] = make(part.halved(max(0, index - 1)).of(above))
        return level

    def scaled(self, scale: float) -> Image:
        """The frame `scale` times as large, (h, w) uint8."""
        index = 0
        while scale * 2 ** (index + 1) <= 1:
            index += 1
        return resized(self.level(index), scale * 2**index)


def _halved(picture: Image) -> Image:
    """A picture (H, W) uint8 half as large; an odd row or column at its end is left out, which is 20 times as fast."""
    height, width = picture.shape
    return resized(picture[: max(1, height & ~1), : max(1, width & ~1)], 1 / 2)


def _grey(image: Image) -> Image:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
