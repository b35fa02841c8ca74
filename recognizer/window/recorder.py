"""What keys write into the working directory while the program runs: snapshots and recordings."""

from __future__ import annotations

import itertools
import json
import logging
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2

from recognizer.errors import OutputError
from recognizer.reading import Reading
from recognizer.sinks.background import BackgroundSink
from recognizer.sinks.labelled import LabelledSink
from recognizer.window.settings import SETTINGS

log = logging.getLogger("recognizer")


class Recorder:
    """Snapshots, and one recording at a time; a sink. What can't be written is reported, and the rest goes on.

    Args:
        notify: takes a few words for the user.

    Attributes:
        recording: a recording is being made.
        stopped: something could not be written.
    """

    def __init__(self, notify: Callable[[str], None]) -> None:
        self.recording = self.stopped = False
        self._notify = notify
        self._stack = ExitStack()
        self._write: Callable[[Reading], None] | None = None

    def write(self, reading: Reading) -> None:
        """Add a frame to the recording, if there is one."""
        if self._write and self._fails(partial(self._write, reading)):
            with suppress(OutputError):  # the same once more
                self._end()

    def snapshot(self, reading: Reading) -> None:
        """Write the labelled picture, as large as the frame, and its event beside it."""
        picture = _new(".png")

        def write() -> None:
            try:
                picture.write_bytes(cv2.imencode(".png", reading.draw())[1].tobytes())
                picture.with_suffix(".json").write_text(json.dumps(reading.event()) + "\n", encoding="utf-8")
            except OSError as error:
                raise OutputError(f"snapshot {picture}: {error.strerror}") from error
            self._notify(f"saved {picture}")

        self._fails(write)

    def record(self) -> None:
        """Begin a video of the labelled frames, or end it."""
        self._fails(self._end if self.recording else self._begin)

    def _begin(self) -> None:
        path = _new(".mp4")
        self._write = self._stack.enter_context(BackgroundSink(LabelledSink(str(path), flag="recording"))).write
        self.recording = True
        self._notify(f"to {path}")

    def _end(self) -> None:
        self.recording, self._write = False, None
        self._stack.close()

    def _fails(self, work: Callable[[], None]) -> bool:
        try:
            work()
        except OutputError as error:
            self.stopped = True
            log.warning("%s; the rest goes on without it", error)
            self._notify("it can't be written here")
            return True
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._fails(self._end)


def _new(suffix: str) -> Path:
    """A name in the working directory that isn't taken yet."""
    stem = time.strftime(SETTINGS.file_name)
    names = (Path(f"{stem}{'' if count == 1 else f'-{count}'}{suffix}") for count in itertools.count(1))
    return next(path for path in names if not path.exists())
