"""Where frames come from, by name: a camera, a stream, videos, photographs, folders and globs of them.

Cameras and streams are live: they give the newest frame and drop what came between. Files, pipes and recordings at an
address give every frame.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from recognizer.core.frame import Frame
from recognizer.errors import InputError, UsageError
from recognizer.secrets import masked
from recognizer.sources.addresses.pipe import descriptor_of, read_pipe
from recognizer.sources.addresses.poll import Poll
from recognizer.sources.addresses.stream import is_camera, open_stream
from recognizer.sources.camera import open_camera
from recognizer.sources.files import Files, read_file
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


def open_source(
    name: str | int | Path, size: tuple[int, int] | None = None, fps: float | None = None, poll: float | None = None
) -> Source:
    """Open a source by its name; whether it is a picture, a recording or a stream its content and transport tell.

    Args:
        name: a camera's index, a picture, a video, a folder, a glob, a pipe ("-" is standard input), a device, or an
            address of a picture, a recording or a stream.
        size: width and height to ask a camera for; others have their own.
        fps: frames a second, likewise.
        poll: look at a picture, by its address or its file's name, again every so many seconds.

    Raises:
        SourceError: nothing there that can be read.
        InputError: the name is of another type.
        UsageError: what can't be polled.
    """
    if isinstance(name, bool) or not isinstance(name, (str, int, Path)):
        raise InputError(f"source: expected a camera's index, a path or a URL, found {name!r}")
    if poll is not None:
        return _polled(name, poll)
    if isinstance(name, int):
        return Live(partial(open_camera, name, size, fps), str(name), noisy=True, patience=SETTINGS.camera_patience)
    name = str(name)
    descriptor = descriptor_of(name)
    if descriptor is not None:
        return Files([partial(read_pipe, descriptor, name)], ahead=SETTINGS.ahead_of_pipes)
    if "://" in name:
        from recognizer.sources.addresses.address import local_path, recording_at

        path = local_path(name)
        if path is not None:
            return Files.named(path)
        reader = recording_at(name)
        if reader is not None:
            return Files([reader])
    if is_stream(name):
        return Live(partial(open_stream, name), name, noisy=is_camera(name), patience=SETTINGS.stream_patience)
    return Files.named(name)


def is_stream(name: str) -> bool:
    """Whether a name is an address, a pipe or a device rather than a file."""
    if "://" in name or descriptor_of(name) is not None:
        return True
    try:
        mode = os.stat(name).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISSOCK(mode)


def _polled(name: str | int | Path, seconds: float) -> Poll:
    if not 0 < seconds < float("inf"):
        raise UsageError(f"poll: expected a number of seconds over 0, found {seconds}")
    name = str(name)
    if "://" in name:
        from recognizer.sources.addresses.address import is_http, local_path, read_snapshot

        if is_http(name):
            return Poll(partial(read_snapshot, name), masked(name), seconds)
        name = local_path(name) or name
    if not Path(name).is_file():
        raise UsageError(f"poll: expected the address of a picture (http://…) or a picture's file, found {name}; "
                         "cameras and streams are read all the time")
    return Poll(partial(read_file, Path(name)), name, seconds)
