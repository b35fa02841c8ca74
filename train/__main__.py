"""Make a digit recognizer's model, or measure one.

    python -m train [camera] …     the model that the program ships
    python -m train evaluate …     the figures of a model
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

from recognizer.errors import OutputError, RecognizerError, UsageError

COMMANDS = ("camera", "evaluate")
INTERRUPTED = 130  # as a shell reports the signal


def main(argv: list[str] | None = None) -> int:
    """Run a command of this package; the exit code. `camera` is the one that needs no name."""
    argv = sys.argv[1:] if argv is None else argv
    name, rest = (argv[0], argv[1:]) if argv and argv[0] in COMMANDS else ("camera", argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        import_module(f"train.{name}").main(rest)
    except RecognizerError as error:
        print(f"train: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"train: {error.filename}: {error.strerror}; nothing was half-written", file=sys.stderr)
        return OutputError.exit_code
    except ImportError as error:
        print(f"train: {error.name} is missing: pip install 'digit-recognizer[train]'", file=sys.stderr)
        return UsageError.exit_code
    except KeyboardInterrupt:
        print("train: stopped; the same command goes on from the last epoch", file=sys.stderr)
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
