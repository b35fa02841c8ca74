"""Keeps what is secret in an address out of everything that is shown, written or raised."""

from __future__ import annotations

import re

MASK = "***"
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,30}:/\S+")  # also with one slash, by mistake
_NAME = r"((?<=[A-Za-z0-9+.-]{2}):/+[^/\s:\[]{0,256}:)"
# A colon that a port follows, as in http://host:8080/a@2x.jpg, begins no password. One may hold spaces, but in a
# message a sign with a space after it, or another address, ends the address.
_PASSWORD = re.compile(
    _NAME + r"(?!\s|\d+(?:[/?#:,;]|$))(?:(?![:;,]\s|\s\W{0,3}[A-Za-z][\w+.-]{1,30}:/).){0,1024}@")
# It begins as a port does, but a host follows its @.
_LIKE_A_PORT = re.compile(_NAME + r"\d+[/#:][^\s?]{0,1024}@(?=[^\s/@]{0,256}(?::\d|/))")
_IN_QUERY = re.compile(
    r"([?&;][\w.-]*(?:pas|pwd|psw|token|secret|key|auth|sig|cred|session|code(?!c))[\w.-]*=)"
    r"[^&;#\s]*?(?=[&;#\s]|[:,.)\]'\"]*$)", re.IGNORECASE)
# As in /user=admin_password=s3cret_channel=1.sdp.
_IN_PATH = re.compile(
    r"([/_](?:pas|pwd|psw|token|secret)[a-z]*=)[^&;#/\s]*?(?=_[a-z]+=|[&;#/\s]|[:,.)\]'\"]*$)", re.IGNORECASE)


def masked(text: str) -> str:
    """A text in which no address shows its password, nor a token or key of its query.

    >>> masked("rtsp://admin:s3cret@10.0.0.9/live: no video stream there")
    'rtsp://admin:***@10.0.0.9/live: no video stream there'
    """
    if ":/" not in text:
        return text
    for pattern in (_PASSWORD, _LIKE_A_PORT):
        text = pattern.sub(rf"\g<1>{MASK}@", text)
    return _ADDRESS.sub(lambda found: _IN_PATH.sub(rf"\g<1>{MASK}", _IN_QUERY.sub(rf"\g<1>{MASK}", found[0])), text)
