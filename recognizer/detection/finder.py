"""The door to whatever finds digits: a frame in, scored candidates out.

The rest of the program knows a finder by this alone, so that another one can stand beside it, be compared, and take its
place; `registry` makes them by name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from recognizer.core.clock import Clock
from recognizer.core.frame import Image
from recognizer.detection.candidate import Candidate, ScoredCandidate

M = TypeVar("M")


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

    def memory(self) -> M:
        """What is remembered before the first frame."""
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
