"""Tells a broker what is read; a sink."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path
from types import TracebackType
from typing import Self

from recognizer.mqtt.address import BrokerAddress
from recognizer.mqtt.messages import Status, discovery_messages, number_message
from recognizer.mqtt.outbox import Outbox, default_path
from recognizer.mqtt.publisher import Publisher
from recognizer.reading import Reading

log = logging.getLogger("recognizer")


class MqttSink:
    """Tells a broker every number that has become steady, and whether the camera is there.

    Numbers go to a queue on disk first; a thread of its own tells them, so that a broker that is slow or away takes no
    time from reading.

    Args:
        address: of the broker, and the topic under which all is told.
        password: of the address's user.
        tls: what the broker's certificate is checked with.
        queue: the file of the queue, by default one in the user's state folder for each topic.
        discovery: the topic under which Home Assistant looks for new devices; nothing is told there without it.

    Raises:
        OutputError: the queue can't be written; when it is entered or later: the broker refuses us.
    """

    def __init__(self, address: BrokerAddress, password: str | None = None, tls: ssl.SSLContext | None = None,
                 queue: Path | None = None, discovery: str | None = None) -> None:
        self._name = f"--mqtt {address}"
        self._outbox = Outbox(queue or default_path(address))
        self._full = False
        retained = discovery_messages(address.topic, discovery) if discovery else {}
        self._publisher = Publisher(address, password, tls, self._outbox, retained)

    def write(self, reading: Reading) -> None:
        self._raise_failure()
        self._publisher.show(Status.LOST if reading.frame.lost else Status.ONLINE)
        if reading.steady:
            self._outbox.put(*(number_message(reading.frame, number) for number in reading.steady))
            self._publisher.wake()
        if self._outbox.dropped and not self._full:
            self._full = True
            log.warning("%s: %d numbers wait for the broker, which is the most; from now on the oldest are dropped",
                        self._name, len(self._outbox))

    def _raise_failure(self) -> None:
        if self._publisher.failure is not None:
            raise self._publisher.failure

    def __enter__(self) -> Self:
        self._publisher.start()
        if self._publisher.failure is not None:
            self.__exit__(None, None, None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ended, waiting = self._publisher.stop(), len(self._outbox)
        if ended:
            self._outbox.close()
        if error is None:
            self._raise_failure()
        if waiting:
            log.warning("%s: %d number%s on disk for the broker; the next run to this topic tells it first", self._name,
                        waiting, " waits" if waiting == 1 else "s wait")
