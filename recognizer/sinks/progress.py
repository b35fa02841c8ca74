"""A progress bar with the time left, for files, on a terminal's standard error."""

from __future__ import annotations

import logging
import sys
from contextlib import AbstractContextManager, ExitStack, nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from recognizer.reading import Reading

if TYPE_CHECKING:
    from tqdm import tqdm


class ProgressSink:
    """Shows how far the files are: frame by frame in a video, file by file in photographs; a sink.

    Args:
        files: how many there are.
    """

    def __init__(self, files: int) -> None:
        self._files = files
        self._bar: tqdm[Any] | None = None
        self._source: str | None = None
        self._stack = ExitStack()

    def write(self, reading: Reading) -> None:
        frame = reading.frame
        if self._bar is None or (not frame.still and frame.source != self._source):
            self._source = frame.source
            self._open(*((self._files, "file") if frame.still else (frame.total, "frame")))
        if self._bar is not None:
            self._bar.update(1 if frame.still else frame.index + 1 - self._bar.n)

    def _open(self, total: int, unit: str) -> None:
        from tqdm import tqdm

        self._close()
        self._bar = tqdm(total=total or None, unit=unit, file=sys.stderr, leave=False, dynamic_ncols=True)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> Self:
        from tqdm.contrib.logging import logging_redirect_tqdm

        self._stack.enter_context(logging_redirect_tqdm([logging.getLogger()]))  # lines of the log go above the bar
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
        self._stack.close()


def apart() -> AbstractContextManager[object]:
    """While it is entered there is no bar on the terminal, if standard output goes there too."""
    from tqdm import tqdm

    return tqdm.external_write_mode(file=sys.stdout) if sys.stdout.isatty() else nullcontext()
