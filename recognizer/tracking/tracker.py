"""The one place that knows which digit is which from frame to frame; scheduler, numbers and stability ask it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recognizer.core.digits import Digit
from recognizer.core.geometry import at_one_place
from recognizer.detection.candidate import ScoredCandidate, digits_of
from recognizer.tracking.association import associate
from recognizer.tracking.pace import Pace
from recognizer.tracking.places import carried, doubled, strayed
from recognizer.tracking.settings import SETTINGS
from recognizer.tracking.track import Sighting, Track


class Tracker:
    """Digits of the frames of one video or camera, in order.

    Args:
        sure_once: probability of being a digit that each must have had in one frame, so that it is shown, 0 to 1.

    Attributes:
        tracked: those that can be looked for at their places in the next frame; each has its `sighting`.
        size: of the last frame that was looked through, width and height in pixels.
        arrangement: counts how often the digits that are shown became others, moved against each other or got other
            marks, so that their numbers are to be joined anew.
    """

    def __init__(self, sure_once: float = 0.0) -> None:
        self._sure_once = sure_once
        self.tracked: list[Track] = []
        self.size = 0, 0
        self.arrangement = 0
        self._tracks: list[Track] = []
        self._last: list[Track] = []  # those of the last frame's digits
        self._next = 1
        self._arranged: list[tuple[int | None, str, str]] = []  # ids and marks of those whose numbers were last joined
        self._boxes = np.zeros((0, 4))  # and where they were then
        self._pace = Pace()

    def update(self, digits: list[Digit], size: tuple[int, int], time: float | None = None) -> list[Digit]:
        """Take the digits of the next frame and give those to show, labels smoothed over time.

        A digit is shown from its second frame on, where frames are far apart and it is certain from its first, and for
        three frames after it was last seen, as far as these are less than half a second.

        Args:
            digits: as read in this frame alone; those that aren't `seen` are there, but weren't read.
            size: of the frame, width and height; what moves out of it isn't shown.
            time: of the frame in its source, in seconds; by default a frame's length after the one before.

        Returns:
            Digits with their `track`; label, confidence and mark come from all frames of the track.
        """
        if not self._rest(digits):
            pairs = {new: self._tracks[old] for old, new in associate([t.digit for t in self._tracks], digits).items()}
            self._last = [pairs.get(place) or self._begin(digit) for place, digit in enumerate(digits)]
        return self._seen(digits, size, time)

    def doubt(self) -> None:
        """What the network says has changed: the next frame alone decides what the digits are."""
        for track in self._tracks:
            track.doubt()

    def stood(self, ids: tuple[int | None, ...]) -> tuple[int, float]:
        """In how many frames the digits of these ids have all had their labels at their places, and for how long."""
        stood = [track.stood for track in self._tracks if track.id in ids]
        return min((frames for frames, _ in stood), default=0), min((seconds for _, seconds in stood), default=0.0)

    def detected(
        self, digits: list[Digit], found: list[ScoredCandidate], size: tuple[int, int], time: float | None = None
    ) -> list[Digit]:
        """Likewise, for a frame that was looked through; its digits can be looked for at their places in the next one.

        Args:
            digits: of this frame, with their marks.
            found: the candidates, among them those that are the digits.
            size, time: as above.
        """
        before = {track: track.sighting for track in self.tracked if track.sighting} if size == self.size else {}
        for track in self.tracked:
            track.sighting = None
        self.size = size
        shown = self.update(digits, size, time)
        read = {one.candidate.box: one for one in found if not one.reason}
        for track, digit in zip(self._last, digits, strict=True):
            places = [other for other, sighting in before.items() if at_one_place(sighting.digit.box, digit.box)]
            track.sighting = Sighting(read[digit.box], digit, confirmed=bool(places))
            for place in places[:1]:
                del before[place]
        # Those that were never confirmed aren't shown yet.
        missed = [(track, sighting) for track, sighting in before.items() if sighting.confirmed and not track.sighting]
        for track, sighting in missed:
            if sighting.doubts + 1 < SETTINGS.doubts:
                track.sighting = replace(sighting, doubts=sighting.doubts + 1)
        self.tracked = self._last + [track for track, _ in missed if track.sighting]
        return shown

    def followed(
        self, places: list[int], found: list[list[ScoredCandidate]], size: tuple[int, int], time: float | None = None
    ) -> list[Digit] | None:
        """Likewise, for a frame in which digits were looked for at their places only.

        Args:
            places: indices of the tracked digits that were looked for.
            found: what is at the place of each of these.
            size, time: as above.

        Returns:
            The digits to show; those that weren't looked for are where their neighbours went, and not `seen`. None,
            and nothing has changed, when one is gone that was there in the last frame.
        """
        before = [track.sighting for track in self.tracked if track.sighting]
        now: list[Sighting | None] = list(before)
        moved = False
        for place, there in zip(places, found, strict=True):
            after = now[place] = _again(before[place], there)
            moved |= after is not None and strayed(before[place].digit.box, after.digit.box)
        if moved:
            for place in doubled([one.digit.box if one else None for one in now]):
                now[place] = None
        if len(places) < len(now):
            self._carry(before, now, places)
        if not all(after or earlier.doubts for earlier, after in zip(before, now, strict=True)):
            return None
        for track, sighting in zip(self.tracked, now, strict=True):
            track.sighting = sighting
        self.tracked = self._last = [track for track in self.tracked if track.sighting]
        return self._seen([sighting.digit for sighting in now if sighting], size, time)

    def _carry(self, before: list[Sighting], now: list[Sighting | None], places: list[int]) -> None:
        """Let the digits that weren't looked for move as the nearest of those that were; out of sight is gone.

        What was itself carried before can't tell: it would hand its error on.
        """
        anchors = {place: one.digit.box for place in places if (one := now[place]) and before[place].digit.seen}
        for place, box in carried([one.digit.box for one in before], anchors, places).items():
            digit = before[place].digit.unseen(box)
            now[place] = replace(before[place], digit=digit) if box.inside(self.size) else None

    def _seen(self, digits: list[Digit], size: tuple[int, int], time: float | None) -> list[Digit]:
        """Give the digits of a frame to their tracks; those to show."""
        passed = self._pace.passed(time)
        for track, digit in zip(self._last, digits, strict=True):
            track.see(digit, passed)
        for track in set(self._tracks).difference(self._last):
            track.miss(passed)
        known = set(self._tracks)
        self._tracks = [t for t in self._tracks if not t.lost] + [t for t in self._last if t not in known]
        self.tracked = [t for t in self.tracked if not t.lost]
        shown = [t.digit for t in self._tracks if t.present and t.digit.box.inside(size)]
        self._arrange(shown)
        return shown

    def _rest(self, digits: list[Digit]) -> bool:
        """Whether these are the last frame's digits in the same order, hardly moved: most frames of a video are so."""
        return len(digits) == len(self._last) and all(
            digit.label == track.digit.label and abs(digit.box.x - track.digit.box.x)
            + abs(digit.box.y - track.digit.box.y) <= SETTINGS.at_rest * digit.box.h
            for digit, track in zip(digits, self._last, strict=True))

    def _begin(self, digit: Digit) -> Track:
        self._tracks.append(Track(self._next, replace(digit, track=self._next), sure_once=self._sure_once))
        self._next += 1
        return self._tracks[-1]

    def _arrange(self, shown: list[Digit]) -> None:
        """Count it when the digits' numbers are to be joined anew."""
        arranged = [(digit.track, digit.mark, digit.after) for digit in shown]
        boxes = np.array([digit.box for digit in shown], np.float64).reshape(-1, 4)
        if arranged == self._arranged:
            moved = boxes - self._boxes
            moved[:, :2] -= moved[:1, :2]
            if (np.abs(moved).max(axis=1) <= SETTINGS.rearranged * self._boxes[:, 3]).all():
                return
        self._arranged, self._boxes = arranged, boxes
        self.arrangement += 1


def _again(known: Sighting, there: list[ScoredCandidate]) -> Sighting | None:
    """A tracked digit as it was read once more, given what was found at its place."""
    scored = next((one for one in there if not one.reason), None)
    if not scored:
        return None
    (digit,) = digits_of([scored])
    if known.digit.mark or known.digit.after:
        digit = replace(digit, mark=known.digit.mark, after=known.digit.after)
    return replace(known, scored=scored, digit=digit)
