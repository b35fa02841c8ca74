"""What may be tuned about reading archives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ArchiveSettings:
    """Each with its unit."""

    # Where a video is cut.
    overlap: float = 5.0  # seconds before a part from which on it is read, so that what stands there is known
    seam: float = 1.0  # seconds before a cut in which a number must be seen to stand over it

    # How results are written.
    batch_bytes: int = 32_000_000  # of results, after which they are written
    batch_seconds: float = 30.0  # after which they are, however few they are
    rows: int = 8192  # that are gathered before they are packed in columns

    # Workers.
    ahead: int = 2  # sources that a worker is given at a time, so that it never waits for the next one
    wait: float = 0.2  # seconds between two looks for a signal while nothing is done
    store: int = 200_000_000  # bytes of memory through which results come on this machine; what is more goes to disk


SETTINGS = ArchiveSettings()
