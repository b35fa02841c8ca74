"""By which addresses the server is reached, for people and their phones."""

from __future__ import annotations

import io
import ipaddress
import os
import re
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote

from recognizer.errors import OutputError, UsageError
from recognizer.web.settings import SETTINGS

LOCAL = "127.0.0.1"
_LOCAL_NAMES = ("localhost", LOCAL, "::1")
_ELSEWHERE = (("192.0.2.1", socket.AF_INET), ("2001:db8::1", socket.AF_INET6))  # addresses for documentation


@dataclass(frozen=True)
class Address:
    """Where the server listens.

    Attributes:
        host: name or address as given.
        token: that clients need; empty for none.
        secure: with TLS.
    """

    host: str
    token: str = ""
    secure: bool = False

    @property
    def local(self) -> bool:
        """Whether only this machine can reach it."""
        return is_local(self.host)

    def url(self, port: int) -> str:
        """What to type into a browser."""
        name = self.host
        if name in ("0.0.0.0", "::", ""):
            name = next(iter(own_addresses()), LOCAL)
        name = f"[{name}]" if ":" in name else name
        return f"http{'s' * self.secure}://{name}:{port}/" + (f"?token={quote(self.token, '')}" if self.token else "")

    @property
    def hosts(self) -> frozenset[str]:
        """Names by which it may be asked where no token is asked for; empty for any."""
        return frozenset() if self.token else frozenset({*_LOCAL_NAMES, self.host.lower()})


def make_address(host: str, token: str | None, secure: bool) -> Address:
    """An address with the token that was given, or a random one where other machines can reach it.

    Raises:
        UsageError: such a token can't stand in an address.
    """
    if token is not None and not re.fullmatch(r"[A-Za-z0-9._~-]{4,200}", token):
        raise UsageError("--token: expected 4 to 200 letters, digits or any of . _ ~ -, found something else")
    return Address(host, token or ("" if is_local(host) else secrets.token_urlsafe(16)), secure)


def is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 for any that is free.

    Raises:
        UsageError: no such name or address of this machine.
        OutputError: the port is taken or not permitted.
    """
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM,
                                                              flags=socket.AI_PASSIVE)[0]
    except (OSError, UnicodeError) as error:
        raise UsageError(f"--host {host}: expected a name or address of this machine ({error})") from error
    listener = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # elsewhere it would let two programs have one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SETTINGS.buffer)
        listener.bind(where)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise OutputError(f"--host {host} --port {port}: can't listen there ({error.strerror}); "
                          "give another --port, or end the program that has it") from error
    return listener


def own_addresses() -> list[str]:
    """This machine's addresses for others, the likeliest first; nothing is sent to find them."""
    found: list[str] = []
    for elsewhere, family in _ELSEWHERE:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((elsewhere, 9))
            found.append(probe.getsockname()[0])
    with suppress(OSError):
        found += [str(entry[4][0]) for entry in socket.getaddrinfo(socket.gethostname(), None)]
    return [name for name in dict.fromkeys(found) if not is_local(name.split("%")[0])]


def own_names() -> list[str]:
    """This machine's names and addresses, for its certificate."""
    name = socket.gethostname()
    return [*_LOCAL_NAMES, name, *([] if "." in name else [f"{name}.local"]), *own_addresses()]


def qr_code(url: str) -> str:
    """An address as lines of block letters, for a phone's camera."""
    import segno

    lines = io.StringIO()
    segno.make(url, error="l").terminal(lines, compact=True)
    return lines.getvalue()
