"""What comes next is made in a thread of its own, such as a source's frames while the last ones are read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import closing
from typing import TypeVar

from recognizer.core.channel import DEPTH, Channel

PATIENCE = 1.0  # seconds that a thread may take to end; one that hangs in a library is left behind

T = TypeVar("T")


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
