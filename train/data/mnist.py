"""The pictures to learn from: MNIST, and things that are no digits."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.errors import SourceError
from train.data.idx import PARTS, find_idx, read_idx
from train.data.labelled import find_labelled, read_labelled

Pictures = NDArray[np.uint8]  # (N, 28, 28), bright ink on black
Labels = NDArray[np.int64]

URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
VALIDATION = 12  # one in so many, at the end of the training set, chooses and calibrates: 5,000 of MNIST's
NO_DIGIT = 10  # the eleventh class
# Characters that are digits too, or that nobody can tell from one without their line.
AMBIGUOUS_SYMBOLS = ("slash", "y", "z")
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
        if strange := sorted({*self.labels.tolist()} - {*range(10)}):
            raise ValueError(f"expected labels from 0 to 9, found {strange[0]}")

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, part: slice) -> Digits:
        return Digits(self.pictures[part], self.labels[part])


@dataclass(frozen=True)
class Mnist:
    """MNIST or digits in its form, and the SHA-256 of what they were read from.

    Who chooses and calibrates on `validation` learns from `train`, who doesn't from `full_train`, which is both.
    """

    full_train: Digits
    test: Digits
    sha256: str

    @property
    def train(self) -> Digits:
        return self.full_train[: -self._held_back]

    @property
    def validation(self) -> Digits:
        return self.full_train[-self._held_back :]

    @property
    def _held_back(self) -> int:
        return -(-len(self.full_train) // VALIDATION)


def load_mnist(source: Path | None = None) -> Mnist:
    """Load MNIST, or other digits in one of the forms that MNIST comes in.

    Args:
        source: an .npz in Keras's format; a folder with the four IDX files; a folder of pictures by label, bright ink
            on black, of which a tenth is held out where there is no `test` beside `train`; None downloads MNIST.

    Raises:
        SourceError: no such file, damaged, or not digits of 28×28 with all ten labels.
    """
    path = source or download()
    if not path.is_dir():
        arrays = load_arrays(path, ("x_train", "y_train", "x_test", "y_test"))
        train, test, files = (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"]), [path]
    elif files := find_idx(path):
        parts = [read_idx(file, dimensions) for file, dimensions in zip(files, PARTS.values(), strict=True)]
        train, test = (parts[0], parts[1]), (parts[2], parts[3])
    elif any((path / name).is_dir() for name in ("train", "test", *"0123456789")):
        for_training, for_testing = find_labelled(path)
        train, test = read_labelled(for_training), read_labelled(for_testing)
        files = for_training + for_testing
    else:
        raise SourceError(f"{path}: expected MNIST's four IDX files or a folder of pictures for each digit, 0 to 9; "
                          "found neither")
    return Mnist(_digits(path, "training", *train), _digits(path, "test", *test), _sha256(files))


def download(url: str = URL, sha256: str = SHA256, cache: Path | None = None) -> Path:
    """MNIST as Keras ships it, downloaded once and kept in `cache`, or where `keras.datasets` keeps it.

    Raises:
        SourceError: it can't be downloaded, or what came isn't what was expected.
    """
    from keras.utils import get_file

    try:
        return Path(get_file("mnist.npz", origin=url, file_hash=sha256, cache_dir=cache and str(cache)))
    except Exception as error:  # Keras raises a bare Exception when the download fails
        raise SourceError(f"{url}: MNIST can't be downloaded ({error}); hand in a copy with --data") from error


def load_not_digits(file: Path) -> list[Pictures]:
    """Load pictures of things that are no digits, those that are digits too left out.

    Args:
        file: an .npz with `symbols` and `letters` (N, 28, 28), their `symbol_names` and `letter_names`.

    Returns:
        One (N, 28, 28) uint8 array a name, bright ink on black.

    Raises:
        SourceError: no such file, or other arrays in it.
    """
    arrays = load_arrays(file, ("symbols", "symbol_names", "letters", "letter_names"))
    return [
        arrays[f"{kind}s"][arrays[f"{kind}_names"] == name]
        for kind, ambiguous in (("symbol", AMBIGUOUS_SYMBOLS), ("letter", AMBIGUOUS_LETTERS))
        for name in sorted({*arrays[f"{kind}_names"].tolist()} - {*ambiguous})
    ]


def load_arrays(file: Path, names: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    """Arrays of an .npz file by their names; SourceError where it can't be read or is another."""
    try:
        with file.open("rb") as content, np.load(content, allow_pickle=False) as archive:
            return {name: archive[name] for name in names}
    except OSError as error:
        raise SourceError(f"{file}: can't be read ({error.strerror or 'damaged'}); expected an .npz file") from error
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise SourceError(f"{file}: expected an .npz with {', '.join(names)}; it is damaged or another") from error


def _digits(path: Path, use: str, pictures: NDArray[Any], labels: NDArray[Any]) -> Digits:
    """A set, checked: of the right form, and with some of each digit."""
    try:
        digits = Digits(pictures, labels.astype(np.int64))
    except ValueError as error:
        raise SourceError(f"{path}, {use} set: {error}") from error
    if missing := sorted({*range(10)} - {*digits.labels.tolist()}):
        raise SourceError(f"{path}, {use} set: expected some of each digit, found no {missing[0]}")
    return digits


def _sha256(files: list[Path]) -> str:
    """Of one file as `sha256sum` prints it, of several of all their bytes in a row."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
