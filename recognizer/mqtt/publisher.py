"""Keeps a broker told: a thread of its own that connects, tells what waits, and connects again."""

from __future__ import annotations

import logging
import random
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from functools import partial

from recognizer.errors import OutputError
from recognizer.mqtt.address import PASSWORD, BrokerAddress
from recognizer.mqtt.connection import Connection
from recognizer.mqtt.messages import NUMBER, STATUS, Status
from recognizer.mqtt.outbox import Outbox
from recognizer.mqtt.settings import SETTINGS

log = logging.getLogger("recognizer")


class Publisher:
    """Tells a broker the messages of an outbox in their order, and the state as it is now.

    What the broker hasn't acknowledged when the connection is lost is told again, from the first such message on.

    Args:
        address: of the broker, and the topic.
        password: of the address's user.
        tls: what the broker's certificate is checked with.
        outbox: is taken from.
        retained: messages by their topics, told after each connection.

    Attributes:
        failure: why it gave up; then it tells nothing more.
    """

    def __init__(self, address: BrokerAddress, password: str | None, tls: ssl.SSLContext | None, outbox: Outbox,
                 retained: Mapping[str, str]) -> None:
        self._address, self._password, self._tls = address, password, tls
        self._outbox, self._retained = outbox, retained
        self.failure: BaseException | None = None
        self._status = Status.ONLINE
        self._ever_open = False
        self._away_since = 0.0  # seconds of the monotonic clock; 0 while it isn't
        self._pause = SETTINGS.first_pause
        self._tried, self._over = threading.Event(), threading.Event()
        self._deadline = 0.0
        self._woken, self._waking = socket.socketpair()
        self._waking.setblocking(False)
        self._thread = threading.Thread(target=self._work, name="mqtt", daemon=True)

    def start(self) -> None:
        """Begin, and wait for how the first attempt to connect ends, but not for long."""
        self._thread.start()
        self._tried.wait(SETTINGS.greeting)

    def wake(self) -> None:
        """There is something in the outbox."""
        with suppress(BlockingIOError):  # it is awake, with so many bytes to read
            self._waking.send(b"!")

    def show(self, status: Status) -> None:
        """Tell this state, if it isn't told already."""
        if status != self._status:
            self._status = status
            self.wake()

    def stop(self) -> bool:
        """Tell a broker that is there what still waits, and that we go; whether all came to its end in time."""
        self._deadline = time.monotonic() + SETTINGS.farewell
        self._over.set()
        self.wake()
        self._thread.join(SETTINGS.farewell + SETTINGS.look)
        if self._thread.is_alive():  # it hangs in a call of the system, as when a name is looked up
            return False
        self._woken.close()
        self._waking.close()
        return True

    def _work(self) -> None:
        try:
            while not self._over.is_set():
                reason = self._talk()
                if reason and not self._away_since and not self._over.is_set():
                    self._away_since = time.monotonic()
                    log.warning("--mqtt %s: the broker is away (%s); the numbers wait on disk until it is back",
                                self._address, reason)
                self._tried.set()
                self._over.wait(self._pause * random.uniform(0.5, 1.0))  # a fleet isn't to come back all at once
                self._pause = min(2 * self._pause, SETTINGS.longest_pause)
        except BaseException as error:  # whatever it is, it is raised in the other thread
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        self.failure = error
        self._tried.set()

    def _talk(self) -> str:
        """Connect and tell until the connection is lost, and why; nothing when all is over."""
        self._begin()
        try:
            with closing(Connection(self._address, self._password, self._tls)) as connection:
                while not connection.lost:
                    if connection.open:
                        self._greet(connection)
                        self._tell(connection)
                        self._catch_up(connection)
                    if self._over.is_set() and self._leave(connection):
                        return ""
                    connection.step(self._woken)
        except ssl.SSLCertVerificationError as error:
            return self._refused(f"its certificate isn't trusted: {error.verify_message}",
                                 "give the one of its authority by --mqtt-ca, and the name that stands in it")
        except OSError as error:
            return error.strerror or str(error)
        if connection.refused:
            return self._refused(connection.lost, "expected one that speaks MQTT 5 and knows the user in the address "
                                 f"and the password, of the environment's {PASSWORD} or by --mqtt-password-file")
        return connection.lost

    def _begin(self) -> None:
        """A connection begins: nothing was told by it."""
        self._greeted = False
        self._told_status: Status | None = None
        self._told = 0  # the last message of the outbox that was sent

    def _refused(self, reason: str, advice: str) -> str:
        """It won't be better by waiting, unless it was better before."""
        if not self._ever_open:
            raise OutputError(f"--mqtt {self._address}: the broker can't be used ({reason}); {advice}")
        return reason

    def _greet(self, connection: Connection) -> None:
        """Once for each connection: what is retained."""
        if not self._greeted:
            for topic, text in self._retained.items():
                connection.publish(topic, text)
            self._greeted = self._ever_open = True
            self._tried.set()

    def _tell(self, connection: Connection) -> None:
        """Send the state if it is another, and as many messages as may be under way."""
        if not self._over.is_set():
            self._tell_status(connection, self._status)
        if connection.room > 0 and len(self._outbox):
            for sequence, payload in self._outbox.after(self._told, connection.room):
                connection.publish(f"{self._address.topic}/{NUMBER}", payload, partial(self._outbox.remove, sequence))
                self._told = sequence

    def _tell_status(self, connection: Connection, status: Status) -> None:
        if status != self._told_status:
            connection.publish(f"{self._address.topic}/{STATUS}", status)
            self._told_status = status

    def _catch_up(self, connection: Connection) -> None:
        """Say that the broker is back, when it has got all that waited."""
        if connection.idle and not len(self._outbox):
            self._pause = SETTINGS.first_pause
            if self._away_since:
                log.warning("--mqtt %s: the broker is back after %.1f s, and has all numbers", self._address,
                            time.monotonic() - self._away_since)
                self._away_since = 0.0

    def _leave(self, connection: Connection) -> bool:
        """Say that we go, once all is told or the time is over; whether that is done."""
        late = time.monotonic() >= self._deadline
        if not connection.open:
            return True
        if late or (connection.idle and not len(self._outbox)):
            done = self._told_status == Status.OFFLINE  # and that was acknowledged, if there was time for it
            self._tell_status(connection, Status.OFFLINE)
            return done or late
        return False
