"""Writes the crops of what was read, sorted by label: what was misread can be sorted anew and trained on."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2

from recognizer.classification.classifier import NO_DIGIT
from recognizer.detection.candidate import Reason, ScoredCandidate
from recognizer.errors import OutputError
from recognizer.hand.pictures import FOLDERS
from recognizer.names import as_path, called
from recognizer.reading import Reading


class CropsSink:
    """Writes each crop that the network saw into a folder of its label; a sink.

    Args:
        target: gets the folders 0 to 9, as the training reads them, and `none`; the names of the
            pictures tell source, frame and box.
        flag: the one that asked for it, for errors.

    Raises:
        OutputError: it can't be written.
    """

    def __init__(self, target: str, flag: str = "") -> None:
        self._target, self._called = Path(target), partial(called, flag)
        try:
            for name in FOLDERS:
                (self._target / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self._called(target)}: expected a folder to write to ({error.strerror})") from error

    def write(self, reading: Reading) -> None:
        """Write the crops of one frame, if there was a full detection."""
        if not reading.searched:
            return
        source = re.sub(r"[^\w.-]+", "_", Path(reading.frame.source).name) or "picture"
        for scored in reading.judged:
            folder = _folder(scored)
            if folder:
                box = "-".join(map(str, scored.candidate.box))
                path = self._target / folder / as_path(f"{source}_{reading.frame.index:06d}_{box}.png")
                try:
                    path.write_bytes(cv2.imencode(".png", scored.candidate.crop)[1].tobytes())
                except OSError as error:
                    raise OutputError(f"{self._called(path)}: {error.strerror}; what was written stays") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


def _folder(scored: ScoredCandidate) -> str:
    """Of a digit its label, of what the network refused `none`, of anything else nothing."""
    if scored.reason not in (Reason.NONE, Reason.NO_DIGIT):
        return ""
    return FOLDERS[NO_DIGIT if scored.reason else int(scored.probabilities[:NO_DIGIT].argmax())]
