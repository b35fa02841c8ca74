"""Loads Keras models that may come from anybody, without running anything that is in them.

A Keras file names the classes and functions that build the network. Some of them run code from the file (Lambda) or
load other files, and in Keras's older `.h5` format its `safe_mode` did not always look. So the names are read first,
and only plain layers are let through.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import keras

from recognizer.errors import ModelError

MEMBERS = {"config.json", "metadata.json", "model.weights.h5"}  # of a .keras file
# Layers that hold code, or open files and programs that the model file names.
UNSAFE = {"Lambda", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "TFSMLayer", "TextVectorization", "StringLookup",
          "IntegerLookup"}
PLAIN = {
    "Sequential", "Functional", "Model", "DTypePolicy", "__tuple__", "__keras_tensor__",
    *(name for space in (keras.layers, keras.initializers, keras.regularizers, keras.constraints)
      for name in dir(space) if isinstance(getattr(space, name), type)),
} - UNSAFE  # fmt: skip


def load_keras(file: Path) -> keras.Model:
    """Load a `.keras` or `.h5` file, uncompiled.

    Raises:
        ModelError: no such file, not Keras's format, damaged, or with more in it than plain layers.
    """
    try:
        config = _h5_config(file) if file.suffix == ".h5" else _keras_config(file)
    except FileNotFoundError as error:
        raise ModelError(f"{file}: no such file; expected a .keras or .h5 model") from error
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ModelError(f"{file}: expected a model in Keras's .keras or .h5 format, found another thing") from error
    if strange := sorted({*_strange(config)}):
        raise ModelError(f"{file}: expected plain Keras layers, found {', '.join(strange)}, which may run code: "
                         "it was not loaded")
    try:
        return keras.models.load_model(file, compile=False, safe_mode=True)
    except Exception as error:  # whatever a damaged file makes of Keras
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"{file}: can't be loaded ({reason}); it is damaged or from another version") from error


def _h5_config(file: Path) -> Any:
    with h5py.File(file, "r") as content:
        return json.loads(content.attrs["model_config"])


def _keras_config(file: Path) -> Any:
    with zipfile.ZipFile(file) as content:
        if strange := {*content.namelist()} - MEMBERS:
            raise ValueError(f"also holds {sorted(strange)}")
        config = json.loads(content.read("config.json"))
    config.pop("compile_config", None)  # optimiser and loss aren't loaded
    return config


def _strange(config: Any) -> Iterator[str]:
    """The names in a configuration that are no plain part of Keras."""
    if isinstance(config, dict):
        name, module = config.get("class_name"), config.get("module")
        if "class_name" in config and str(name) not in PLAIN:
            yield str(name)
        if isinstance(module, str) and module.split(".")[0] != "keras":
            yield module
        for value in config.values():
            yield from _strange(value)
    elif isinstance(config, list):
        for value in config:
            yield from _strange(value)
