"""Make a digit recognizer's model, learn how that is done, or measure a model.

    python -m train [camera] …     the network that reads digits
    python -m train article …      the well-known Keras tutorial, step by step
    python -m train finder …       the network that finds digits
    python -m train evaluate …     the figures of a model
    python -m train hand-sample …  the crops by which a user's hand unlearns nothing
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

from recognizer.errors import OutputError, RecognizerError, UsageError

COMMANDS = {"camera": "recipe", "article": "article", "finder": "finder.command", "evaluate": "evaluation.command",
            "hand-sample": "hand.sample"}
INTERRUPTED = 130  # as a shell reports the signal


def main(argv: list[str] | None = None) -> int:
    """Run a command of this package; the exit code. `camera` is the one that needs no name."""
    argv = sys.argv[1:] if argv is None else argv
    name, rest = (argv[0], argv[1:]) if argv and argv[0] in COMMANDS else ("camera", argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

    try:
        import_module(f"train.{COMMANDS[name]}").main(rest)
    except RecognizerError as error:
        return _end(str(error), error.exit_code)
    except ModuleNotFoundError as error:
        return _end(f"{error.name} is missing: in the project's folder, pip install '.[train]'", UsageError.exit_code)
    except OSError as error:
        return _end(f"{error.filename}: {error.strerror}; nothing was half-written", OutputError.exit_code)
    except KeyboardInterrupt:
        return _end("stopped; what was finished is kept, and the same command goes on from there", INTERRUPTED)
    return 0


def _end(message: str, exit_code: int) -> int:
    print(f"train: {message}", file=sys.stderr)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
