"""Where a broker is, and who we are to it."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from recognizer.errors import UsageError

PORTS = {"mqtt": 1883, "mqtts": 8883}
PASSWORD = "MQTT_PASSWORD"  # the variable of the environment
SIGNS = "in a name / is written as %2F, : as %3A and @ as %40, and a password stands elsewhere"
FORM = "expected mqtt://user@host/topic or mqtts://user@host:port/topic"
LONGEST_TOPIC = 1000  # bytes; MQTT's own limit is 65,535


@dataclass(frozen=True)
class BrokerAddress:
    """A broker and a topic in it.

    Attributes:
        host: name or address.
        port: 1 to 65535.
        topic: under which everything is told.
        user: to log in as; empty for nobody.
        secure: with TLS.
    """

    host: str
    port: int
    topic: str
    user: str = ""
    secure: bool = False

    @classmethod
    def parse(cls, text: str) -> BrokerAddress:
        """Of mqtt[s]://user@host:port/topic; user and port may be left out.

        Raises:
            UsageError: it is none, or there is a password in it.
        """
        try:
            parts = urlsplit(text)
            port, user, password = parts.port, parts.username, parts.password
        except ValueError as error:  # its text may hold a part of a password
            raise UsageError(f"--mqtt: {FORM}, found another host or port; {SIGNS}") from error
        if "@" in parts.path:  # the text up to there may be a password with a slash in it
            raise UsageError(f"--mqtt: {FORM}, found a slash before an @; {SIGNS}")
        if password is not None:
            raise UsageError("--mqtt: expected an address without a password, which others could see; put it into the "
                             f"variable {PASSWORD} of the environment, or into a file for --mqtt-password-file")
        if parts.scheme not in PORTS or not parts.hostname:
            raise UsageError(f"--mqtt: {FORM}, found {text}")
        if port == 0:
            raise UsageError("--mqtt: expected a port from 1 to 65535, found 0")
        topic = unquote(parts.path).strip("/")
        if not topic or set(text) & set("?#") or set(topic) & set("+#\0") or len(topic.encode()) > LONGEST_TOPIC:
            raise UsageError(f"--mqtt: {FORM}, whose topic has no +, # or ?, found {text}")
        secure = parts.scheme == "mqtts"
        return cls(parts.hostname, port or PORTS[parts.scheme], topic, unquote(user or ""), secure)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"mqtt{'s' * self.secure}://{host}:{self.port}/{self.topic}"


def read_password(address: BrokerAddress, file: str | None) -> str | None:
    """The user's password, of a file or else of the environment; None where there is none.

    Raises:
        UsageError: the file can't be read, or there is no user that it could be of.
    """
    if file is None:
        return os.environ.get(PASSWORD) if address.user else None
    if not address.user:
        raise UsageError("--mqtt-password-file: expected a user in the address of --mqtt, such as mqtt://user@host/topic")
    try:
        return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--mqtt-password-file {file}: expected a file with the password alone "
                         f"({getattr(error, 'strerror', None) or 'no UTF-8 text'})") from error


def tls_context(address: BrokerAddress, authority: str | None) -> ssl.SSLContext | None:
    """What a broker's certificate is checked with; None without TLS.

    Args:
        address: says whether there is TLS.
        authority: a PEM file of who signs it; by default those that the system knows.

    Raises:
        UsageError: the file is none, or there is no TLS.
    """
    if not address.secure:
        if authority is not None:
            raise UsageError("--mqtt-ca checks a certificate, which only mqtts:// asks for; write --mqtt mqtts://…")
        return None
    try:
        return ssl.create_default_context(cafile=authority)
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise UsageError(f"--mqtt-ca {authority}: expected a PEM file with the authority's certificate ({reason})"
                         ) from error
