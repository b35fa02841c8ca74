"""Recordings and pictures as a source: every frame of them, one after the other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from recognizer.core.channel import prefetch
from recognizer.core.frame import Frame
from recognizer.errors import SourceError
from recognizer.names import shown
from recognizer.sources.folder import paths_of
from recognizer.sources.images.kinds import HEAD, PICTURES, RAWS, TARGA, is_motion_jpeg, other_kind, picture_kind
from recognizer.sources.images.picture import read_content, read_frames, unreadable
from recognizer.sources.memory import give_back
from recognizer.sources.recordings.read_video import read_video
from recognizer.sources.settings import SETTINGS

Reader = Callable[[], Iterator[Frame]]  # gives every frame of one file

log = logging.getLogger("recognizer")


class Files:
    """Pictures and recordings one after the other, every frame of them.

    One that can't be read is reported in the log and passed over; when all others are done, the
    iteration ends with a SourceError that names how many failed. A thread decodes ahead.

    Args:
        readers: each gives the frames of one file.
        ahead: frames that may wait to be read; with 0 there is no thread.
    """

    def __init__(self, readers: Sequence[Reader], ahead: int = SETTINGS.ahead) -> None:
        self._readers, self._ahead = readers, ahead
        self._frames: Generator[Frame, None, None] | None = None
        self._places: dict[str, int] = {}  # of each source's reader

    def __len__(self) -> int:
        """How many files there are."""
        return len(self._readers)

    def after(self, source: str) -> int:
        """How many files come after the one of which frames have this source."""
        return len(self._readers) - 1 - self._places[source]

    @classmethod
    def named(cls, name: str) -> Self:
        """The files that a name stands for: itself, a folder's pictures and videos, or what a glob finds.

        Raises:
            SourceError: there are none, or the folder can't be read.
        """
        return cls([partial(read_file, path) for path in paths_of(name)])

    def __iter__(self) -> Iterator[Frame]:
        frames = self._read()
        self._frames = prefetch(frames, self._ahead, _bytes) if self._ahead else frames
        return self._frames

    def _read(self) -> Generator[Frame, None, None]:
        failed = 0
        for place, reader in enumerate(self._readers):
            try:
                for frame in reader():
                    self._places[frame.source] = place
                    yield frame
            except SourceError as error:
                if len(self._readers) == 1:
                    raise
                log.warning("%s", error)
                failed += 1
            finally:
                give_back()
        if failed:
            raise SourceError(f"{failed} of {len(self._readers)} files could not be read (named above)")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._frames is not None:
            self._frames.close()


def _bytes(frame: Frame) -> int:
    """What a frame takes in memory at most: in colour, or in grey beside what its colours are made from."""
    return 3 * frame.size[0] * frame.size[1]


def read_file(path: Path, name: str = "") -> Iterator[Frame]:
    """Every frame of a picture or a video; which of them a file is, its content tells.

    Args:
        path: of the file.
        name: what the frames call their source; by default the path.

    Raises:
        SourceError: it can't be read.
    """
    name, suffix = name or shown(path), path.suffix.lower()
    try:
        with path.open("rb") as file:
            start = file.read(HEAD)
            kind = picture_kind(start, name)
            if kind == "JPEG":  # the first of a video's frames, it may be
                start += file.read(SETTINGS.longest_jpeg)
    except OSError as error:
        raise SourceError(f"{name}: can't be read ({error.strerror})") from error
    if not start:
        raise SourceError(f"{name}: the file is empty; expected a picture or a video")
    if kind == "JPEG" and is_motion_jpeg(start):
        yield from read_video(_place(path), name, "mjpeg")
    elif kind or suffix in PICTURES | RAWS | TARGA:
        yield from read_frames(read_content(path, name), name)
    elif other_kind(start):
        raise SourceError(f"{name}: {unreadable(start, 'video')}")
    else:
        yield from read_video(_place(path), name)


def _place(path: Path) -> str:
    """A file's name as FFmpeg takes it; what stands before a colon would be taken for a protocol."""
    return f"file:{path}"
