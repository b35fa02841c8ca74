"""Writes one video as H.264, which browsers, phones and players know."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from recognizer.core.frame import Image
from recognizer.core.writing import open_alone
from recognizer.errors import OutputError
from recognizer.sinks.settings import SETTINGS

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.stream import VideoStream

FINE = Fraction(1, 90_000)  # seconds; H.264's usual tick, so that a camera's uneven times are kept as they are
LONGEST = 1_000_000  # seconds from a frame to the next, as a rate tells it
# In MP4 each piece stands alone, in Matroska it is a cluster; both can be read though the end is missing.
CONTAINERS = {
    ".mp4": {"movflags": "frag_keyframe+empty_moov+default_base_moof"},
    ".mov": {"movflags": "frag_keyframe+empty_moov+default_base_moof"},
    ".mkv": {"cluster_time_limit": str(round(1000 * SETTINGS.fragment))},
    ".avi": {},
}
ENCODER = {
    "preset": SETTINGS.encoder_preset, "crf": str(SETTINGS.encoder_quality), "tune": "zerolatency", "forced-idr": "1",
    "x264-params": "sliced-threads=0",  # threads that take a frame each wait less for one another
}


class VideoWriter:
    """A video file; every picture has its own time, so a camera's rate may vary.

    AVI knows no times, only a rate: there a place without a picture shows the one before it, and of two
    pictures at one place the first stays.

    Args:
        path: ends in one of CONTAINERS.
        size: width and height of the pictures; odd sides lose a pixel, since H.264 has none.
        fps: frames a second, as far as it is known.
        name: what errors call it; by default its path.

    Raises:
        OutputError: it can't be written, or another program is writing it.
    """

    def __init__(self, path: Path, size: tuple[int, int], fps: float, name: str = "") -> None:
        import av

        self._path, self._name = path, name or str(path)
        self._size = max(2, size[0] // 2 * 2), max(2, size[1] // 2 * 2)
        self._failures: tuple[type[BaseException], ...] = (av.FFmpegError, OSError, ValueError)
        # A rate must be over 0, however slow a time lapse is.
        rate = Fraction(fps).limit_denominator(1001) if fps > 1 / 1001 else Fraction(1, round(min(1 / fps, LONGEST)))
        self._tick = 1 / rate if path.suffix.lower() == ".avi" else FINE
        self._by_rate = self._tick != FINE
        self._start: float | None = None
        self._begun = self._failed = False  # a packet has been written, or couldn't be
        self._last, self._piece = -1, -1
        options = {"flush_packets": "1"} | CONTAINERS[path.suffix.lower()]
        self._held = ExitStack()
        try:
            self._held.callback(os.close, open_alone(path, self._name))
            self._container: OutputContainer = av.open(f"file:{path}", "w", options=options)
            self._stream: VideoStream = self._container.add_stream("libx264", rate=rate, options=ENCODER)
        except self._failures as error:
            self._held.close()
            reason = getattr(error, "strerror", None) or error
            raise OutputError(f"{self._name}: can't be written ({reason})") from error
        self._stream.width, self._stream.height = self._size
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = self._tick
        self._stream.gop_size = 1_000_000  # pieces begin by the clock, not after so many frames

    def write(self, picture: Image, moment: float) -> None:
        """Add a picture (H, W, 3) uint8, BGR, that is seen from `moment` on, in seconds; the first one's is 0.

        Raises:
            OutputError: it can't be written, such as on a full disk.
        """
        import av
        from av.video.frame import PictureType

        if self._start is None:
            self._start = moment
        moment -= self._start
        place = round(Fraction(moment) / self._tick)
        if self._by_rate and place <= self._last:
            return
        if picture.shape[1::-1] != self._size:
            picture = np.asarray(cv2.resize(picture, self._size, interpolation=cv2.INTER_AREA), np.uint8)
        planes = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420), np.uint8)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        self._last = max(place, self._last + 1)
        frame.pts, frame.time_base = self._last, self._tick
        piece = int(moment / SETTINGS.fragment)
        if piece != self._piece:
            self._piece = piece
            frame.pict_type = PictureType.I
        with self._telling():
            packets = self._stream.encode(frame)
            self._container.mux(packets)
            self._begun |= bool(packets)
            if packets and not self._path.exists():  # as long as it is open, a removed file takes all that is written
                raise OutputError(f"{self._name}: the file was removed")

    def close(self) -> None:
        """Write what the encoder still holds, unless something couldn't be written before, and end the file."""
        with self._held, self._telling():
            try:
                if not self._failed:  # FFmpeg crashes where a header that failed is written once more
                    self._container.mux(self._stream.encode(None))
            finally:
                self._container.close()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except self._failures as error:
            self._failed = True
            left = "what was written stays readable" if self._begun else "nothing of it can be read"
            raise OutputError(f"{self._name}: {error}; {left}") from error
