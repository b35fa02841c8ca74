"""One connection to a broker, from its making to its loss, driven by one thread."""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Callable
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from recognizer.mqtt.address import BrokerAddress
from recognizer.mqtt.messages import STATUS, Status, name_of
from recognizer.mqtt.settings import SETTINGS

TAKEN_OVER = 0x8E  # of MQTT 5
AT_LEAST_ONCE = 1


class Connection:
    """A connection to a broker, which says that we are offline when it is lost.

    It isn't taken up again: messages that were under way would be sent in another order by then.

    Args:
        address: of the broker; also of who is to be told that we are gone.
        password: of the address's user.
        tls: what the broker's certificate is checked with.

    Attributes:
        open: the broker has let us in.
        lost: why it is over; empty while it isn't.
        refused: the broker doesn't want us, or a message; then `lost` says why.

    Raises:
        OSError: the broker can't be reached; an `ssl.SSLCertVerificationError` if it isn't the one to trust.
    """

    def __init__(self, address: BrokerAddress, password: str | None, tls: ssl.SSLContext | None) -> None:
        self.open, self.lost, self.refused = False, "", False
        self._topic = address.topic
        self._window = SETTINGS.window
        self._under_way: dict[int, Callable[[], None]] = {}  # by their number in the protocol: what to do then
        # A name that stays the same, so that the broker knows a lost connection's successor.
        self._client = Client(CallbackAPIVersion.VERSION2, name_of(address.topic), protocol=MQTTProtocolVersion.MQTTv5,
                              reconnect_on_failure=False)
        self._client.connect_timeout = SETTINGS.connect
        if address.user:
            self._client.username_pw_set(address.user, password)
        if tls is not None:
            self._client.tls_set_context(tls)
        self._client.will_set(f"{self._topic}/{STATUS}", Status.OFFLINE, AT_LEAST_ONCE, retain=True)
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish
        self._client.on_disconnect = self._on_disconnect
        self._client.on_socket_open = _without_delay
        self._client.connect(address.host, address.port, SETTINGS.keepalive)

    @property
    def room(self) -> int:
        """How many more messages may be under way, and one for the state."""
        return self._window - len(self._under_way) - 1

    @property
    def idle(self) -> bool:
        """Whether the broker has acknowledged all."""
        return not self._under_way

    def publish(self, topic: str, text: str, acknowledged: Callable[[], None] = lambda: None) -> None:
        """Send a message that the broker retains, and call `acknowledged` when it has it."""
        sent = self._client.publish(topic, text, AT_LEAST_ONCE, retain=True)
        self._under_way[sent.mid] = acknowledged

    def step(self, woken: socket.socket) -> None:
        """Wait until there is something to send or to receive, or `woken` gets a byte, and do it."""
        wire = self._client.socket()
        if wire is None:
            self.lost = self.lost or "the connection was closed"
            return
        decrypted = isinstance(wire, ssl.SSLSocket) and wire.pending() > 0
        reading, writing, _ = select.select([wire, woken], [wire] if self._client.want_write() else [], [],
                                            0.0 if decrypted else SETTINGS.look)
        if woken in reading:
            woken.recv(4096)
        if wire in reading or decrypted:
            self._client.loop_read()
        if wire in writing:
            self._client.loop_write()
        self._client.loop_misc()

    def close(self) -> None:
        """Say goodbye, so that the broker doesn't say anything in our place."""
        self._client.disconnect()

    def _on_connect(self, _: Client, __: object, ___: ConnectFlags, code: ReasonCode, properties: Properties | None
                    ) -> None:
        if code.is_failure:
            self._refuse(code)
        else:
            self._window = min(self._window, getattr(properties, "ReceiveMaximum", self._window))
            self.open = True

    def _on_publish(self, _: Client, __: object, number: int, code: ReasonCode, ___: Properties | None) -> None:
        acknowledged = self._under_way.pop(number, None)
        if code.is_failure:
            self._refuse(code)
        elif acknowledged:
            acknowledged()

    def _on_disconnect(self, _: Client, __: object, flags: DisconnectFlags, code: ReasonCode, ___: Properties | None
                       ) -> None:
        if code.value == TAKEN_OVER:
            self.lost = "another program tells its numbers to this topic"
        elif not self.lost:
            named = flags.is_disconnect_packet_from_server
            self.lost = f"the broker ended it: {str(code).lower()}" if named else "the connection was closed"

    def _refuse(self, code: ReasonCode) -> None:
        self.refused, self.lost = True, str(code).lower()


def _without_delay(_: Client, __: object, wire: Any) -> None:
    """Send small packets at once, and not only when those before are acknowledged."""
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
