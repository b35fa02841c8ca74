"""Where hands are kept: a file each in a folder of the user's, and which was used last."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from recognizer.core.writing import replacing
from recognizer.errors import ModelError, OutputError, UsageError

PROGRAM = "digit-recognizer"
FIRST = "default"  # the name of a hand for which none was given
NONE = "none"  # stands for no hand
PATIENCE = 5.0  # seconds to wait for another program that writes the same hand
NAME = re.compile(r"[\w-][\w.-]{0,63}")


class Store:
    """The user's hands, by name; several programs may use it at once.

    Args:
        folder: where they are; by default the user's data folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        if folder is None:
            from platformdirs import user_data_path

            folder = user_data_path(PROGRAM, appauthor=False) / "hands"
        self._folder = folder
        self._last = folder / "last.txt"

    def names(self) -> list[str]:
        return sorted(file.stem for file in self._folder.glob("*.npz") if NAME.fullmatch(file.stem))

    def file(self, name: str) -> Path:
        """Where a hand is kept; UsageError where the name can't be one."""
        if not NAME.fullmatch(name) or name == NONE:
            raise UsageError(f"hand {name}: expected a name of letters, digits, '-', '_' and '.', up to 64")
        return self._folder / f"{name}.npz"

    @property
    def last(self) -> str:
        """The name of the hand that was used last, whether it is still there or not; the first one's by default."""
        try:
            with self._last.open(encoding="utf-8") as file:
                name = file.read(65).strip()
        except (OSError, ValueError):
            return FIRST
        return name if NAME.fullmatch(name) else FIRST

    def use(self, name: str) -> None:
        """Remember that a hand was used; it isn't said where that can't be written."""
        if name != self.last:
            with suppress(OutputError), replacing(self._last) as [beside]:
                beside.write_text(f"{name}\n", encoding="utf-8")

    def remove(self, name: str) -> None:
        """Remove a hand; ModelError where there is none."""
        with self.locked(name):
            try:
                self.existing(name).unlink()
            except OSError as error:
                raise OutputError(f"hand {name}: can't be removed ({error.strerror})") from error

    def existing(self, name: str) -> Path:
        """The file of a hand that is there.

        Raises:
            ModelError: there is none of this name.
        """
        file = self.file(name)
        if not file.exists():
            raise ModelError(f"hand {name}: expected one of {', '.join(self.names()) or 'none yet'} in {self._folder}, "
                             f"found no {file.name}")
        return file

    @contextmanager
    def locked(self, name: str) -> Iterator[Path]:
        """The file of a hand, which no other program changes meanwhile.

        Raises:
            OutputError: another holds it for long, or the folder can't be written to.
        """
        from filelock import FileLock, Timeout

        file = self.file(name)
        lock = FileLock(file.with_suffix(".lock"), timeout=PATIENCE)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout as error:
            raise OutputError(f"hand {name}: another program has been writing it for {PATIENCE:.0f} s; end that one, "
                              "or give another --hand") from error
        except OSError as error:
            raise OutputError(f"hand {file}: can't be written ({error.strerror})") from error
        try:
            yield file
        finally:
            lock.release()
