"""The run over an archive: what is to be read goes to the workers, what they read to the data sets."""

from __future__ import annotations

import json
import logging
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from typing import TextIO

from recognizer.archive.entries import Entry, entries_of
from recognizer.archive.pool import Pool
from recognizer.archive.rows import Result, Task
from recognizer.archive.storage.dataset import Dataset
from recognizer.archive.storage.parts import Parts

MOST_TOLD = 10  # sources that failed which are named

log = logging.getLogger("recognizer")


@dataclass
class Progress:
    """How far a run is.

    Attributes:
        total: sources to be read.
        done: of them, whether read or failed.
        failed: those that could not be read.
        before: sources that had been read before.
        frames, numbers: that were read.
        start: when the first was begun, in seconds of `time.monotonic`.
    """

    total: int = 0
    done: int = 0
    failed: int = 0
    before: int = 0
    frames: int = 0
    numbers: int = 0
    start: float = 0.0

    @property
    def seconds(self) -> float:
        return max(time.monotonic() - self.start, 1e-3) if self.start else 0.0

    @property
    def rate(self) -> float:
        """Frames a second."""
        return self.frames / self.seconds if self.seconds else 0.0

    def __str__(self) -> str:
        before = f" ({self.before} read before)" if self.before else ""
        sources = f"{self.done} source{'' if self.done == 1 else 's'}"
        return (f"{sources}{before} in {self.seconds:.1f} s, {self.failed} failed; {self.frames} frames, "
                f"{self.rate:.1f} a second; {self.numbers} numbers told")


class Archive:
    """Reads sources into data sets.

    Args:
        dataset: takes what is read.
        part: seconds of the parts that long videos are cut into.
        retries: how often a source that fails is tried again.
        show: is called whenever something was done.
    """

    def __init__(self, dataset: Dataset, part: float, retries: int, show: Callable[[Progress], None]) -> None:
        self._dataset, self._part, self._retries, self._show = dataset, part, retries, show
        self._parts = Parts(dataset.folder / ".parts")
        self._more: deque[Task] = deque()  # to be read before other sources
        self._left: dict[str, int] = {}  # parts of a video that are still to be read, by its identity
        self.progress = Progress()

    def read(self, names: Iterable[str], make_pool: Callable[[], Pool], stop: Callable[[], object]) -> Progress:
        """Read what hasn't been, until all is done or `stop` gives something true.

        Raises:
            SourceError: a list of sources can't be read.
            OutputError: the data sets can't be written.
            ModelError: the workers can't load the networks.
        """
        with tempfile.TemporaryFile("w+", encoding="utf-8") as waiting:  # an archive's names take much memory
            self._plan(names, waiting)
            waiting.seek(0)
            if self.progress.total:
                with make_pool() as pool:
                    self._read(pool, waiting, stop)
        if self.progress.failed > MOST_TOLD:
            log.warning("and %d more; the data set 'sources' has all reasons", self.progress.failed - MOST_TOLD)
        return self.progress

    def _read(self, pool: Pool, waiting: TextIO, stop: Callable[[], object]) -> None:
        self.progress.start = time.monotonic()
        for found in pool.results(lambda: self._take(waiting)):
            if found:
                self._put(*found)
            self._dataset.flush(late=True)
            self._show(self.progress)
            if stop():
                return
        self._dataset.flush()
        self._parts.clear()

    def _plan(self, names: Iterable[str], waiting: TextIO) -> None:
        """Write down what is to be read, once each, and take out of the data sets what is read anew."""
        there: set[str] = set()
        good: set[str] = set()
        for name, identity, well in self._dataset.rows():
            there.add(name)
            if well:
                good.add(identity)
        seen: set[str] = set()
        anew: set[str] = set()
        for entry in entries_of(names):
            identity = entry.identity
            if identity in seen:
                continue
            seen.add(identity)
            if identity in good:
                self.progress.before += 1
                continue
            if entry.name in there:
                anew.add(entry.name)
            waiting.write(json.dumps(asdict(entry)) + "\n")
            self.progress.total += 1
        if anew:
            self._dataset.remove(anew)

    def _take(self, waiting: TextIO) -> Task | None:
        if self._more:
            return self._more.popleft()
        line = waiting.readline()
        return Task(Entry(**json.loads(line))) if line else None

    def _put(self, task: Task, result: Result) -> None:
        """Keep what a task gave, or have it tried again, or cut."""
        if result.reason and task.attempt < self._retries:
            self._more.append(replace(task, attempt=task.attempt + 1))
        elif result.cut:
            missing = self._parts.missing(task.entry, result.cut)
            self._left[task.entry.identity] = len(missing)
            self._more.extend(missing)
            if not missing:
                self._join(task.entry, result.cut)
        elif task.part is None:
            self._dataset.add(task.entry, result)
            self._count(result)
        else:
            self._parts.add(task, result)
            self._left[task.entry.identity] -= 1
            if not self._left[task.entry.identity]:
                self._join(task.entry, task.parts)

    def _join(self, entry: Entry, parts: int) -> None:
        whole, digits = self._parts.joined(entry, parts, self._part)
        self._dataset.add_joined(entry, whole, digits)
        self._parts.clear(entry)
        del self._left[entry.identity]
        self._count(whole)

    def _count(self, result: Result) -> None:
        progress = self.progress
        progress.done += 1
        progress.frames += result.frames
        progress.numbers += result.numbers.num_rows
        if result.reason:
            progress.failed += 1
            if progress.failed <= MOST_TOLD:
                log.warning("%s", result.reason)
