"""What may be tuned about processes that are looked after."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FleetSettings:
    """Each in seconds."""

    look: float = 0.1  # between two looks at the processes and for a signal
    first_pause: float = 1.0  # before one that died is started again, doubled from time to time
    longest_pause: float = 60.0  # that this comes to at most
    healthy: float = 60.0  # that one has to run for the next pause to be the first again
    farewell: float = 5.0  # for all to end when they are asked to; then they are killed


SETTINGS = FleetSettings()
