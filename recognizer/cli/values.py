"""What a flag's text stands for; argparse tells what was expected where it stands for nothing."""

from __future__ import annotations

import argparse
import re
import threading

from recognizer.core.geometry import Region
from recognizer.errors import UsageError

MOST = 10**9  # of what is counted
LENGTHS = {"s": 1, "m": 60, "h": 3600}  # seconds


def region(text: str) -> Region:
    try:
        return Region.parse(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def name(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("expected a name, found nothing")
    return text


def port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected a port from 0 to 65535, found {text}")
    return int(text)


def size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([1-9]\d{0,4})[x×]([1-9]\d{0,4})", text)
    if not found:
        raise argparse.ArgumentTypeError(f"expected a width and a height such as 1280x720, found {text}")
    return int(found[1]), int(found[2])


def positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number over 0, found {text}")
    return value


def pause(text: str) -> float:
    value = positive(text)
    if value > threading.TIMEOUT_MAX:
        raise argparse.ArgumentTypeError(f"expected up to {threading.TIMEOUT_MAX:.0f} seconds, the longest wait, found "
                                         f"{text}")
    return value


def count(text: str) -> int:
    return _whole(text, 1)


def whole(text: str) -> int:
    return _whole(text, 0)


def _whole(text: str, least: int) -> int:
    # The length is looked at first, for Python reads no number of thousands of digits.
    if not text.isdecimal() or len(text) > len(str(MOST)) or not least <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"expected a whole number from {least} to {MOST}, found {text}")
    return int(text)


def length(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])|0", text)
    if not found or (found[1] and float(found[1]) * LENGTHS[found[2]] < 10):
        raise argparse.ArgumentTypeError(f"expected 10 seconds at least, such as 90s, 10m or 1h, or 0, found {text}")
    return float(found[1]) * LENGTHS[found[2]] if found[1] else 0.0
