"""Reads one source, or one part of a video, at a time; the networks are loaded once."""

from __future__ import annotations

import itertools
import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import pyarrow as pa

from recognizer.archive.entries import Entry
from recognizer.archive.rows import Held, Result, Rows, Task
from recognizer.archive.settings import SETTINGS
from recognizer.core.digits import Number
from recognizer.core.frame import Frame
from recognizer.core.geometry import Box, Region, at_one_place
from recognizer.errors import RecognizerError, SourceError
from recognizer.numbers.plausible import Rules
from recognizer.reading import Reading
from recognizer.secrets import masked
from recognizer.sources.addresses.address import is_http, recording_at
from recognizer.sources.addresses.pipe import Ahead, read_in_order
from recognizer.sources.files import Files, read_file
from recognizer.sources.recordings.read_video import read_video
from recognizer.sources.settings import SETTINGS as SOURCES

if TYPE_CHECKING:
    from recognizer.reader import Recognizer

# What a library may raise for a source that it can't cope with.
LIBRARIES = (ArithmeticError, EOFError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError,
             cv2.error, pa.ArrowException)


@dataclass(frozen=True)
class Options:
    """How everything is read; rows that were read otherwise don't belong beside one another.

    Attributes:
        part: seconds of the parts that long videos are cut into; 0 for never.
        others: as those of `Recognizer` and of its `watch`.
    """

    part: float = 600.0
    every: int = 1
    rotate: int = 0
    flip: str = ""
    signs: bool = False
    expect: str | None = None
    regions: tuple[str, ...] = ()
    model: str | None = None
    threshold: float | None = None


class Worker:
    """Reads tasks, one after the other.

    Args:
        options: how.
        threads: how many the libraries may use; with one alone nothing is decoded ahead. By default as they like.
    """

    def __init__(self, options: Options, threads: int | None = None) -> None:
        self._options, self._threads = options, threads
        self._recognizer: Recognizer | None = None

    def ready(self) -> int:
        """Load the networks; the process that did.

        Raises:
            ModelError: a bundle is missing, damaged or of another shape.
        """
        from recognizer.reader import Recognizer

        options = self._options
        if self._threads:
            cv2.setNumThreads(self._threads)
        self._recognizer = Recognizer(
            options.model, options.threshold, signs=options.signs, rules=Rules(options.expect),
            regions=[Region.parse(text) for text in options.regions])
        return os.getpid()

    def read(self, task: Task) -> Result:
        """What is in a source or a part; what goes wrong is the result's reason, and what was read before stays."""
        found = _Reader(task, self._options)
        try:
            with closing(self._readings(found)) as readings:
                for reading in readings:
                    found.add(reading)
        except RecognizerError as error:
            found.reason = str(error)
        except LIBRARIES as error:  # one source must not end the run
            found.reason = f"{task.entry.name}: can't be read ({type(error).__name__}: {masked(str(error))})"
        return found.result()

    def _readings(self, found: _Reader) -> Generator[Reading, None, None]:
        assert self._recognizer is not None, "ready() comes first"
        source = Files([found.frames], 0 if self._threads == 1 else SOURCES.ahead)
        return self._recognizer.watch(source, 1, self._options.rotate, self._options.flip)


class _Reader:
    """Gives the frames of a task, and gathers what is read in them.

    A part of a video is the frames from `cut` on and before `stop`, in seconds of the video. It is read from some
    seconds before, so that what stands there is known; what is told then is kept for the joining alone.
    """

    def __init__(self, task: Task, options: Options) -> None:
        self._entry, self._options = task.entry, options
        self._is_part = task.part is not None
        self._cut = (task.part or 0) * options.part
        self._start = max(0.0, self._cut - SETTINGS.overlap)
        last = task.part is None or task.part == task.parts - 1
        self._stop = float("inf") if last else self._cut + options.part
        self._rows = Rows(task.entry.name)
        self._early: list[tuple[Number, float, int]] = []  # told before the cut, with time and index
        self._told: dict[tuple[int | None, ...], str] = {}  # texts of the numbers that were, by their digits' tracks
        self._held: dict[tuple[tuple[int | None, ...], str], list[tuple[Box, float]]] = {}  # by tracks and text
        self._first: int | None = None  # index of the first frame from the cut on
        self._last: Frame | None = None
        self._length = self._read = self._parts = 0
        self.reason = ""

    def frames(self) -> Iterator[Frame]:
        """Those to be read; a video that is too long gives none."""
        with suppress(StopIteration):
            frames = self._from(self._start) if self._is_part else _frames_of(self._entry)
            first = next(frames)
            length = first.total / first.fps if first.fps and not first.still else 0.0
            if not self._is_part and self._options.part and length >= 1.5 * self._options.part:
                self._parts = round(length / self._options.part)
                return
            if self._is_part and first.time > self._start > 0:  # it could not be sought rightly
                yield from self._chosen(self._from(0.0))
            else:
                yield from self._chosen(itertools.chain([first], frames))

    def _chosen(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        for frame in frames:
            if frame.time >= self._stop and self._is_part:
                return
            if frame.time >= self._cut or not self._is_part:
                self._first = frame.index if self._first is None else self._first
                self._length = frame.index - self._first + 1
            if frame.time >= self._start and (frame.index - (self._first or 0)) % self._options.every == 0:
                yield frame

    def add(self, reading: Reading) -> None:
        """Take what was read in a frame."""
        frame = reading.frame
        if self._is_part and frame.time < self._cut:
            self._early += [(number, frame.time, frame.index) for number in reading.steady]
        else:
            index = frame.index - (self._first or 0) if self._is_part else frame.index
            self._rows.add_digits(reading, index)
            for number in reading.steady:
                self._rows.add_number(number, frame.time, index)
            self._last, self._read = frame, self._read + 1
        if self._is_part:
            self._hold(reading)

    def _hold(self, reading: Reading) -> None:
        """Remember where numbers that were told are seen before the end."""
        tracks = [tuple(reading.digits[place].track for place in number.digits) for number in reading.numbers]
        self._told |= {by: number.text for by, number in zip(tracks, reading.numbers, strict=True)
                       if number in reading.steady}
        time = reading.frame.time
        if time < self._stop - SETTINGS.overlap:
            return
        for by, number in zip(tracks, reading.numbers, strict=True):
            if self._told.get(by) == number.text:
                places = self._held.setdefault((by, number.text), [])
                box = places.pop()[0] if places and at_one_place(places[-1][0], number.box) else number.box
                places.append((box, time))

    def result(self) -> Result:
        if self._parts:
            return Result(cut=self._parts)
        early = Rows(self._entry.name)
        for number, time, index in self._early:
            early.add_number(number, time, min(-1, index - (self._first or 0)))
        last = self._last
        return Result(
            self._rows.table("digits"), pa.concat_tables([early.table("numbers"), self._rows.table("numbers")]),
            self._read, self._length, last.time if last else 0.0, last.total if last else 0, last.fps if last else 0.0,
            tuple(Held(text, tuple(places)) for (_, text), places in self._held.items()), self.reason)

    def _from(self, start: float) -> Iterator[Frame]:
        """The frames of a video from a key frame before `start` on."""
        place, name = self._entry.place, self._entry.name
        if "://" not in place:
            yield from read_video(f"file:{place}", name, start=start)
            return
        from recognizer.archive.addresses import opened

        if is_http(place):
            yield from read_video(place, name, start=start)
            return
        with opened(place) as file:
            yield from read_video(file, name, start=start)


def _frames_of(entry: Entry) -> Iterator[Frame]:
    """Every frame of a source.

    Raises:
        SourceError: it can't be read, or goes on without end.
    """
    if entry.reason:
        raise SourceError(entry.reason)
    if "://" not in entry.place:
        yield from read_file(Path(entry.place), entry.name)
        return
    from recognizer.archive.addresses import opened

    if is_http(entry.place):
        reader = recording_at(entry.place)
        if reader is None:
            raise SourceError(f"{entry.name}: expected a picture or a recording, found a stream without end")
        yield from reader()
        return
    with opened(entry.place) as file:
        yield from read_in_order(Ahead(file), entry.name)


