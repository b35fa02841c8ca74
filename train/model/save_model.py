"""Saves Keras models in both of Keras's formats."""

from __future__ import annotations

import io
from pathlib import Path

import h5py
import keras
from keras.src.legacy.saving.legacy_h5_format import save_model_to_hdf5


def save_keras(model: keras.Model, file: Path) -> None:
    """Write a `.keras` or `.h5` file.

    On a full disk HDF5 can bring the whole process down when it closes its file, so `.h5` is made in memory and written
    at once; `model.save` takes a path only, the function behind it an open file too.

    Raises:
        OSError: the file can't be written.
    """
    if file.suffix != ".h5":
        model.save(file)
        return
    memory = io.BytesIO()
    with h5py.File(memory, "w") as content:
        save_model_to_hdf5(model, content)
    file.write_bytes(memory.getvalue())
