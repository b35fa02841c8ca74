"""python -m recognizer"""

from recognizer.cli.main import run

if __name__ == "__main__":
    run()
