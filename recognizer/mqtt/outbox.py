"""The bounded queue on disk of what a broker is still to be told."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from platformdirs import user_state_path

from recognizer.errors import OutputError
from recognizer.mqtt.address import BrokerAddress
from recognizer.mqtt.settings import SETTINGS

# With a log a commit needn't wait for the disk: a kill loses nothing, a power cut the last moments alone.
PREPARE = (
    "PRAGMA locking_mode = EXCLUSIVE", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", "BEGIN IMMEDIATE",
    "CREATE TABLE IF NOT EXISTS message (sequence INTEGER PRIMARY KEY AUTOINCREMENT, payload TEXT NOT NULL)",
    "COMMIT")


class Outbox:
    """Messages in the order in which they came, kept over the end of the program however it ends; for any thread.

    Args:
        path: an SQLite file; made where there is none, together with its folder.
        most: messages that may wait; then the oldest are dropped for the new ones.

    Attributes:
        dropped: how many were, since it was opened.

    Raises:
        OutputError: it can't be written, is no such file, or another program has it.
    """

    def __init__(self, path: Path, most: int = SETTINGS.waiting) -> None:
        self._path, self._most = path, most
        self._lock = threading.Lock()
        self.dropped = 0
        with self._telling():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = sqlite3.connect(path, timeout=SETTINGS.busy, isolation_level=None, check_same_thread=False)
            try:
                for command in PREPARE:
                    self._file.execute(command)
                self._count: int = self._file.execute("SELECT count(*) FROM message").fetchone()[0]
            except sqlite3.Error:
                self._file.close()
                raise

    def __len__(self) -> int:
        return self._count

    def put(self, *payloads: str) -> None:
        """Add some messages at the end, at least one.

        Raises:
            OutputError: the disk is full.
        """
        with self._lock, self._telling():
            rows = ", ".join(["(?)"] * len(payloads))
            self._file.execute(f"INSERT INTO message (payload) VALUES {rows}", payloads)
            self._count += len(payloads)
            if self._count > self._most:
                gone = self._file.execute("DELETE FROM message WHERE sequence IN (SELECT sequence FROM message "
                                          "ORDER BY sequence LIMIT ?)", (self._count - self._most,)).rowcount
                self._count -= gone
                self.dropped += gone

    def after(self, sequence: int, most: int) -> list[tuple[int, str]]:
        """At most so many messages behind this one, the oldest first, each with its sequence number, from 1 on."""
        with self._lock, self._telling():
            return self._file.execute("SELECT sequence, payload FROM message WHERE sequence > ? ORDER BY sequence "
                                      "LIMIT ?", (sequence, most)).fetchall()

    def remove(self, sequence: int) -> None:
        """This one was told."""
        with self._lock, self._telling():
            self._count -= self._file.execute("DELETE FROM message WHERE sequence = ?", (sequence,)).rowcount

    def close(self) -> None:
        with self._lock, self._telling(), closing(self._file):
            if not self._count:
                self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            advice = "make room on the disk, or give another file by --mqtt-queue"
            if "locked" in str(error):
                advice = ("another program tells its numbers there; give each camera a topic of its own, or another "
                          "file by --mqtt-queue")
            elif "not a database" in str(error) or "malformed" in str(error):
                advice = "expected a queue that this program has made; move the file away, or give another --mqtt-queue"
            raise OutputError(f"{self._path}: {error}; {advice}") from error
        except OSError as error:
            raise OutputError(f"{self._path}: can't be written ({error.strerror}); give another file by --mqtt-queue"
                              ) from error


def default_path(address: BrokerAddress) -> Path:
    """Where what a topic of a broker is to be told waits: in the user's state folder."""
    name = hashlib.sha256(f"{address.host}:{address.port}/{address.topic}".encode()).hexdigest()[:16]
    return user_state_path("digit-recognizer", appauthor=False) / f"mqtt-{name}.db"
