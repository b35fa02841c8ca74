"""Plays files as a camera would: at their own speed, again and again."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from types import TracebackType
from typing import Self

from recognizer.core.frame import Frame
from recognizer.errors import SourceError
from recognizer.sources.files import Files
from recognizer.web.settings import SETTINGS

log = logging.getLogger("recognizer")


class Playback:
    """Files as a camera: each video at its own speed, each photograph for some seconds, then all from the beginning.

    A frame that is late, since reading takes too long, is dropped, as a camera's is. Times and indices go on.

    Args:
        name: a video, a picture, a folder or a glob.

    Raises:
        SourceError: there are none, or none that can be read.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._files = Files.named(name)
        self._start = self._due = time.monotonic()
        self._index = self._dropped = 0

    def __iter__(self) -> Iterator[Frame]:
        while True:
            yield from self._round()
            self._files = Files.named(self._name)

    def _round(self) -> Generator[Frame, None, None]:
        """All files once; what can't be read of them is told, and passed over."""
        self._due = max(self._due, time.monotonic() - SETTINGS.late)
        begun = self._due
        given, source = 0, ""
        with self._files as files:
            try:
                for frame in files:
                    if frame.source != source:
                        source, begun = frame.source, self._due
                    if frame.still:
                        yield from self._photograph(frame)
                    else:
                        step = 1 / frame.fps if frame.fps else SETTINGS.beat
                        yield from self._play(frame, begun + frame.time, step)
                    given += 1
            except SourceError as error:
                if not given:
                    raise
                log.warning("%s", error)

    def _photograph(self, frame: Frame) -> Generator[Frame, None, None]:
        end = self._due + SETTINGS.still
        while self._due < end:
            yield from self._play(frame, self._due, SETTINGS.beat)

    def _play(self, frame: Frame, due: float, step: float) -> Generator[Frame, None, None]:
        """Wait until a frame is due, and give it unless it is late; the next one comes a step after it."""
        self._due = due + step
        wait = due - time.monotonic()
        if wait < -SETTINGS.late:
            self._dropped += 1
        else:
            while (wait := due - time.monotonic()) > 0:
                time.sleep(min(wait, SETTINGS.beat))
            now = time.monotonic()
            yield replace(frame, index=self._index, time=now - self._start, still=False, live=True, captured=now,
                          dropped=self._dropped, total=0)
        self._index += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.__exit__(kind, error, trace)
