"""What is between two threads: a bounded line of items, and a thread that makes the next ones ahead of their use."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from typing import Generic, TypeVar

DEPTH = 2  # items that may wait between two threads while the next one is made
ROOM = 64_000_000  # bytes that they may hold then
PATIENCE = 1.0  # seconds that a thread may take to end; one that hangs in a library is left behind

T = TypeVar("T")


class Channel(Generic[T], Iterable[T]):
    """A bounded line of items from one thread to another, which either side may end.

    Args:
        depth: items that may wait; with more `put` waits.
        size: the bytes of an item, of which no more than ROOM may wait; without it they aren't counted.
    """

    def __init__(self, depth: int, size: Callable[[T], int] | None = None) -> None:
        self._items: deque[tuple[T, int]] = deque()
        self._depth, self._size = depth, size or (lambda _: 0)
        self._bytes = 0
        self._closed = False
        self._failure: BaseException | None = None
        self._changed = threading.Condition()

    def put(self, item: T) -> bool:
        """Add an item and wait until no more than may wait do; False when the channel is closed."""
        size = self._size(item)
        with self._changed:
            if not self._closed:
                self._items.append((item, size))
                self._bytes += size
                self._changed.notify_all()
            self._changed.wait_for(lambda: self._closed or (len(self._items) <= self._depth and self._bytes <= ROOM))
            return not self._closed

    def __iter__(self) -> Generator[T, None, None]:
        """All items in order, until the channel is closed and empty; then its failure, if it has one."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._items)
                if not self._items:
                    break
                item, size = self._items.popleft()
                self._bytes -= size
                self._changed.notify_all()
            yield item
        self.raise_failure()

    def close(self) -> None:
        """No more items come; those that wait can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def clear(self) -> None:
        """Close, and let go of what waits."""
        with self._changed:
            self._items.clear()
            self._bytes = 0
            self.close()

    def fail(self, error: BaseException) -> None:
        """Close with an error that the other side raises."""
        self._failure = error
        self.close()

    def raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure


def prefetch(
    items: Generator[T, None, None], depth: int = DEPTH, size: Callable[[T], int] | None = None
) -> Generator[T, None, None]:
    """Give what a generator yields, while a thread of its own is ahead: it goes on while at most `depth` items wait.

    Nor may they hold more than ROOM bytes, where `size` tells those of an item: a huge one waits alone.

    The thread starts with the first item asked for. It ends with the items, or when this generator is
    closed; it closes `items` itself. An error of theirs is raised here, after the items before it.
    """
    channel: Channel[T] = Channel(depth, size)

    def work() -> None:
        try:
            with closing(items):
                for item in items:
                    if not channel.put(item):
                        return
        except BaseException as error:  # whatever it is, it is raised in the other thread
            channel.fail(error)
        finally:
            channel.close()

    thread = threading.Thread(target=work, name="prefetch", daemon=True)
    thread.start()
    try:
        yield from channel
    finally:
        channel.clear()
        thread.join(PATIENCE)
