"""What to do with the next frame of a video: a full detection, or a look at the places where digits were."""

from __future__ import annotations

from recognizer.core.frame import Frame
from recognizer.detection.candidate import Candidate
from recognizer.tracking.motion import Motion
from recognizer.tracking.places import Turns
from recognizer.tracking.settings import SETTINGS
from recognizer.tracking.tracker import Tracker


class Scheduler:
    """Of one video. A full detection costs several times what reading a few tracked digits does.

    Args:
        tracker: is asked for the digits that are tracked.
    """

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._detected = 0, 0.0  # index and time of the last frame with a full detection
        self._motion = Motion()
        self._restless = False  # it has changed since the last full detection
        self._turns = Turns()

    def needs_detection(self, frame: Frame) -> bool:
        """Whether the whole of a frame has to be looked through: it changed, it just came to rest, or it is time.

        To be asked once a frame.
        """
        sightings = [track.sighting for track in self._tracker.tracked]
        if frame.size != self._tracker.size or not all(one and one.confirmed for one in sightings):
            return True
        frames, seconds = frame.index - self._detected[0], frame.time - self._detected[1]
        if frames <= 0 or seconds < 0 or frames >= SETTINGS.latest or seconds >= SETTINGS.latest_seconds:
            return True
        if frames < SETTINGS.soonest and seconds < SETTINGS.soonest_seconds:
            return False
        before, self._restless = self._restless, self._motion.since(frame.tones)
        return before or self._restless

    def due(self) -> tuple[list[int], list[Candidate]]:
        """Which tracked digits to look for in the next frame, and as what candidates."""
        places = self._turns.next(len(self._tracker.tracked))
        chosen = [self._tracker.tracked[place].sighting for place in places]
        return places, [sighting.candidate for sighting in chosen if sighting]

    def detected(self, frame: Frame) -> None:
        """Take that a frame was looked through."""
        self._detected = frame.index, frame.time
        self._motion.remember(frame.tones)
