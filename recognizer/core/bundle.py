"""A model bundle: a LiteRT file and the manifest that vouches for it."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from recognizer.core.stderr import captured_stderr
from recognizer.core.writing import replacing
from recognizer.errors import ModelError

if TYPE_CHECKING:
    from dataclasses import Field

MOST_BYTES = 100_000_000  # of either file
CHUNK = 1 << 20  # bytes that are read at a time, since memory is taken before it is known whether so many come


class Manifest(Protocol):
    """A dataclass that is stored as JSON beside its model.

    Attributes:
        sha256: of the model file, checked before the file is parsed.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def sha256(self) -> str: ...


M = TypeVar("M", bound=Manifest)


def manifest_path(model: Path) -> Path:
    return model.with_suffix(".json")


def load_bundle(model: Path, kind: type[M]) -> tuple[bytes, M]:
    """Read a model and its manifest, and check the one against the other.

    Args:
        model: path of the .tflite file; the manifest is the .json of the same name beside it.
        kind: class of the manifest; raises ValueError for what isn't one.

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
        manifest = kind(**json.loads(text))
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


def interpreter_of(content: bytes, name: str) -> Any:
    """A LiteRT interpreter of a model file, on one thread; not to be used from two threads at once.

    Raises:
        ModelError: the runtime can't read it, or there is none for this machine.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise ModelError(
            f"expected the runtime ai-edge-litert, found none ({error}); 'pip install ai-edge-litert' brings it on "
            "64-bit Linux, Windows and Macs with Apple silicon; for others (Intel Macs, 32-bit ARM) there is none; "
            f"this is {platform.system()} on {platform.machine()}"
        ) from error
    try:
        interpreter = Interpreter(model_content=content, num_threads=1)
        with captured_stderr():  # the runtime announces its delegate there, and has no setting for that
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ModelError(f"model {name}: the runtime can't read it ({error})") from error
    return interpreter
