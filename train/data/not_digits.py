"""Pictures of things that are no digits, from a file: a part to learn from, and a part held back to judge by."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from train.data.mnist import Pictures, load_not_digits

HELD_BACK = 0.2  # share of each symbol or letter, its end, that no model has learnt from


@dataclass(frozen=True)
class NotDigits:
    """One (N, 28, 28) uint8 array a symbol or letter, bright ink on black, and their file's SHA-256."""

    train: tuple[Pictures, ...] = ()
    held_back: tuple[Pictures, ...] = ()
    sha256: str | None = None

    @staticmethod
    def load(file: Path) -> NotDigits:
        """Read a file as `load_not_digits` does; SourceError where it isn't one."""
        kinds = load_not_digits(file)
        first_held_back = [round((1 - HELD_BACK) * len(kind)) for kind in kinds]
        return NotDigits(
            tuple(kind[:place] for kind, place in zip(kinds, first_held_back, strict=True)),
            tuple(kind[place:] for kind, place in zip(kinds, first_held_back, strict=True)),
            hashlib.sha256(file.read_bytes()).hexdigest(),
        )
