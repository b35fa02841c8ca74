"""What scenes are made from: digits, pen strokes, things that are no digits, photographs; and which are held back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.errors import SourceError
from recognizer.sources.images.picture import read_picture
from train.data.hands import MoreDigits, PenDigits, PenStrokes
from train.data.mnist import Digits, load_arrays, load_mnist
from train.data.not_digits import HELD_BACK

Pictures = NDArray[np.uint8]  # (N, 28, 28), bright ink on black
Boxes = NDArray[np.float32]  # (N, 4) x, y, w, h in pixels
PARTS_BY_SOURCE = 3  # one in so many sources of photographs is held back
MORE_DIGITS_WEIGHT = 4  # a photographed digit is drawn so many times as often as one of MNIST's
LONGEST = 1280  # pixels: a photograph's longer side


@dataclass(frozen=True)
class Sources:
    """The files that scenes are made from; all but MNIST may be left out (None).

    Attributes:
        mnist: a local copy of MNIST; None for Keras's own.
        strokes: .npz of pen strokes: points, starts, digit, labels, writers.
        more_digits: .npz of more `pictures` of digits, (N, 28, 28).
        not_digits: .npz of symbols, letters and characters that are no digits.
        scenes: a folder of photographs without digits, with its index.json.
        pictures: labels.json of photographs with digits, an `images` folder beside it.
    """

    mnist: Path | None = None
    strokes: Path | None = None
    more_digits: Path | None = None
    not_digits: Path | None = None
    scenes: Path | None = None
    pictures: Path | None = None


@dataclass(frozen=True)
class Photograph:
    """A photograph: (H, W) uint8 grey, boxes of digits (`found`) and of what doesn't count (`ignore`)."""

    name: str
    kind: str
    grey: NDArray[np.uint8]
    ignore: Boxes
    found: Boxes


@dataclass(frozen=True)
class Material:
    """All that scenes are made from, of one half: what is trained on, or what is held back to measure by.

    Attributes:
        digits: pictures of digits.
        strokes: of each writer, his digits in pen strokes.
        symbols: pictures by the symbol's name.
        letters: pictures of printed letters.
        alphabets: of each alphabet, its characters (N, 105, 105) uint8.
        photographs: without digits, but for what they say to ignore.
        pictures: photographs with their digits boxed.
    """

    digits: Digits
    strokes: tuple[PenDigits, ...] = ()
    symbols: dict[str, Pictures] = field(default_factory=dict)
    letters: Pictures = field(default_factory=lambda: np.zeros((0, 28, 28), np.uint8))
    alphabets: tuple[Pictures, ...] = ()
    photographs: tuple[Photograph, ...] = ()
    pictures: tuple[Photograph, ...] = ()


def held_back(source_repo: str) -> bool:
    """Whether photographs of this source are kept for measuring and never trained on: a third of the sources."""
    digest = hashlib.sha256(source_repo.encode()).digest()
    return int.from_bytes(digest[:8], "big") % PARTS_BY_SOURCE == 0


def load_material(sources: Sources, validation: bool = False) -> Material:
    """Read what scenes are made from; with `validation`, the part of it that is held back.

    Raises:
        SourceError: a file can't be read, or is another.
    """
    mnist = load_mnist(sources.mnist)
    digits = mnist.validation if validation else mnist.train
    if sources.more_digits:
        digits = _with_more(digits, MoreDigits.load(sources.more_digits), validation)
    strokes = _strokes(sources.strokes, validation) if sources.strokes else ()
    photographs = load_photographs(sources.scenes, validation) if sources.scenes else ()
    pictures = _pictures(sources.pictures) if sources.pictures and not validation else ()
    if not sources.not_digits:
        return Material(digits, strokes, photographs=photographs, pictures=pictures)
    arrays = load_arrays(sources.not_digits, (
        "symbols", "symbol_names", "letters", "letter_names", "omniglot", "omniglot_alphabets"))
    symbols, letters = (_learnt(arrays[f"{kind}s"], arrays[f"{kind}_names"]) for kind in ("symbol", "letter"))
    alphabets = arrays["omniglot_alphabets"]
    characters = np.unpackbits(arrays["omniglot"], axis=-1)[..., :105] * np.uint8(255)
    return Material(
        digits, strokes,
        symbols,
        np.concatenate(list(letters.values())),
        tuple(characters[alphabets == name] for name in np.unique(alphabets)),
        photographs, pictures,
    )


def _with_more(digits: Digits, more: MoreDigits, validation: bool) -> Digits:
    """MNIST's digits and, some times each, photographed ones."""
    added = [more.held_back] if validation else [more.train] * MORE_DIGITS_WEIGHT
    every = [digits, *added]
    return Digits(np.concatenate([one.pictures for one in every]), np.concatenate([one.labels for one in every]))


def _learnt(pictures: Pictures, names: NDArray[np.str_]) -> dict[str, Pictures]:
    """Pictures by name, without the end of each, by which the network that reads is judged."""
    kinds = {str(name): pictures[names == name] for name in np.unique(names)}
    return {name: kind[: round((1 - HELD_BACK) * len(kind))] for name, kind in kinds.items()}


def _strokes(file: Path, validation: bool) -> tuple[PenDigits, ...]:
    """Of each writer, his digits."""
    pens = PenStrokes.load(file)
    part = pens.held_back if validation else pens.train
    return tuple(part.of(np.array([writer])) for writer in np.unique(part.writers))


def load_photographs(folder: Path, validation: bool = False) -> tuple[Photograph, ...]:
    """Photographs without digits, those that are trained on or with `validation` those held back; SourceError where
    one can't be read."""
    records = [r for r in _records(folder / "index.json") if held_back(r["source_repo"]) == validation]
    return tuple(_read(folder / r["file"], r.get("kind", ""), r.get("ignore", []), []) for r in records)


def _pictures(labels: Path) -> tuple[Photograph, ...]:
    folder = labels.parent / "images"
    return tuple(
        _read(folder / r["file"], r.get("kind", ""), r.get("ignore", []), [d["box"] for d in r["digits"]])
        for r in _records(labels) if "digits" in r
    )


def _records(file: Path) -> list[dict[str, Any]]:
    try:
        records: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SourceError(f"{file}: can't be read ({error.strerror})") from error
    except ValueError as error:
        raise SourceError(f"{file}: expected a JSON list of pictures, found another form ({error})") from error
    return records


def _read(file: Path, kind: str, ignore: list[list[float]], found: list[list[float]]) -> Photograph:
    picture = read_picture(file)
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    scale = min(1.0, LONGEST / max(grey.shape))
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    boxes = [np.array(some, np.float32).reshape(-1, 4) * np.float32(scale) for some in (ignore, found)]
    return Photograph(file.name, kind, np.asarray(grey, np.uint8), *boxes)
