"""Crops with the labels that a user gave them, and their file."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.classification.classifier import NO_DIGIT
from recognizer.classification.preprocess import CROP_SIDE
from recognizer.core.writing import replacing
from recognizer.errors import InputError, ModelError

MOST = 2000  # examples of a hand
MOST_BYTES = 1_000_000  # of its file, packed or not
PACKED = CROP_SIDE * CROP_SIDE // 8  # bytes of a crop, a bit a pixel
MOST_TOLD = 200  # characters of what is told about a damage
SHA256_BYTES = 32
ARRAYS = ("crops", "labels", "lessons", "model")


@dataclass(frozen=True, eq=False)
class Examples:
    """N crops with their labels, of one model's hand.

    Attributes:
        model: SHA-256 of the model's file, 64 hexadecimal digits.
        crops: (N, 28, 28) uint8, 0 or 255.
        labels: (N,) uint8, 0 to 9, or 10 for "no digit".
        lessons: (N,) uint32, never falling; the crops of one digit that were taught together share a number. They
            are numbered anew, from 0 on, so that there is always a next one.
    """

    model: str
    crops: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, CROP_SIDE, CROP_SIDE), np.uint8))
    labels: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    lessons: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))

    def __post_init__(self) -> None:
        count = len(self.labels)
        if self.crops.shape != (count, CROP_SIDE, CROP_SIDE) or self.crops.dtype != np.uint8:
            raise InputError(f"expected {count} crops (N, 28, 28) of uint8, found {self.crops.shape} of "
                             f"{self.crops.dtype}")
        if count and (int(self.labels.max()) > NO_DIGIT or int(self.labels.min()) < 0):
            raise InputError(f"expected labels 0 to {NO_DIGIT}, found {self.labels.min()} to {self.labels.max()}")
        if self.lessons.shape != (count,) or (np.diff(self.lessons.astype(np.int64)) < 0).any():
            raise InputError(f"expected {count} numbers of lessons in their order")
        if count > MOST:
            raise InputError(f"expected up to {MOST} examples, found {count}")
        numbered = np.unique(self.lessons, return_inverse=True)[1].astype(np.uint32)
        object.__setattr__(self, "lessons", numbered)

    def __len__(self) -> int:
        return len(self.labels)

    def taught(self, crops: NDArray[np.uint8], label: int) -> Examples:
        """With one lesson more: crops (K, 28, 28) of one digit, and its label, 0 to 10.

        Raises:
            InputError: they aren't that, or there would be too many.
        """
        lesson = int(self.lessons[-1]) + 1 if len(self) else 0
        if not 0 <= label <= NO_DIGIT:
            raise InputError(f"expected a label from 0 to {NO_DIGIT}, found {label}")
        return self._joined(crops, np.full(len(crops), label, np.uint8), np.full(len(crops), lesson, np.uint32))

    def _joined(
        self, crops: NDArray[np.uint8], labels: NDArray[np.uint8], lessons: NDArray[np.uint32]
    ) -> Examples:
        """With more examples behind these."""
        return Examples(self.model, np.concatenate([self.crops, crops]), np.concatenate([self.labels, labels]),
                        np.concatenate([self.lessons, lessons]))

    def with_lessons_of(self, other: Examples) -> Examples:
        """With the lessons of another hand behind these."""
        first = int(self.lessons[-1]) + 1 if len(self) else 0
        return self._joined(other.crops, other.labels, other.lessons + np.uint32(first))

    def without_last(self) -> Examples:
        """Without the last lesson; the same where there is none."""
        kept = self.lessons != self.lessons[-1] if len(self) else slice(0)
        return Examples(self.model, self.crops[kept], self.labels[kept], self.lessons[kept])

    def save(self, file: Path) -> None:
        """Write the file whole or not at all; OutputError where it can't be written."""
        with replacing(file) as [beside]:
            np.savez_compressed(beside, crops=packed(self.crops),
                                labels=self.labels, lessons=self.lessons,
                                model=np.frombuffer(bytes.fromhex(self.model), np.uint8))

    @classmethod
    def load(cls, file: Path) -> Examples:
        """Read a hand's file; nothing in it is run.

        Raises:
            ModelError: it can't be read, is none, or is too large.
        """
        try:
            arrays = _arrays(file)
            crops = arrays["crops"]
            if crops.dtype != np.uint8 or crops.shape[1:] != (PACKED,):
                raise InputError(f"crops {crops.shape} of {crops.dtype}")
            if arrays["model"].shape != (SHA256_BYTES,):
                raise InputError("no hash of a model")
            labels, lessons = arrays["labels"], arrays["lessons"]
            if labels.dtype != np.uint8 or labels.ndim != 1 or lessons.dtype != np.uint32:
                raise InputError(f"labels of {labels.dtype} and lessons of {lessons.dtype}")
            return cls(arrays["model"].astype(np.uint8).tobytes().hex(), unpacked(crops), labels, lessons)
        except OSError as error:
            raise ModelError(f"hand {file}: can't be read ({error.strerror or 'damaged'})") from error
        except Exception as error:  # of a damaged file zipfile, zlib and NumPy raise errors of many kinds
            told = " ".join(str(error).split())[:MOST_TOLD]
            raise ModelError(f"hand {file}: expected the file of a hand, found another or a damaged one ({told}); "
                             "remove it or give another --hand") from error


def packed(crops: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Crops (N, 28, 28), 0 or 255, as (N, 98) uint8, a bit a pixel."""
    return np.packbits(crops.reshape(len(crops), CROP_SIDE * CROP_SIDE) > 0, axis=1)


def unpacked(packed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Likewise back."""
    return np.unpackbits(packed, axis=1).reshape(-1, CROP_SIDE, CROP_SIDE) * np.uint8(255)


def _arrays(file: Path) -> dict[str, NDArray[Any]]:
    """The arrays of an .npz file, once it is known that they aren't large."""
    with zipfile.ZipFile(file) as archive:
        sizes = [file.stat().st_size, sum(member.file_size for member in archive.infolist())]
    if max(sizes) > MOST_BYTES:
        raise InputError(f"expected up to {MOST_BYTES // 1000} kB, found {max(sizes) // 1000}")
    with np.load(file, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in ARRAYS}
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):
            raise InputError(f"{name} is no array")
    return arrays
