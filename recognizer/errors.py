"""Every error that leaves the package, with the exit code that the command line gives it.

    RecognizerError
    ├── UsageError        2   a flag or an argument that can't be meant
    │   └── InputError    2   a value from Python of the wrong shape, type or range; a ValueError too
    ├── SourceError       3   camera, file, folder or stream: missing, busy, lost, not decodable
    ├── ModelError        4   the model bundle: missing, wrong hash, wrong shape
    └── OutputError       5   an output that can't be written

A message is one line: what was expected, what was found, what to try; passwords in addresses are masked.
"""

from recognizer.secrets import masked


class RecognizerError(Exception):
    """Base of all errors of this package."""

    exit_code = 1

    def __init__(self, message: str = "") -> None:
        super().__init__(masked(message))


class UsageError(RecognizerError):
    """The call itself makes no sense."""

    exit_code = 2


class InputError(UsageError, ValueError):
    """A value that was handed over has the wrong shape, type or range."""


class SourceError(RecognizerError):
    """A source can't be opened or read."""

    exit_code = 3


class ModelError(RecognizerError):
    """The model bundle is missing, damaged or of another shape."""

    exit_code = 4


class OutputError(RecognizerError):
    """An output can't be written."""

    exit_code = 5
