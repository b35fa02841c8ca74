"""The door to whatever finds digits: a frame in, scored candidates out.

The rest of the program knows a finder by this alone, so that another one can be compared with it, and take its place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from recognizer.core.clock import Clock
from recognizer.core.frame import Image
from recognizer.detection.candidate import Candidate, ScoredCandidate

LEAST_LABEL = 0.5  # probability of the label of what is surely a digit
M = TypeVar("M")


@dataclass(frozen=True)
class Limits:
    """What counts as a digit.

    Attributes:
        digit: from this probability on that it is one at all, 0 to 1.
        label: and from this probability of its label on, likewise.
    """

    digit: float
    label: float

    @classmethod
    def of(cls, asked: float | None, usual: float) -> Limits:
        """Those that a user asks for, for labels alone; by default those that are usual.

        By default a 1 that may be a 7 is surely a digit, and reported as the likelier one.
        """
        return cls(usual, min(LEAST_LABEL, usual)) if asked is None else cls(0.0, asked)


@dataclass(frozen=True)
class Found:
    """What a full detection gives.

    Attributes:
        candidates: all that were looked at, in no order; of those that are digits no two stand at one place.
        thorough: everything was looked for; False where something was left out that seldom comes.
        grey: (H, W) uint8, the picture in grey, where the finder has made it at full size.
    """

    candidates: list[ScoredCandidate]
    thorough: bool = True
    grey: Image | None = None


class Finder(Protocol[M]):
    """Finds digits in pictures.

    What it remembers from one frame of a video to the next is its own affair: `memory` makes an empty one for each
    video or photograph, which is handed in again with each frame. `clock` takes the stages "find", "classify" and
    "select".
    """

    def memory(self, moving: bool) -> M:
        """What is remembered before the first frame, of a video or of a photograph."""
        ...

    def find(self, image: Image, memory: M, clock: Clock, known: Sequence[Candidate] = ()) -> Found:
        """Look through a whole frame.

        Args:
            image: (H, W, 3) uint8, BGR, or (H, W) uint8, grey.
            memory: of the frames before; is brought up to date.
            clock: takes the time.
            known: the digits of a moment ago, in a scene that was looked through thoroughly a short while ago: who
                knows them may leave out what is unlikely to have come since.
        """
        ...

    def follow(
        self, image: Image, known: Sequence[Candidate], memory: M, clock: Clock
    ) -> list[list[ScoredCandidate]]:
        """Look only where digits were a moment ago.

        Args:
            image: of the size of the last frame that was looked through.
            known: candidates that the finder gave, each with its box where the digit is expected.
            memory, clock: as above.

        Returns:
            What is at the place of each known one; one without a reason at most.
        """
        ...

    def seen(self, memory: M) -> Callable[[], Image]:
        """What draws the last frame as the finder looked at it, for the debug view: (h, w) or (h, w, 3) uint8."""
        ...
