"""What every sink is: a context manager that takes readings, and is complete and readable in every exit."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from recognizer.reading import Reading


class Sink(Protocol):
    """Takes every reading, in order."""

    def write(self, reading: Reading) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
