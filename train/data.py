"""The pictures to learn from: MNIST, and things that are no digits."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recognizer.errors import SourceError

Pictures = NDArray[np.uint8]  # (N, 28, 28), bright ink on black
Labels = NDArray[np.int64]

VALIDATION = 5_000  # pictures at the end of the training set that choose and calibrate
NO_DIGIT = 10  # the eleventh class
# Characters that are digits too, or that nobody can tell from one without their line.
AMBIGUOUS_SYMBOLS = ("slash", "z")
AMBIGUOUS_LETTERS = ("I",)


@dataclass(frozen=True)
class Digits:
    """Pictures (N, 28, 28) uint8, bright ink on black, with their labels (N,) from 0 to 9."""

    pictures: Pictures
    labels: Labels

    def __post_init__(self) -> None:
        if self.pictures.shape[1:] != (28, 28) or self.pictures.dtype != np.uint8:
            raise ValueError(f"expected (N, 28, 28) of uint8, found {self.pictures.shape} of {self.pictures.dtype}")
        if self.labels.shape != self.pictures.shape[:1]:
            raise ValueError(f"expected a label a picture, found {len(self.labels)} for {len(self.pictures)}")

    def __getitem__(self, part: slice) -> Digits:
        return Digits(self.pictures[part], self.labels[part])


@dataclass(frozen=True)
class Mnist:
    """MNIST, its training set split, and the SHA-256 of the file that it came from."""

    train: Digits
    validation: Digits
    test: Digits
    sha256: str


def load_mnist(file: Path | None = None) -> Mnist:
    """Load MNIST from a local `mnist.npz` or, without one, through `keras.datasets` (a download, cached).

    Raises:
        SourceError: no such file, or not MNIST in Keras's format.
    """
    if file is None:
        from keras.utils import get_file

        url = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
        known = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
        try:
            file = Path(get_file("mnist.npz", origin=url, file_hash=known))
        except Exception as error:  # Keras raises a bare Exception when the download fails
            raise SourceError(f"MNIST can't be downloaded ({error}); hand in a local copy with --data FILE") from error
    arrays = _load(file, ("x_train", "y_train", "x_test", "y_test"))
    try:
        train = Digits(arrays["x_train"], arrays["y_train"].astype(np.int64))
        test = Digits(arrays["x_test"], arrays["y_test"].astype(np.int64))
    except ValueError as error:
        raise SourceError(f"{file}: {error}") from error
    if len(train.labels) <= VALIDATION:
        raise SourceError(f"{file}: expected more than {VALIDATION} training pictures, found {len(train.labels)}")
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    return Mnist(train[:-VALIDATION], train[-VALIDATION:], test, sha256)


def load_not_digits(file: Path) -> list[Pictures]:
    """Load pictures of things that are no digits, those that are digits too left out.

    Args:
        file: an .npz with `symbols` and `letters` (N, 28, 28), their `symbol_names` and `letter_names`.

    Returns:
        One (N, 28, 28) uint8 array a kind, bright ink on black.

    Raises:
        SourceError: no such file, or other arrays in it.
    """
    arrays = _load(file, ("symbols", "symbol_names", "letters", "letter_names"))
    symbols = arrays["symbols"][~np.isin(arrays["symbol_names"], AMBIGUOUS_SYMBOLS)]
    letters = arrays["letters"][~np.isin(arrays["letter_names"], AMBIGUOUS_LETTERS)]
    return [symbols, letters]


def _load(file: Path, names: tuple[str, ...]) -> dict[str, NDArray]:
    try:
        with file.open("rb") as content, np.load(content, allow_pickle=False) as archive:
            return {name: archive[name] for name in names}
    except OSError as error:
        raise SourceError(f"{file}: can't be read ({error.strerror or 'damaged'}); expected an .npz file") from error
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise SourceError(f"{file}: expected an .npz with {', '.join(names)}; it is damaged or another") from error
