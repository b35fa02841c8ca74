"""Reads what visitors send: the frames of their cameras, and single pictures."""

from __future__ import annotations

import asyncio
import os
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar

from recognizer.core.frame import Frame, Image
from recognizer.reader import Recognizer
from recognizer.reading import Reading
from recognizer.web.safety.picture import THREADS, decoded, say_nothing_of_clients
from recognizer.web.settings import SETTINGS

MOST_WORKERS = 4

T = TypeVar("T")


class Worker:
    """A thread that runs calls in the order in which they come, and gives their results to an event loop."""

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call()

    async def run(self, call: Callable[[], T]) -> T:
        """The result of a call in this thread."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def succeed(result: T) -> None:
            if not future.done():
                future.set_result(result)

        def refuse(error: BaseException) -> None:
            if not future.done():
                future.set_exception(error)

        def fail(error: BaseException) -> None:
            loop.call_soon_threadsafe(refuse, error)

        def work() -> None:
            if future.cancelled():  # who asked is gone
                return
            with suppress(RuntimeError):  # the event loop is over
                try:
                    result = call()
                except BaseException as error:  # whatever it is, it is raised where the result is awaited
                    fail(error)
                else:
                    loop.call_soon_threadsafe(succeed, result)

        self._calls.put(work)
        return await future

    def close(self) -> None:
        """End when what waits is done; nobody waits for it."""
        self._calls.put(None)


class Reader:
    """A recognizer in a thread of its own, so that each visitor's frames are read in order.

    Attributes:
        visitors: how many have their frames read here.
    """

    def __init__(self, recognizer: Recognizer, name: str) -> None:
        self.recognizer, self.worker = recognizer, Worker(name)
        self.visitors = 0


class Readers:
    """Reads visitors' frames and pictures, each in its turn.

    A visitor has one frame under way, and those of all visitors of a reader are read in the order in which they
    came: so all get an equal share. Pictures that are handed in have a reader of their own, as they may be large.

    Args:
        make: makes a recognizer.
        spare: processors that are left to other work, such as the program's own camera.
    """

    def __init__(self, make: Callable[[], Recognizer], spare: int) -> None:
        count = max(1, min(MOST_WORKERS, (os.cpu_count() or 1) - spare))
        self._frames = [Reader(make(), f"{THREADS} {number}") for number in range(count)]
        self._pictures = Reader(make(), f"{THREADS}' pictures")
        self._waiting = 0
        say_nothing_of_clients()

    def visitor(self) -> Visitor:
        """Where the next visitor's frames are read."""
        return Visitor(min(self._frames, key=lambda reader: reader.visitors))

    @property
    def busy(self) -> bool:
        """Whether as many pictures wait as may."""
        return self._waiting >= SETTINGS.most_pictures

    async def read(self, content: bytes) -> Reading:
        """Read a picture on its own.

        Raises:
            InputError: it is none, or too large.
        """
        self._waiting += 1
        try:
            return await self._pictures.worker.run(lambda: self._read(content))
        finally:
            self._waiting -= 1

    def _read(self, content: bytes) -> Reading:
        return self._pictures.recognizer.read(decoded(content, SETTINGS.most_pixels))

    def close(self) -> None:
        for reader in (*self._frames, self._pictures):
            reader.worker.close()


class Visitor:
    """One visitor's camera: its digits have tracks of their own. Nothing of it is stored.

    Args:
        reader: what reads its frames.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._inbox = _Inbox()
        self._readings = reader.recognizer.watch(self._inbox)

    async def read(self, content: bytes, moment: float) -> Reading:
        """Read the next frame, a JPEG, that was taken so many seconds after the first.

        Raises:
            InputError: it is no picture, or too large.
        """
        return await self._reader.worker.run(lambda: self._read(content, moment))

    def _read(self, content: bytes, moment: float) -> Reading:
        self._inbox.put(decoded(content, SETTINGS.most_frame_pixels), moment)
        return next(self._readings)

    def __enter__(self) -> Self:
        self._reader.visitors += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.visitors -= 1


class _Inbox:
    """A source that gives the frame that was put in last; it is asked for one after each."""

    def __init__(self) -> None:
        self._frame: Frame | None = None
        self._count = 0

    def put(self, image: Image, moment: float) -> None:
        self._frame = Frame(image, self._count, moment, "browser", still=False, live=True)
        self._count += 1

    def __iter__(self) -> Iterator[Frame]:
        while self._frame is not None:
            frame, self._frame = self._frame, None
            yield frame

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        return None
