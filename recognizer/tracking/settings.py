"""What may be tuned about following digits through a video."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TrackingSettings:
    """Each with its unit; a height is that of the digit itself, unless said otherwise."""

    # Which digit is which, from frame to frame.
    reach: float = 0.9  # how far a digit may stray from where it is expected, in heights
    odd: float = 0.3  # what it counts as, likewise, when it doesn't move along with most, or has another label
    farthest: float = 2.5  # how far a whole sheet may move between two frames, in heights
    alike: float = 0.4  # movements that differ by less count as one, in heights
    most_growth: float = 1.6  # factor by which a height may change between two frames
    at_rest: float = 0.3  # movement between two frames that counts as none, in heights

    # When a track is shown, and with which label.
    appears: int = 2  # frames in which a digit must be seen before it is shown
    coasts: int = 3  # frames for which a digit that was shown is kept though it isn't seen
    coasts_at_most: float = 0.45  # seconds after which it isn't, however few frames they are
    recent: int = 8  # frames that are looked back on, and for which a track that was shown is remembered
    remembered_at_least: float = 0.28  # likewise in seconds
    remembered_at_most: float = 1.5  # likewise
    present: float = 0.6  # share of those in which it must have been seen
    frame: float = 1 / 30  # seconds between two frames for which the figures of this page in frames are meant
    memory: float = 0.9  # what evidence is still worth after so long
    floor: float = 1e-3  # the least probability that a single frame may give to a label
    hysteresis: float = 5.0  # by how much another label's evidence must exceed the present one's, in nats
    certain: float = 0.95  # probability from which on a frame's own label is certain
    agreed: float = 0.095  # seconds for which all frames must be certain of another label, so that it is taken at once
    crops: int = 3  # of the last frames that read a digit, kept to be learnt from
    rearranged: float = 0.1  # movement against another digit from which on numbers are joined anew, in heights

    # When the whole of a frame is looked through.
    soonest: int = 4  # frames after a full detection before which there is no other on account of movement
    soonest_seconds: float = 0.12  # likewise, if these are over sooner
    latest: int = 30  # frames after which there is another in any case
    latest_seconds: float = 1.0  # likewise
    doubts: int = 3  # full detections in a row that must pass over a tracked digit before it is given up

    # Motion.
    samples: int = 200  # along a picture that tell whether it changed
    patch: int = 10  # samples along each patch of it
    changed: int = 8  # tones of 256 by which the mean of a patch must differ
    few: float = 0.01  # share of such patches that a hand's tremor makes

    # Places of tracked digits.
    most_places: int = 12  # that are looked at in one frame; of more, some in turn
    steady_places: int = 4  # of these, those that are looked at in every frame: they tell how the sheet moves
    strayed: float = 0.5  # by how much a digit's box may go on or grow before its ink may be another's, in heights

    # When a number is reported: it stands for some frames and seconds, or for two looks that are far apart.
    stands: int = 5  # frames
    stands_seconds: float = 0.12
    far_apart: float = 0.5  # seconds
    # Seconds between two frames from which on what is certain is shown at once, and how it stood before counts, too.
    slow: float = 0.1
    still: float = 0.06  # how far it may move from one frame to the next, in its heights
    least_still: int = 2  # and in pixels at least
    longest_still: float = 8.0  # times as far it may move where frames are further apart, at most
    drift: float = 4.0  # times as far it may move while it stands
    forget: int = 3  # frames and
    forget_seconds: float = 1.02  # after which one that was reported and isn't seen any more would be reported again
    forget_at_most: float = 3.0  # seconds after which it would be, however few frames they are


SETTINGS = TrackingSettings()
