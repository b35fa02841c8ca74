"""Threads that overlap work keep the order, pass errors on, and end with their block."""

import threading
from collections.abc import Generator
from types import TracebackType
from typing import Self

import numpy as np
import pytest

from recognizer import Frame, Reading
from recognizer.core.channel import prefetch
from recognizer.sinks.background import BackgroundSink


class MishapError(Exception):
    pass


def count(stop: int, closed: threading.Event | None = None) -> Generator[int, None, None]:
    try:
        yield from range(stop)
    finally:
        if closed:
            closed.set()


def test_items_come_in_order() -> None:
    assert list(prefetch(count(1000))) == list(range(1000))


def test_no_more_than_the_depth_and_one_in_hand_are_made_ahead() -> None:
    made, third = [], threading.Event()

    def items() -> Generator[int, None, None]:
        for item in range(100):
            made.append(item)
            if item == 3:
                third.set()
            yield item

    first = prefetch(items(), depth=2)
    assert next(first) == 0
    assert third.wait(10)  # one was taken, two wait, the next is in hand
    assert next(first) == 1
    first.close()
    assert len(made) <= 6


def test_an_error_comes_after_the_items_before_it() -> None:
    def items() -> Generator[int, None, None]:
        yield from range(3)
        raise MishapError

    got: list[int] = []
    with pytest.raises(MishapError):
        got.extend(prefetch(items()))
    taken = prefetch(items())
    assert [next(taken) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(MishapError):
        next(taken)


def test_closing_ends_the_thread_and_closes_the_items() -> None:
    before, closed = threading.active_count(), threading.Event()
    items = prefetch(count(10**9, closed))
    next(items)
    items.close()
    assert closed.is_set()
    assert threading.active_count() == before


class Shelf:
    """A sink that keeps what it is given, and may fail at one of them."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.kept: list[int] = []
        self.threads: set[str] = set()
        self.left = False
        self._fails_at = fails_at

    def write(self, reading: Reading) -> None:
        self.threads.add(threading.current_thread().name)
        if reading.frame.index == self._fails_at:
            raise MishapError
        self.kept.append(reading.frame.index)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.left = True


def fill(shelf: Shelf, count: int, ends_by: BaseException | None = None) -> None:
    """Write so many readings to it in the background, and end the block by an error if one is given."""
    with BackgroundSink(shelf) as sink:
        for index in range(count):
            sink.write(Reading(Frame(np.zeros((4, 4), np.uint8), index)))
        if ends_by:
            raise ends_by


def test_a_sink_in_the_background_gets_everything_in_order_before_it_is_left() -> None:
    before, shelf = threading.active_count(), Shelf()
    fill(shelf, 100)
    assert shelf.kept == list(range(100))
    assert shelf.left
    assert shelf.threads == {"write Shelf"}
    assert threading.active_count() == before


@pytest.mark.parametrize("fails_at", [0, 50, 99])
def test_a_failing_sink_is_told_once_and_left(fails_at: int) -> None:
    shelf = Shelf(fails_at)
    with pytest.raises(MishapError):
        fill(shelf, 100)
    assert shelf.kept == list(range(fails_at))
    assert shelf.left


def test_what_waits_is_written_when_the_block_ends_by_an_error() -> None:
    shelf = Shelf()
    with pytest.raises(KeyboardInterrupt):
        fill(shelf, 3, KeyboardInterrupt())
    assert shelf.kept == [0, 1, 2]
