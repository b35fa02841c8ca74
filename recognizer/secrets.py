"""Keeps what is secret in an address out of everything that is shown, written or raised."""

from __future__ import annotations

import re

MASK = "***"
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
# A colon that a port follows, as in http://host:8080/a@2x.jpg, begins no password.
_PASSWORD = re.compile(r"(://[^/@\s:\[]*:)(?!\d+(?:/|$))\S*@")
_IN_QUERY = re.compile(
    r"([?&;][\w.-]*(?:pas|pwd|psw|token|secret|key|auth|sig|cred)[\w.-]*=)[^&;#\s]*?(?=[&;#\s]|[:,.)\]'\"]*$)",
    re.IGNORECASE)


def masked(text: str) -> str:
    """A text in which no address shows its password, nor a token or key of its query.

    >>> masked("rtsp://admin:s3cret@10.0.0.9/live: no video stream there")
    'rtsp://admin:***@10.0.0.9/live: no video stream there'
    """
    return _ADDRESS.sub(lambda found: _masked(found[0]), text) if "://" in text else text


def _masked(address: str) -> str:
    return _IN_QUERY.sub(rf"\g<1>{MASK}", _PASSWORD.sub(rf"\g<1>{MASK}@", address))
