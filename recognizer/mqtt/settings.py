"""What may be tuned about telling a broker."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MqttSettings:
    """Each with its unit."""

    # The connection.
    connect: float = 5.0  # seconds for a connection to be made
    keepalive: int = 15  # seconds between two signs of life; the broker takes one and a half for a loss
    window: int = 20  # messages under way that the broker hasn't acknowledged
    look: float = 0.5  # seconds between two looks at the connection, at most
    first_pause: float = 0.2  # seconds between two attempts, doubled from one to the next
    longest_pause: float = 5.0  # seconds that this comes to at most

    # The start and the end.
    greeting: float = 3.0  # seconds that the first connection is waited for; then the numbers wait on disk
    farewell: float = 1.5  # seconds to tell a broker that is there what still waits

    # The queue.
    waiting: int = 100_000  # messages that may wait on disk, some 30 MB; the oldest are dropped
    busy: float = 1.0  # seconds to wait for a program that is just leaving the file


SETTINGS = MqttSettings()
