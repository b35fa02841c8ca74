"""The model bundle: a LiteRT file and the manifest that vouches for it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from recognizer.core.replace import replacing
from recognizer.errors import InputError, ModelError

CLASSES = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "no digit")
INPUT_SHAPE = (28, 28, 1)
MOST_BYTES = 100_000_000  # of either file
CHUNK = 1 << 20  # bytes that are read at a time, since memory is taken before it is known whether so many come


@dataclass(frozen=True)
class Manifest:
    """What `digits.json` says of the `digits.tflite` beside it.

    Attributes:
        sha256: of the model file, checked before the file is parsed.
        classes: a name for each output, in their order; the last is "no digit".
        input_shape: of one crop, height, width, channels.
        input_range: the values of paper and of ink.
        threshold: a digit is reported from this probability of being one on, 0 to 1.
        temperature: 0.01 to 100; the logits are divided by it before the softmax (Guo et al. 2017, arXiv:1706.04599).
        made: command, recipe, data, seed and versions.
        figures: measured when it was made.
    """

    sha256: str
    threshold: float
    temperature: float
    classes: tuple[str, ...] = CLASSES
    input_shape: tuple[int, ...] = INPUT_SHAPE
    input_range: tuple[float, float] = (0.0, 1.0)
    made: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not re.fullmatch("[0-9a-f]{64}", str(self.sha256)):
            raise InputError(f"expected a sha256 of 64 hexadecimal digits, found {self.sha256!r}")
        if tuple(self.classes) != CLASSES or tuple(self.input_shape) != INPUT_SHAPE:
            raise InputError(f"expected the classes {', '.join(CLASSES)} and crops of {INPUT_SHAPE}")
        if not (0 <= self.threshold <= 1 and 0.01 <= self.temperature <= 100):
            raise InputError(f"expected a threshold 0-1 and a temperature 0.01-100, found "
                             f"{self.threshold} and {self.temperature}")


def manifest_path(model: Path) -> Path:
    return model.with_suffix(".json")


def load_bundle(model: Path) -> tuple[bytes, Manifest]:
    """Read a model and its manifest, and check the one against the other.

    Args:
        model: path of the .tflite file; the manifest is the .json of the same name beside it.

    Raises:
        ModelError: one of them is missing, the manifest isn't one, or the model's hash is another.
    """
    try:
        content, text = _read(model), _read(manifest_path(model)).decode()
    except OSError as error:
        raise ModelError(
            f"model {error.filename or model}: {error.strerror}; expected a .tflite file with its .json manifest beside"
            " it; give another --model, or install the program anew"
        ) from error
    except UnicodeDecodeError as error:
        raise ModelError(f"model manifest {manifest_path(model)}: expected JSON in UTF-8, found other bytes") from error
    try:
        manifest = Manifest(**json.loads(text))
    except (TypeError, ValueError, RecursionError) as error:
        raise ModelError(f"model manifest {manifest_path(model)}: not a manifest of this program ({error})") from error
    found = hashlib.sha256(content).hexdigest()
    if found != manifest.sha256:
        raise ModelError(
            f"model {model}: expected sha256 {manifest.sha256[:12]}…, found {found[:12]}…: it is damaged or isn't the"
            " one that its manifest describes; restore both files, or install the program anew"
        )
    return content, manifest


def _read(path: Path) -> bytes:
    content = bytearray()
    with path.open("rb") as file:
        while len(content) <= MOST_BYTES and (chunk := file.read(CHUNK)):
            content += chunk
    if len(content) > MOST_BYTES:
        raise ModelError(f"model {path}: expected a file of up to {MOST_BYTES // 1_000_000} MB, found a larger one")
    return bytes(content)


def save_bundle(model: Path, content: bytes, manifest: Manifest) -> None:
    """Write both files whole.

    Raises:
        OutputError: they can't be written; what stood there before still does.
    """
    with replacing(model, manifest_path(model)) as [new_model, new_manifest]:
        new_model.write_bytes(content)
        new_manifest.write_text(json.dumps(asdict(manifest), indent=2) + "\n", encoding="utf-8")
