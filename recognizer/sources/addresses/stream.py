"""Opens a live stream: fields are woven, and flips and oblong pixels undone, as in recordings, where it tells them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import cv2

from recognizer.core.frame import Image, InGrey
from recognizer.errors import SourceError
from recognizer.sources.addresses.address import REFUSALS
from recognizer.sources.capture_thread import Capture
from recognizer.sources.recordings.decode import NO_VIDEOS, Damage, declared, pictures, video_stream
from recognizer.sources.settings import SETTINGS

if TYPE_CHECKING:
    from av.container import InputContainer

NO_STREAM = "no video stream there; check the address and that its sender runs"
# FFmpeg studies a stream for five seconds before its first picture, if it is let.
OPTIONS = "rtsp_transport;tcp|analyzeduration;500000"


class Stream:
    """A stream that is read as it comes, as `Capture` has it.

    Args:
        container: of the stream, just opened.
        name: what errors call it.

    Raises:
        SourceError: there is no moving picture in it, or too large a one.
    """

    def __init__(self, container: InputContainer, name: str) -> None:
        self._container = container
        stream = video_stream(container, name)
        stream.thread_type = "SLICE"  # threads for whole frames would keep some back
        self._frames, self._rate = declared(container, stream)
        self._pictures = pictures(container, stream, name, Damage())

    def read(self) -> tuple[bool, Image | InGrey | None]:
        """Whether there was a next picture, and that, as a frame takes it."""
        import av

        try:
            _, picture = next(self._pictures, (None, None))
        except av.FFmpegError:
            picture = None
        return picture is not None, picture

    def get(self, prop: int) -> float:
        """Frames a second, or their number, by OpenCV's names for these; 0 where it isn't known."""
        return {cv2.CAP_PROP_FPS: self._rate, cv2.CAP_PROP_FRAME_COUNT: float(self._frames)}.get(prop, 0.0)

    def release(self) -> None:
        self._container.close()


def is_camera(address: str) -> bool:
    """Whether it is a camera's device: OpenCV's, and of a sensor, which never gives one picture twice."""
    return address.startswith("/dev/video")


def open_stream(address: str) -> Capture:
    """Open a stream by its URL or its path.

    FFmpeg's options are taken from OPENCV_FFMPEG_CAPTURE_OPTIONS, where that is set as OpenCV has it.

    Raises:
        SourceError: no video there; or its sender says why it gives none.
    """
    if is_camera(address):
        capture = cv2.VideoCapture(address)
        if not capture.isOpened():
            capture.release()
            raise SourceError(f"{address}: {NO_STREAM}")
        return capture
    import av

    place = address if "://" in address else f"file:{address}"
    pairs = os.environ.get("OPENCV_FFMPEG_CAPTURE_OPTIONS", OPTIONS).split("|")
    options = dict(pair.split(";", 1) for pair in pairs if ";" in pair)
    try:
        container = av.open(place, timeout=SETTINGS.stream_patience, options=options, metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError) as error:
        raise SourceError(f"{address}: {_refusal(error)}") from error
    try:
        if container.format.name in NO_VIDEOS:
            raise SourceError(f"{address}: {NO_STREAM}")
        return Stream(container, address)
    except BaseException:
        container.close()
        raise


def _refusal(error: Exception) -> str:
    """Why there is no stream, as far as its sender says."""
    import av

    codes: dict[type[Exception], int] = {
        av.error.HTTPUnauthorizedError: 401, av.error.HTTPForbiddenError: 403, av.error.HTTPNotFoundError: 404}
    return REFUSALS.get(codes.get(type(error), 0), NO_STREAM)
