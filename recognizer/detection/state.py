"""What a finder is asked for, what it gives, and what it remembers from one frame of a video to the next."""

from __future__ import annotations

from dataclasses import dataclass, field

from recognizer.core.frame import Image, Pyramid
from recognizer.detection.areas.still import Still
from recognizer.detection.candidate import ScoredCandidate
from recognizer.detection.network import Maps

LEAST_LABEL = 0.5  # probability of the label of what is surely a digit


@dataclass(frozen=True)
class Limits:
    """What counts as a digit.

    Attributes:
        digit: from this probability on that it is one at all, 0 to 1.
        label: and from this probability of its label on, likewise.
        asked: a user asks for them: they hold in each frame, no share of them suffices.
    """

    digit: float
    label: float
    asked: bool = False

    @classmethod
    def of(cls, asked: float | None, usual: float) -> Limits:
        """Those that a user asks for, for labels alone; by default those that are usual.

        By default a 1 that may be a 7 is surely a digit, and reported as the likelier one.
        """
        return cls(usual, min(LEAST_LABEL, usual)) if asked is None else cls(0.0, asked, asked=True)


@dataclass(frozen=True)
class FinderSettings:
    """How the finder goes about it.

    Attributes:
        least: logit of a centre from which on a place is proposed; -0.85 is a probability of 0.3.
        larger: times as large a small picture is made at most.
        moving: share of the limits that suffices in a video's frame, of which several have to agree, and one has to
            reach the whole limit.
        still: and for what was a digit a moment ago.
        one_place: share of the smaller one from which on two digits stand at one place, and only the likelier is one.
        border: ink that the picture's border cuts is no digit.
        upright: where lines are tilted, crops are turned and read again.
    """

    least: float = -0.85
    larger: float = 2.0
    moving: float = 0.6
    still: float = 0.3
    one_place: float = 0.55
    border: bool = True
    upright: bool = True


@dataclass(frozen=True)
class Found:
    """What a full detection gives.

    Attributes:
        candidates: all that were looked at, in no order; of those that are digits no two stand at one place.
        pyramid: of the picture that they were found in.
    """

    candidates: list[ScoredCandidate]
    pyramid: Pyramid


@dataclass
class Memory:
    """Of one video or photograph.

    Attributes:
        sides: the longer sides of the pictures that the network is shown of a frame, in pixels.
        share: of the limits that suffices in one frame.
        pyramid: of the last frame.
        maps: what the network saw in the last frame that was looked through.
        tilt: of that one's lines, by which digits are turned upright.
        still: what the digits looked like that were followed since.
    """

    sides: tuple[int, ...]
    share: float = 1.0
    pyramid: Pyramid | None = None
    maps: tuple[Maps, ...] = ()
    tilt: float = 0.0
    still: Still = field(default_factory=Still)

    def pyramid_of(self, image: Image) -> Pyramid:
        """That of a picture, whole; made once."""
        if self.pyramid is None or self.pyramid.image is not image or self.pyramid.parts is not None:
            self.pyramid = Pyramid(image)
        return self.pyramid
