"""python -m recognizer"""

from recognizer.cli import run

if __name__ == "__main__":
    run()
