"""What a key of the window is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from recognizer.window.window import Window

ESCAPE, NO_KEY = 27, 0xFF


class Key(NamedTuple):
    """One command of the window: the keys, their names for people, the method that does it, what it does."""

    codes: tuple[int, ...]
    names: str
    action: Callable[[Window], None]
    help: str
