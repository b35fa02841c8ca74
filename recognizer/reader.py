"""What reads pictures and sources: the models, and what the user asks of them."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from numbers import Integral
from pathlib import Path

from recognizer.classification.classifier import Classifier
from recognizer.core.assets import shipped
from recognizer.core.digits import Digit
from recognizer.core.frame import Frame, Image
from recognizer.core.geometry import Region
from recognizer.detection.areas.region_finder import RegionFinder
from recognizer.detection.candidate import digits_again
from recognizer.detection.finder import Finder
from recognizer.errors import InputError, UsageError
from recognizer.hand.hand import Hand
from recognizer.numbers.grouping import read_numbers
from recognizer.numbers.plausible import Plausible, Rules
from recognizer.pipeline import Video, read_photograph
from recognizer.reading import Reading
from recognizer.sources.base import Source, open_source


class Recognizer:
    """Finds and reads handwritten digits.

        >>> from recognizer import Recognizer
        >>> [number.text for number in Recognizer().read(image).numbers]
        ['2026', '731']

    Args:
        model: path of a .tflite file with its .json manifest beside it; by default the shipped one.
        threshold: labels below this probability are not reported, 0 to 1; by default those of what is a digit with
            less than the manifest's, or has a label with less than a half.
        signs: slashes, colons, percent and currency signs are kept in the texts of numbers; else they part them.
        regions: only there is looked; all over the picture where there are none.
        rules: what numbers are expected; what doesn't fit is marked in `Reading.numbers`, and never `steady`.
        finder: path of a finder's .tflite file with its manifest, by default the shipped one.
        hand: the name of a hand, one of the user's own or a new one, that is read with and can be taught.

    Raises:
        ModelError: the bundle is missing, damaged or of another shape; the hand is damaged or another model's, or the
            model can't be taught.
        UsageError: a threshold outside 0 to 1, or a name that no hand can have.
        InputError: a value of another type; it is a UsageError.
    """

    def __init__(
        self, model: str | Path | None = None, threshold: float | None = None, *, signs: bool = False,
        regions: Sequence[Region] = (), rules: Rules | None = None, finder: str | Path | None = None,
        hand: str | None = None,
    ) -> None:
        if threshold is not None and not (isinstance(threshold, (int, float)) and 0 <= threshold <= 1):
            raise UsageError(f"threshold: expected a probability from 0 to 1, found {threshold!r}")
        if hand is not None and not isinstance(hand, str):
            raise InputError(f"hand: expected a name, found {hand!r}")
        regions = _checked(regions)
        classifier = Classifier.load(_file("model", model) or shipped("models/digits.tflite"))
        file = _file("finder", finder) or shipped("models/finder.tflite")
        self._signs = signs
        self._rules = rules or Rules()
        self._finder = RegionFinder(Finder.load(file, classifier, threshold), regions)
        self._classifier = classifier
        self._hand: Hand | None = None
        if hand is not None:
            self.take_up(hand)

    def take_up(self, hand: str) -> None:
        """Read with a hand from now on; where that fails, nothing has changed.

        Raises:
            ModelError: the hand is damaged or another model's, or this model can't be taught.
            UsageError: no hand can have this name.
        """
        self._hand = Hand(hand, self._classifier)

    def teach(self, digit: Digit, label: int | None) -> str:
        """Learn what a digit of a reading is, 0 to 9 or None for no digit; what comes is read with it.

        Returns what was learnt, in a few words.

        Raises:
            InputError: another label, a digit that no reading gave, or the hand is full.
            ModelError: the hand's file was damaged meanwhile.
            OutputError: it can't be written; then nothing is learnt.
            UsageError: there is no hand.
        """
        return self._taught_hand().teach(digit, label)

    def undo(self) -> str:
        """Take the hand's last lesson back, and say so in a few words; errors as in `teach`."""
        return self._taught_hand().undo()

    def _taught_hand(self) -> Hand:
        if self._hand is None:
            raise UsageError("teach: expected a recognizer with a hand, found one without; give it the name of one")
        return self._hand

    @property
    def regions(self) -> tuple[Region, ...]:
        """Where is looked; may be changed while frames are read.

        Raises:
            InputError: set to something else than regions.
        """
        return self._finder.regions

    @regions.setter
    def regions(self, regions: Sequence[Region]) -> None:
        self._finder.regions = _checked(regions)

    def read(self, image: Image) -> Reading:
        """Read one picture, on its own.

        Args:
            image: (H, W, 3) uint8, BGR, or (H, W) or (H, W, 1) uint8, grey; it need not be contiguous.

        Raises:
            InputError: an array of another shape or type; it is a ValueError.
            UsageError: a region that lies outside of the picture.
        """
        return read_photograph(Frame(image), self._finder, self._signs, Plausible(self._rules))

    def read_again(self, reading: Reading) -> Reading:
        """Read a frame anew, with what was learnt since: a photograph as a whole, of a video's frame what was found."""
        plausible = Plausible(self._rules)
        if reading.frame.still:
            return read_photograph(reading.frame, self._finder, self._signs, plausible)
        ordered, numbers = read_numbers(digits_again(reading.digits, self._classifier), self._signs)
        return replace(reading, digits=ordered, numbers=plausible.marked(numbers), steady=())

    def watch(
        self, source: str | int | Path | Source, every: int = 1, rotate: int = 0, flip: str = ""
    ) -> Generator[Reading, None, None]:
        """Read every frame of a source, following the digits from frame to frame in videos.

        Args:
            source: a camera's index, a picture, a video, a folder, a glob, a stream's URL, or an open source.
            every: of each video or camera, read one frame of so many, and pass over the others.
            rotate: turn the pictures clockwise first, by 0, 90, 180 or 270 degrees.
            flip: swap left and right, "h", or up and down, "v", likewise.

        Yields:
            One reading a frame, in order. A camera's stale frames are dropped, a file's never. While a camera
            gives nothing, its frames are `lost` and their readings empty; it is tried again until it is back.

        Raises:
            InputError: a source or `every` of another type.
            SourceError: nothing there, or some files could not be read (after all others were).
            UsageError: `every` is under 1, `rotate` or `flip` is none of these, or a region lies outside of a frame.
        """
        if rotate not in (0, 90, 180, 270) or flip not in ("", "h", "v"):
            raise UsageError(f"expected rotate 0, 90, 180 or 270 and flip h or v, found {rotate} and {flip!r}")
        if not isinstance(every, Integral) or isinstance(every, bool) or every < 1:
            raise InputError(f"every: expected a whole number from 1 on, found {every!r}")
        with source if isinstance(source, Source) else open_source(source) as frames:
            plausible = Plausible(self._rules)
            video = Video("", self._finder, self._signs, plausible)
            for frame in _one_of(frames, every):
                if rotate or flip:
                    frame = frame.turned(rotate, flip)
                if frame.source != video.source:
                    video = Video(frame.source, self._finder, self._signs, plausible)
                if frame.still:
                    yield read_photograph(frame, self._finder, self._signs, plausible)
                elif frame.lost:
                    video.tracker.update([], frame.size, frame.time)
                    yield Reading(frame)
                else:
                    yield video.read(frame, self._classifier.correction)


def _file(what: str, path: str | Path | None) -> Path | None:
    if path is not None and not isinstance(path, (str, Path)):
        raise InputError(f"{what}: expected the path of a .tflite file, found {path!r}")
    return Path(path) if path else None


def _checked(regions: Sequence[Region]) -> tuple[Region, ...]:
    found = tuple(regions) if isinstance(regions, Iterable) else (regions,)
    if not all(isinstance(region, Region) for region in found) or isinstance(regions, Region):
        raise InputError(f"regions: expected a list of Region, such as [Region((0, 0, 100, 50))], found {regions!r}")
    return found


def _one_of(frames: Iterable[Frame], every: int) -> Iterator[Frame]:
    """The first frame of each video, and of so many one more; each picture of a file, for it stands for no others."""
    source, passed = "", 0
    for frame in frames:
        if frame.source != source:
            source, passed = frame.source, 0
        if (frame.still and not frame.live) or passed % every == 0:
            yield frame
        passed += 1
