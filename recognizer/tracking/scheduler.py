"""Where to look in the next frame of a video: everywhere, or only where digits were a moment ago."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np

from recognizer.core.digits import Digit
from recognizer.core.frame import Frame, Image
from recognizer.core.geometry import Box
from recognizer.detection.by_rules.dismissed import Dismissed
from recognizer.detection.by_rules.select import digits_of
from recognizer.detection.by_rules.views import Light
from recognizer.detection.candidate import BOTH, Candidate, Judged, Polarities

# Frames and seconds after which a picture is searched again: when it has changed, and in any case.
SOON, LATE = (4, 0.12), (30, 1.0)
CALM = 3  # how many times as long light ink isn't looked for beside dark digits in a picture that doesn't change
SAMPLES, PATCH = 200, 10  # samples along a picture that tell whether it changed, and along each patch of it
CHANGED, FEW = 8, 0.01  # tones by which the mean of a patch must differ, and the share of such that hands' tremor makes
LOOKS = 12  # known digits that are looked at in one frame at most; of more, some in turn
ALWAYS = 4  # and these of them in every one: they tell how the sheet moves
DOUBTS = 3  # searches in a row that must pass over a known digit before it is given up


class Known(NamedTuple):
    """A digit that was read a moment ago.

    Attributes:
        judged: as it was last found and read.
        digit: where it is now, with the mark that stands before it.
        settled: it was found in two frames; else the next one is searched, too.
        doubts: searches that passed over it since one found it. To read it again at its place is easier than to find
            it, so what was found by chance would stay for ever.
    """

    judged: Judged
    digit: Digit
    settled: bool = True
    doubts: int = 0

    @property
    def candidate(self) -> Candidate:
        """As it was last found, where it is now."""
        candidate = self.judged.candidate
        return candidate if candidate.box == self.digit.box else candidate._replace(box=self.digit.box)


class Attention:
    """Of one video. Searching a whole picture costs several times what reading a few known digits does.

    Attributes:
        known: digits whose places are looked at in the next frame.
        light: of the last frame that was searched.
        tilt: of its lines, by which digits are turned upright.
        elsewhere: what the last search found that is no digit.
        dismissed: what the last search cut out and refused; the next one passes over it.
    """

    def __init__(self) -> None:
        self.known: list[Known] = []
        self.light = Light((0, 0), {})
        self.tilt = 0.0
        self.elsewhere: list[Judged] = []
        self.dismissed = Dismissed()
        self._searched = 0, 0.0  # the frame's index and time
        self._both = 0, 0.0  # those of the last one that was searched for dark and light ink
        self._stirred = False  # the picture has changed since
        self._patches = np.zeros((0, 0), np.uint8)  # how the last one that was searched looked
        self._restless = False  # it was searched since it had changed
        self._round = 0  # of looking at many digits in turn

    def must_search(self, frame: Frame) -> bool:
        """Whether the whole of a frame has to be searched: it has changed, it has just come to rest, or it is time.

        To be asked once a frame.
        """
        if frame.size != self.light.size or not all(k.settled for k in self.known):
            return True
        index, time = self._searched
        frames, seconds = frame.index - index, frame.time - time
        if frames <= 0 or seconds < 0 or frames >= LATE[0] or seconds >= LATE[1]:
            return True
        if frames < SOON[0] and seconds < SOON[1]:
            return False
        before, self._restless = self._restless, self._changed(frame)
        must = before or self._restless
        self._stirred |= must
        return must

    def polarities(self, frame: Frame) -> Polarities:
        """Of what ink to search a frame for: while all digits are dark, light ink is looked for now and then only."""
        known = {k.candidate.dark for k in self.known}
        (index, time), calm = self._both, 1 if self._stirred else CALM
        late = not 0 < frame.index - index < calm * LATE[0] or not 0 <= frame.time - time < calm * LATE[1]
        return BOTH if late or frame.size != self.light.size or len(known) != 1 else tuple(known)

    def _changed(self, frame: Frame) -> bool:
        return bool((cv2.absdiff(_patches(frame.image), self._patches) > CHANGED).mean() > FEW)

    def searched(
        self, frame: Frame, light: Light, judged: list[Judged], digits: list[Digit], tilt: float = 0.0
    ) -> None:
        """Take what a search of a frame found, which digits it came to, and by what tilt they were turned upright."""
        if self.polarities(frame) == BOTH:
            self._both, self._stirred = (frame.index, frame.time), False
        self.tilt = tilt
        read = {j.candidate.box: j for j in judged if not j.reason}
        before = {id(k): k for k in self.known} if frame.size == self.light.size else {}
        found = []
        for digit in digits:
            same = next((k for k in before.values() if at_one_place(k.digit.box, digit.box)), None)
            before.pop(id(same), None)
            found.append(Known(read[digit.box], digit, settled=same is not None))
        missed = [k._replace(doubts=k.doubts + 1) for k in before.values() if k.settled]  # others aren't shown yet
        self.known = found + [k for k in missed if k.doubts < DOUBTS]
        self._searched, self.light, self._patches = (frame.index, frame.time), light, _patches(frame.image)
        self.elsewhere = [j for j in judged if j.reason]

    def turn(self) -> list[int]:
        """Indices of the known digits to be looked at in the next frame: all, or where they are many, some in turn."""
        everyone = range(len(self.known))
        if len(everyone) <= LOOKS:
            return list(everyone)
        always = everyone[:: -(-len(everyone) // ALWAYS)]
        others = sorted(set(everyone).difference(always))
        rounds = -(-len(others) // (LOOKS - ALWAYS))
        self._round += 1
        return [*always, *others[self._round % rounds :: rounds]]

    def followed(self, turn: list[int], judged: list[list[Judged]]) -> list[Digit] | None:
        """Take what was found at the place of each known digit whose turn it was.

        Returns:
            The digits, with their marks; those whose turn it wasn't are where their neighbours went, and not `seen`.
            None when one is gone that was there in the last frame.
        """
        now: list[Known | None] = list(self.known)
        strayed = False
        for place, there in zip(turn, judged, strict=True):
            before, after = self.known[place], _again(self.known[place], there)
            strayed |= after is not None and _strayed(before.digit.box, after.digit.box)
            now[place] = after
        if strayed:
            for place in _twice([k.digit.box if k else None for k in now]):
                now[place] = None
        if len(turn) < len(now):
            self._carry(now, turn)
        if not all(after or before.doubts for before, after in zip(self.known, now, strict=True)):
            return None
        self.known = [k for k in now if k]
        return [k.digit for k in self.known]

    def _carry(self, now: list[Known | None], turn: list[int]) -> None:
        """Let the digits whose turn it wasn't move as the nearest of those always looked at; out of sight is gone.

        What was itself carried before can't tell: it would hand its error on.
        """
        found = {place: k.digit.box for place in turn if (k := now[place]) and self.known[place].digit.seen}
        if not found:
            return
        boxes = np.array([k.digit.box for k in self.known], np.int32)
        always, others = list(found), sorted(set(range(len(now))).difference(turn))
        moved = np.array(list(found.values()), np.int32)[:, :2] - boxes[always, :2]
        nearest = np.abs(boxes[others, None, :2] - boxes[always, :2]).max(axis=2).argmin(axis=1)
        boxes[others, :2] += moved[nearest]
        for place, box in zip(others, boxes[others].tolist(), strict=True):
            known = self.known[place]
            digit = known.digit.unseen(Box(*box))
            now[place] = known._replace(digit=digit) if digit.box.inside(self.light.size) else None


def _again(known: Known, there: list[Judged]) -> Known | None:
    """A known digit as it was read once more, given what was found at its place."""
    judged = next((j for j in there if not j.reason), None)
    if not judged:
        return None
    (digit,) = digits_of([judged])
    return known._replace(judged=judged, digit=replace(digit, mark=known.digit.mark) if known.digit.mark else digit)


def _strayed(before: Box, now: Box) -> bool:
    """Whether a digit's box went on by more than half of its height, or grew by that: another's ink may be in it."""
    return 2 * sum(abs(side - other) for side, other in zip(before, now, strict=True)) > before.h


def _twice(boxes: list[Box | None]) -> list[int]:
    """Indices of boxes at the place of an earlier one of the list."""
    places = [place for place, box in enumerate(boxes) if box]
    sides = np.array([boxes[place] for place in places], np.int32).reshape(-1, 4)
    start, stop, area = sides[:, :2], sides[:, :2] + sides[:, 2:], sides[:, 2] * sides[:, 3]
    shared = np.minimum(stop[:, None], stop) - np.maximum(start[:, None], start)
    together = 2 * shared[..., 0].clip(0) * shared[..., 1].clip(0) > np.minimum(area[:, None], area)
    return [places[k] for k in np.flatnonzero(np.triu(together, 1).any(axis=0)).tolist()]


def at_one_place(one: Box, other: Box) -> bool:
    return 2 * one.intersection(other) > min(one.area, other.area)


def _patches(image: Image) -> Image:
    """The mean tones of patches of a picture, by a few samples of its green, which has most of its light."""
    step = max(1, -(-max(image.shape[:2]) // SAMPLES))
    few = np.ascontiguousarray(image[::step, ::step] if image.ndim == 2 else image[::step, ::step, 1])
    size = -(-few.shape[1] // PATCH), -(-few.shape[0] // PATCH)
    return np.asarray(cv2.resize(few, size, interpolation=cv2.INTER_AREA), np.uint8)
