"""Crops from a folder, sorted by label, as `--crops` writes them and a person has sorted them anew."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.classification.classifier import NO_DIGIT
from recognizer.classification.preprocess import CROP_SIDE
from recognizer.errors import SourceError

FOLDERS = (*map(str, range(NO_DIGIT)), "none")


def labelled_crops(folder: Path) -> dict[int, NDArray[np.uint8]]:
    """The crops of each label, 0 to 10, that has some: (N, 28, 28) uint8, 0 or 255.

    Raises:
        SourceError: there is no such folder, no picture in it, or one is no picture of 28×28.
    """
    files = {label: sorted((folder / name).glob("*.png")) for label, name in enumerate(FOLDERS)}
    if not any(files.values()):
        raise SourceError(f"--crops {folder}: expected pictures (.png) in folders {', '.join(FOLDERS)}, found none")
    return {label: np.stack([_read(file) for file in some]) for label, some in files.items() if some}


def _read(file: Path) -> NDArray[np.uint8]:
    try:
        content = np.fromfile(file, np.uint8)
    except OSError as error:
        raise SourceError(f"{file}: can't be read ({error.strerror})") from error
    picture = cv2.imdecode(content, cv2.IMREAD_GRAYSCALE) if len(content) else None
    if picture is None or picture.shape != (CROP_SIDE, CROP_SIDE):
        found = "another file" if picture is None else f"{picture.shape[1]}×{picture.shape[0]}"
        raise SourceError(f"{file}: expected a picture of {CROP_SIDE}×{CROP_SIDE}, found {found}")
    return np.where(picture > 127, np.uint8(255), np.uint8(0))
