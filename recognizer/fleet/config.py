"""The cameras of a fleet, as a TOML file tells them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recognizer.errors import UsageError

DEFAULTS, CAMERAS = "defaults", "camera"
NAME = "{name}"
MOST_BYTES = 1_000_000
LARGEST = 2**63 - 1  # whole number of TOML
FORM = "expected a table [camera.NAME] for each camera, with the names of flags as keys, and [defaults] for all of them"


@dataclass(frozen=True)
class Member:
    """One camera.

    Attributes:
        name: what it is called.
        flags: what the program is called with.
    """

    name: str
    flags: tuple[str, ...]


def read_config(path: Path) -> list[Member]:
    """The cameras of a file, in its order.

    Raises:
        UsageError: it can't be read, or is of another form.
    """
    document = _document(path)
    cameras, defaults = document.get(CAMERAS), document.get(DEFAULTS, {})
    if (not cameras or not isinstance(cameras, dict) or document.keys() - {CAMERAS, DEFAULTS}
            or not all(isinstance(table, dict) for table in (defaults, *cameras.values()))):
        raise UsageError(f"--config {path}: {FORM}; found {', '.join(document) or 'nothing'}")
    return [Member(name, tuple(_flags(f"--config {path}, camera {name}", name, defaults | camera)))
            for name, camera in cameras.items()]


def _document(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise UsageError(f"--config {path}: expected a TOML file of up to {MOST_BYTES // 1_000_000} MB, found more")
        return tomllib.loads(content.decode())
    except OSError as error:
        raise UsageError(f"--config {path}: expected a TOML file ({error.strerror})") from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise UsageError(f"--config {path}: expected TOML ({error})") from error
    except RecursionError as error:
        raise UsageError(f"--config {path}: {FORM}; found tables or lists nested too deep") from error


def _flags(where: str, name: str, table: Mapping[str, Any]) -> Iterator[str]:
    """A table as the words of a call."""
    for key, value in table.items():
        flag = f"--{key.replace('_', '-')}"
        for one in value if isinstance(value, list) else [value]:
            if one is True:
                yield flag
            elif isinstance(one, str) and "\0" in one.replace(NAME, name):
                raise UsageError(f"{where}: expected text for {key} without the character NUL, found it in there")
            elif isinstance(one, int) and abs(one) > LARGEST:
                raise UsageError(f"{where}: expected a whole number of up to {LARGEST} for {key}, found a larger one")
            elif isinstance(one, str | int | float) and one is not False:
                yield f"{flag}={str(one).replace(NAME, name)}"
            elif one is not False:
                raise UsageError(f"{where}: expected text, a number, true, false or a list of them for {key}, found "
                                 f"{type(one).__name__}")
