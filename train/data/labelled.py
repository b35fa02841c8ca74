"""Reads a folder of pictures by label: a folder 0 to 9 for each digit, at once or under `train` and `test`."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.errors import SourceError
from recognizer.sources.images.kinds import PICTURES
from recognizer.sources.images.picture import read_picture

SIDE = 28
HELD_OUT = 10  # one in so many of each digit is for testing, where there is no folder of their own
SEED = 0  # which ones, and the order of all


def find_labelled(folder: Path) -> tuple[list[Path], list[Path]]:
    """The pictures for training and for testing, each in a folder of its digit; both empty where there are none.

    Raises:
        SourceError: a digit has no folder, or no picture in it.
    """
    rng = np.random.default_rng(SEED)
    if (folder / "test").is_dir():
        train = [file for files in _by_digit(folder / "train") for file in files]
        test = [file for files in _by_digit(folder / "test") for file in files]
    else:
        train, test = [], []
        for files in _by_digit(folder / "train" if (folder / "train").is_dir() else folder):
            mixed = [files[place] for place in rng.permutation(len(files))]
            held_out = -(-len(files) // HELD_OUT)
            test += mixed[:held_out]
            train += mixed[held_out:]
    # In the order of their labels, the last part of the training set would be 9s alone.
    return [train[place] for place in rng.permutation(len(train))], test


def read_labelled(files: list[Path]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read pictures as (N, 28, 28), 0 to 255 as they are, and their labels (N,) from their folders' names.

    Raises:
        SourceError: one is no picture, or of another size.
    """
    return np.stack([_read(file) for file in files]), np.array([int(file.parent.name) for file in files])


def _by_digit(folder: Path) -> list[list[Path]]:
    found = []
    for digit in range(10):
        place = folder / str(digit)
        files = sorted(file for file in place.glob("*") if file.suffix.lower() in PICTURES)
        if not files:
            raise SourceError(f"{place}: expected pictures of the digit {digit}, found "
                              f"{'none' if place.is_dir() else 'no such folder'}; each digit needs some")
        found.append(files)
    return found


def _read(file: Path) -> NDArray[np.uint8]:
    picture = read_picture(file)
    height, width = picture.shape[:2]
    if (height, width) != (SIDE, SIDE):
        raise SourceError(f"{file}: expected a picture of {SIDE}×{SIDE}, found {width}×{height}")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
