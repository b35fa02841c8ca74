"""Measures a whole process up to its first answer: this program against TensorFlow with Keras.

Ours starts, reads a photograph of 1600×1200, finds and classifies its digits and writes the labelled
picture. The other imports TensorFlow, loads the same network with Keras and predicts one batch of
crops; it has no picture to read or write.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.measure import Cost, alternate, compare, parser, print_table, run_process

PICTURE = "fixtures/pictures/note.jpg"
MOST_TIME, MOST_MEMORY = 1 / 8, 1 / 4  # of what Keras takes
# The weights of a network that was never trained take as long as any others.
MAKE_NETWORK = """
import sys
from train.model.network import build
build().save(sys.argv[1])
"""
PREDICT_ONCE = """
import sys
import numpy
import tensorflow
network = tensorflow.keras.models.load_model(sys.argv[1], compile=False)
assert network.predict(numpy.zeros((16, 28, 28, 1), "float32"), verbose=0).shape == (16, 11)
"""


def main() -> None:
    """Measure both in turn and print the table."""
    args = parser(__doc__, rounds=7).parse_args()
    if importlib.util.find_spec("tensorflow") is None:
        sys.exit("cold_start: TensorFlow, the other side, is missing; install it with: pip install '.[train]'")
    with tempfile.TemporaryDirectory() as folder:
        ours, other = _measure(Path(folder), args.rounds)
    rows = [
        compare("wall time, s", (c.wall for c in ours), (c.wall for c in other), MOST_TIME),
        compare("processor time, s", (c.processor for c in ours), (c.processor for c in other)),
        compare("peak memory, MB", (c.peak for c in ours), (c.peak for c in other), MOST_MEMORY),
    ]
    print_table(rows, "Ours: from start to the first labelled picture. Other: TensorFlow with Keras, from start to "
                      f"one prediction. Medians of {args.rounds} runs in turn (least–most), files cached.")


def _measure(folder: Path, rounds: int) -> tuple[list[Cost], list[Cost]]:
    """What our process and the other took, a value a round."""
    network = str(folder / "network.keras")
    run_process([sys.executable, "-c", MAKE_NETWORK, network])
    ours = partial(run_process, [sys.executable, "-m", "recognizer", "--source", PICTURE, "--no-window",
                                 "--save", str(folder / "labelled.png")], PYTHONDONTWRITEBYTECODE="")
    # Without a GPU in either: waking one up would only make the other slower.
    other = partial(run_process, [sys.executable, "-c", PREDICT_ONCE, network], CUDA_VISIBLE_DEVICES="-1",
                    PYTHONDONTWRITEBYTECODE="")
    alternate(1, ours, other)  # fills the disk's cache and compiles the modules
    first, second = alternate(rounds, ours, other)
    return first, second


if __name__ == "__main__":
    main()
