"""The finder: a network proposes where digits stand, their ink is cut out there, and both networks judge it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recognizer.classification.classifier import NO_DIGIT, Classifier, softmax
from recognizer.classification.preprocess import CROP_SIDE, normalise
from recognizer.core.bundle import load_bundle
from recognizer.core.clock import Clock
from recognizer.core.frame import Image, Pyramid
from recognizer.core.geometry import Box
from recognizer.detection.candidate import Candidate, Reason, ScoredCandidate, digits_of
from recognizer.detection.evidence import OF_PLACE, of_crops, of_places
from recognizer.detection.ink import Ink, cut_again, cut_ink
from recognizer.detection.manifest import FinderManifest
from recognizer.detection.network import Floats, Network, tinted
from recognizer.detection.proposals import distinct, propose
from recognizer.detection.state import FinderSettings, Found, Limits, Memory
from recognizer.detection.tiles import FIT, Tiles
from recognizer.errors import InputError
from recognizer.numbers.deskew import tilt_of, upright

SETTINGS = FinderSettings()


class Finder:
    """Finds digits by a network.

    Args:
        network: tells where digits stand.
        manifest: that of its file.
        classifier: reads the crops.
        limits: what counts as a digit.
        settings: how it goes about it.
    """

    def __init__(
        self, network: Network, manifest: FinderManifest, classifier: Classifier, limits: Limits,
        settings: FinderSettings = SETTINGS,
    ) -> None:
        self._network, self._manifest, self._classifier = network, manifest, classifier
        self._limits, self._settings = limits, settings

    @classmethod
    def load(cls, model: Path, classifier: Classifier, threshold: float | None = None) -> Finder:
        """The finder of a .tflite file, its manifest beside it and its hash checked.

        Args:
            model: path of the file.
            classifier: reads the crops.
            threshold: labels from this probability on are reported, 0 to 1; by default what the manifest says.

        Raises:
            ModelError: it is missing, damaged or of another shape.
        """
        content, manifest = load_bundle(model, FinderManifest)
        return cls(Network(content, str(model)), manifest, classifier, Limits.of(threshold, manifest.threshold))

    def memory(self, moving: bool) -> Memory:
        """What is remembered before the first frame, of a video or of a photograph."""
        manifest = self._manifest
        return Memory(manifest.video_sides, self._settings.moving) if moving else Memory(manifest.sides)

    @property
    def sure_once(self) -> float:
        """How likely a digit must be one in at least one frame of a video, 0 to 1."""
        return self._limits.digit

    def find(self, image: Image, memory: Memory, clock: Clock) -> Found:
        """Look through a whole frame.

        Args:
            image: (H, W, 3) uint8, BGR, or (H, W) uint8, grey.
            memory: of the frames before; is brought up to date.
            clock: takes the time of the stages "find", "classify" and "select".
        """
        candidates, logits = self.candidates(image, memory, clock)
        size = memory.pyramid_of(image).size
        memory.still.forget()
        with clock.stage("select"):
            found = self._selected(candidates, logits, size, memory.share)
            loose = self._settings.moving  # turned digits are hard to read: also what is less sure tells the tilt
            hints = found if memory.share == loose else self._selected(candidates, logits, size, loose)
            memory.tilt = tilt_of(digits_of(hints)) if self._settings.upright else 0.0
        if memory.tilt:
            with clock.stage("classify"):
                candidates = [_turned(one, memory.tilt) for one in candidates]
            logits = self._logits(candidates, clock)
            with clock.stage("select"):
                level = self._selected(candidates, logits, size, memory.share)
                better = _sureness(level) > _sureness(found)
                found, memory.tilt = (level, memory.tilt) if better else (found, 0.0)
        return Found(found, memory.pyramid_of(image))

    def candidates(self, image: Image, memory: Memory, clock: Clock) -> tuple[list[Candidate], Floats]:
        """The ink at all places that the network proposes, up to three ways to cut it at each; and logits (N, 11)."""
        with clock.stage("find"):
            pyramid = memory.pyramid_of(image)
            scales = [min(self._settings.larger, side / max(pyramid.size)) for side in memory.sides]
            memory.maps = tuple(self._network(pyramid.scaled(scale), pyramid.size) for scale in scales)
            proposals = propose(memory.maps, self._settings.least)
            inks = cut_ink(pyramid, memory.maps, proposals)
            candidates = [_candidate(ink, pyramid.size) for ink in inks]
        logits = self._logits(candidates, clock)
        with clock.stage("select"):
            centre = proposals.logits[[ink.tile for ink in inks]]
            belief = np.array([ink.belief for ink in inks], np.float32)
            boxes = np.array([ink.box for ink in inks], np.float32).reshape(-1, 4)
            places = of_places(centre, belief, boxes, max(pyramid.size), of_crops(logits)[:, 0])
            return [replace(one, evidence=place) for one, place in zip(candidates, places, strict=True)], logits

    def _logits(self, candidates: Sequence[Candidate], clock: Clock) -> Floats:
        with clock.stage("classify"):
            crops = np.array([one.crop for one in candidates], np.uint8).reshape(-1, CROP_SIDE, CROP_SIDE)
            return self._classifier.logits(crops) / np.float32(self._classifier.manifest.temperature)

    def _selected(
        self, candidates: Sequence[Candidate], logits: Floats, size: tuple[int, int], share: float
    ) -> list[ScoredCandidate]:
        """Judge candidates of a frame of this size at a share of the limits, the likeliest first; of several digits at
        one place one is one."""
        judged = self._judged(candidates, logits, share)
        if self._settings.border:
            judged = [replace(one, reason=Reason.CUT_OFF) if _cut_off(one.candidate.ink, size) else one
                      for one in judged]
        return self.one_a_place(judged)

    def one_a_place(self, judged: Sequence[ScoredCandidate]) -> list[ScoredCandidate]:
        """Candidates, the likeliest first; of several digits that share most of the smaller one only that is one."""
        ordered = sorted(judged, key=lambda one: (bool(one.reason), -_likelihood(one)))
        digits = [one for one in ordered if not one.reason]
        boxes = np.array([one.candidate.box for one in digits], np.float32).reshape(-1, 4)
        kept = set(distinct(boxes, self._settings.one_place, of_smaller=True))
        return [one if one.reason or place in kept else replace(one, reason=Reason.OVERLAP)
                for place, one in enumerate(ordered)]

    def _judged(self, candidates: Sequence[Candidate], logits: Floats, share: float) -> list[ScoredCandidate]:
        """What both networks make of candidates, at a share of the limits."""
        scores = self._manifest.calibration(evidence_of(candidates, logits))[:, None]
        rows = np.hstack([softmax(logits[:, :NO_DIGIT]) * scores, 1 - scores])
        return [ScoredCandidate(one, row, self._reason(row, share), float(score))
                for one, row, (score,) in zip(candidates, rows, scores, strict=True)]

    def _reason(self, row: NDArray[np.float32], share: float) -> Reason:
        """Why a candidate of these probabilities (11,) is no digit, at a share of the limits; one asked for holds."""
        share = 1.0 if self._limits.asked else share
        if 1 - row[NO_DIGIT] < share * self._limits.digit:
            return Reason.NO_DIGIT
        return Reason.UNSURE if row[:NO_DIGIT].max() < share * self._limits.label else Reason.NONE

    def follow(
        self, image: Image, known: Sequence[Candidate], memory: Memory, clock: Clock
    ) -> list[list[ScoredCandidate]]:
        """Look only where digits were a moment ago.

        Args:
            image: of the size of the last frame that was looked through.
            known: candidates that the finder gave, each with its box where the digit is expected.
            memory, clock: as above.

        Returns:
            What is at the place of each known one; one without a reason at most.
        """
        with clock.stage("find"):
            boxes = np.array([one.box for one in known], np.float32).reshape(-1, 4)
            pyramid = memory.pyramid = Pyramid(image, Tiles.around(boxes).parts(image.shape[1::-1]))
            unchanged = memory.still.unchanged(pyramid, known)
            changed = [i for i in range(len(known)) if i not in unchanged]
            inks = cut_again(pyramid, [known[i].ink for i in changed], boxes[changed])
            again = [changed[ink.tile] for ink in inks]
            candidates = [replace(_turned(_candidate(ink, pyramid.size), memory.tilt), evidence=known[i].evidence)
                          for ink, i in zip(inks, again, strict=True)]
        logits = self._logits(candidates, clock)
        there: list[list[ScoredCandidate]] = [[] for _ in known]
        with clock.stage("select"):
            for i, one in unchanged.items():
                there[i].append(one)
            judged = self._judged(candidates, logits, self._settings.still)
            for i, one in zip(again, judged, strict=True):
                there[i].append(one)
            memory.still.remember(pyramid, [known[i] for i in again], judged)
        return there

    def seen(self, memory: Memory) -> Callable[[], Image]:
        """What draws the last frame, paler, with what the network takes for a digit's ink in green, other in red."""
        pyramid, maps = memory.pyramid, memory.maps
        if pyramid is None:
            raise InputError("expected a memory of a frame, found an empty one")
        return lambda: tinted(Pyramid(pyramid.image), maps)


def evidence_of(candidates: Sequence[Candidate], logits: Floats) -> Floats:
    """What speaks for N candidates, with the classifier's logits (N, 11), being digits: (N, 8), by `evidence.KINDS`."""
    places = np.array([one.evidence for one in candidates], np.float32).reshape(-1, OF_PLACE)
    return np.hstack([places, of_crops(logits)])


def _candidate(ink: Ink, size: tuple[int, int]) -> Candidate:
    x, y, w, h = ink.box.tolist()
    left, top = min(max(0, round(x)), size[0] - 1), min(max(0, round(y)), size[1] - 1)
    box = Box(left, top, max(1, min(size[0], round(x + w)) - left), max(1, min(size[1], round(y + h)) - top))
    return Candidate(box, normalise(ink.mask), ink)


def _cut_off(ink: Ink, size: tuple[int, int]) -> bool:
    """Whether the border of a frame of this size cuts ink: beyond it the last pixels are repeated, and ink goes on."""
    x, y, w, h = ink.box.tolist()
    beyond = max(w, h) / FIT
    return bool(min(x, y) < -beyond or x + w > size[0] + beyond or y + h > size[1] + beyond)


def _turned(candidate: Candidate, tilt: float) -> Candidate:
    """A candidate with the crop that it has on a level line; its box and mask stay as they are."""
    return replace(candidate, crop=upright(candidate.ink.mask, tilt)) if tilt else candidate


def _likelihood(one: ScoredCandidate) -> float:
    return float(one.probabilities[:NO_DIGIT].max())


def _sureness(found: list[ScoredCandidate]) -> float:
    """How many digits there are by their labels' probabilities."""
    return sum(_likelihood(one) for one in found if not one.reason)
