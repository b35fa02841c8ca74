"""Reads handwritten digits from cameras, videos and photographs.

>>> from recognizer import Recognizer
>>> for reading in Recognizer().watch("clip.mp4"):
...     print(reading.numbers, reading.digits)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recognizer.core.digits import Digit, Number
    from recognizer.core.frame import Frame
    from recognizer.core.geometry import Box, Region
    from recognizer.errors import InputError, ModelError, OutputError, RecognizerError, SourceError, UsageError
    from recognizer.numbers.plausible import Rules
    from recognizer.reader import Recognizer
    from recognizer.reading import Reading

__version__ = "0.1.0"
__all__ = [
    "Box",
    "Digit",
    "Frame",
    "InputError",
    "ModelError",
    "Number",
    "OutputError",
    "Reading",
    "Recognizer",
    "RecognizerError",
    "Region",
    "Rules",
    "SourceError",
    "UsageError",
    "__version__",
]
_ROOMS = {
    "Box": "core.geometry",
    "Digit": "core.digits",
    "Frame": "core.frame",
    "Number": "core.digits",
    "Reading": "reading",
    "Recognizer": "reader",
    "Region": "core.geometry",
    "Rules": "numbers.plausible",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used, so that `--help` and a missing library's message come at once."""
    if name not in __all__:
        raise AttributeError(f"module 'recognizer' has no attribute {name!r}")
    return getattr(import_module(f"recognizer.{_ROOMS.get(name, 'errors')}"), name)
