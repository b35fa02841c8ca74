"""Files appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from recognizer.errors import OutputError

NEW = ".new-"  # before the name of a file that is being written


@contextmanager
def replacing(*paths: Path) -> Iterator[list[Path]]:
    """Names beside `paths` to write to; when all went well the new files take the places of the old.

    Raises:
        OutputError: they can't be written, the disk is full; what stood there before still does.
    """
    new = [path.with_name(f"{NEW}{path.name}") for path in paths]  # libraries choose a format by the ending
    try:
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
        yield new
        for beside, path in zip(new, paths, strict=True):
            os.replace(beside, path)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        names = ", ".join(map(str, paths))
        raise OutputError(f"{names}: can't be written ({reason}); nothing was half-written, what was there is kept, "
                          "make room or choose another folder") from error
    finally:
        for beside in new:
            with suppress(OSError):
                beside.unlink()
