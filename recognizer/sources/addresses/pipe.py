"""What another program hands over through standard input or an open descriptor, to its end."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import closing

from recognizer.core.frame import Frame
from recognizer.errors import SourceError
from recognizer.sources.images.kinds import HEAD, is_motion_jpeg, other_kind, picture_kind
from recognizer.sources.images.picture import read_frames, unreadable
from recognizer.sources.recordings.decode import Readable
from recognizer.sources.recordings.read_video import read_video
from recognizer.sources.settings import SETTINGS

STDIN = "-"
CHUNK = 65536  # bytes


def descriptor_of(name: str) -> int | None:
    """The open descriptor that a name stands for, if it can be read but once and in order: "-", /dev/stdin, /dev/fd/63.

    A named pipe is none: its writer may come back, so it counts as a stream.
    """
    found = re.fullmatch(r"-|/dev/stdin|/(?:dev|proc/self)/fd/(\d{1,6})", name)
    if found is None:
        return None
    descriptor = int(found[1] or 0)
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return descriptor if name == STDIN else None
    return descriptor if name == STDIN or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else None


def read_pipe(descriptor: int, name: str) -> Iterator[Frame]:
    """Every frame of what comes through a descriptor, by its own clock, until its writer ends it.

    Raises:
        SourceError: it is closed, a terminal, empty, or neither a picture nor a video.
    """
    try:
        if os.isatty(descriptor):
            raise SourceError(f"{name}: expected a picture or a video from another program, found a terminal; "
                              "as in 'cat clip.mp4 | digit-recognizer --source -'")
        file = os.fdopen(os.dup(descriptor), "rb", buffering=0)
    except OSError as error:
        raise SourceError(f"{name}: can't be read ({error.strerror})") from error
    with closing(file):
        try:
            yield from read_in_order(Ahead(file), name)
        except OSError as error:
            raise SourceError(f"{name}: can't be read ({error.strerror or error})") from error


class Ahead:
    """A file that is read in order, of which the start can be looked at before."""

    def __init__(self, file: Readable) -> None:
        self._file, self._seen = file, bytearray()

    def peek(self, count: int) -> bytes:
        """The first bytes, fewer where it ends before; they will still be read."""
        while len(self._seen) < count and (chunk := self._file.read(max(1, min(CHUNK, count - len(self._seen))))):
            self._seen += chunk
        return bytes(self._seen)

    def read(self, count: int, /) -> bytes:
        if self._seen:
            taken = bytes(self._seen[:count])
            del self._seen[:count]
            return taken
        return self._file.read(count)


def read_in_order(file: Ahead, name: str) -> Iterator[Frame]:
    """Every frame of a picture or a recording that is read in order, as from a pipe; its content tells which it is.

    Raises:
        SourceError: it is empty, or neither.
    """
    start = file.peek(HEAD)
    if not start:
        raise SourceError(f"{name}: nothing came from it; expected a picture or a video")
    kind = picture_kind(start, name)
    if kind == "JPEG" and is_motion(file):
        yield from read_video(file, name, "mjpeg")
    elif kind:
        yield from read_frames(whole_picture(file, name), name)
    elif other_kind(start):
        raise SourceError(f"{name}: {unreadable(start, 'video')}")
    elif start[4:8] == b"ftyp" and b"moov" not in file.peek(CHUNK):
        import tempfile

        with tempfile.TemporaryFile() as whole:  # what tells its frames stands at the end
            while chunk := file.read(CHUNK):
                whole.write(chunk)
            whole.seek(0)
            yield from read_video(whole, name)
    else:
        yield from read_video(file, name)


def whole_picture(file: Ahead, name: str) -> bytes:
    """All that a picture's file holds.

    Raises:
        SourceError: it is too much.
    """
    content = file.peek(SETTINGS.most_bytes + 1)
    if len(content) > SETTINGS.most_bytes:
        raise SourceError(f"{name}: expected a picture of up to {SETTINGS.most_bytes // 1_000_000} MB, found more")
    return content


def is_motion(file: Ahead) -> bool:
    """Whether a JPEG is followed by another one; as little of them as tells it is waited for."""
    length = HEAD
    while True:
        content = file.peek(length)
        if is_motion_jpeg(content):
            return True
        if len(content) < length or length >= SETTINGS.longest_jpeg:
            return False
        length *= 2  # which ends within a second picture of that size, and a sender gives it as a whole
