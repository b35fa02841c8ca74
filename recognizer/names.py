"""Names of files as text that can be printed and saved."""

from __future__ import annotations

import os
from pathlib import Path


def shown(name: str | Path) -> str:
    """A file's name as text: bytes of it that aren't UTF-8 become \\xNN."""
    return os.fsencode(name).decode(errors="backslashreplace")


def as_path(name: str) -> Path:
    """The path of a name as `shown` makes it, in a system of any locale; a \\xNN in it stays one."""
    return Path(os.fsdecode(name.encode()))


def called(flag: str, target: str | Path) -> str:
    """What errors call an output: by the flag that asked for it, if one did, and its name."""
    return f"{flag} {target}".strip()


def one_line(text: str) -> str:
    """A text whose line breaks and other signs that steer a terminal are written out, as \\n is."""
    return text if text.isprintable() else "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)
