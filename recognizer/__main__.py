"""python -m recognizer"""

from typing import NoReturn

from recognizer.cli.signals import end_at_once


def run() -> NoReturn:
    """Run the program as a process of its own, and end it."""
    end_at_once()
    from recognizer.cli.main import run as run_program  # takes a while, in which Ctrl-C may come

    run_program()


if __name__ == "__main__":
    run()
