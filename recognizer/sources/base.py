"""Where frames come from, by name: a camera, a stream, videos, photographs, folders and globs of them.

Cameras and streams are live: they give the newest frame and drop what came between. Files give every frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from recognizer.core.frame import Frame
from recognizer.errors import InputError
from recognizer.sources.camera import is_stream, open_camera, open_stream
from recognizer.sources.files import Files
from recognizer.sources.live import Live
from recognizer.sources.settings import SETTINGS


@runtime_checkable
class Source(Protocol):
    """Frames in order, once; a context manager that lets go of what it holds."""

    def __iter__(self) -> Iterator[Frame]: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_source(name: str | int | Path, size: tuple[int, int] | None = None, fps: float | None = None) -> Source:
    """Open a source by its name.

    Args:
        name: a camera's index, a picture, a video, a folder, a glob, a pipe, a device, or a stream's URL.
        size: width and height to ask a camera for; others have their own.
        fps: frames a second, likewise.

    Raises:
        SourceError: nothing there that can be read.
        InputError: the name is of another type.
    """
    if isinstance(name, bool) or not isinstance(name, (str, int, Path)):
        raise InputError(f"source: expected a camera's index, a path or a URL, found {name!r}")
    if isinstance(name, int):
        return Live(partial(open_camera, name, size, fps), str(name), noisy=True, patience=SETTINGS.camera_patience)
    name = str(name)
    if is_stream(name):
        return Live(partial(open_stream, name), name, noisy=name.startswith("/dev/"), patience=SETTINGS.stream_patience)
    return Files.named(name)
