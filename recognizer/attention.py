"""Where to look in the next frame of a video: everywhere, or only where digits were a moment ago."""

from __future__ import annotations

from dataclasses import dataclass

from recognizer.types import Candidate, Digit, Frame, Judged
from recognizer.views import Light

FRAMES, SECONDS = 4, 0.12  # the whole picture is searched once in so many frames, and so often at least


@dataclass(frozen=True)
class Known:
    """A digit that was read in the last frame: how it was found, and the mark before it."""

    candidate: Candidate
    mark: str


class Attention:
    """Of one video. Searching a whole picture costs several times what reading a few known digits does."""

    def __init__(self) -> None:
        self.known: list[Known] = []
        self.light = Light((0, 0), {})
        self.elsewhere: list[Judged] = []  # what the last search found that is no digit
        self._searched = 0, 0.0  # the frame's index and time

    def must_search(self, frame: Frame) -> bool:
        """Whether the whole of a frame has to be searched."""
        index, time = self._searched
        return (frame.size != self.light.size or frame.index - index >= FRAMES
                or not 0 <= frame.time - time < SECONDS)

    def searched(self, frame: Frame, light: Light, judged: list[Judged], digits: list[Digit]) -> None:
        """Take what a search of the whole frame found, and which digits it came to."""
        self._searched, self.light = (frame.index, frame.time), light
        found = {j.candidate.box: j.candidate for j in judged if not j.reason}
        self.known = [Known(found[d.box], d.mark) for d in digits]
        self.elsewhere = [j for j in judged if j.reason]
