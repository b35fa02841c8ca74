"""Decides which candidates are digits, given what the classifier makes of them and where they stand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recognizer.classification.classifier import NO_DIGIT
from recognizer.core.geometry import shared_areas
from recognizer.detection.by_rules.ink import Ink
from recognizer.detection.by_rules.letters import SLIM, among_letters
from recognizer.detection.candidate import Reason, ScoredCandidate, scored

SHARED = 0.5  # two boxes are at one place when the smaller one shares so much of its area
SIZES = 1.8  # and they are of two sizes when their areas differ by more than this factor
CERTAIN = 0.9  # probability that a digit on uneven ground needs, and light ink or a bare stroke that stands alone
DOUBTFUL, CERTAIN_DOUBTFUL = 1.5, 0.97  # likewise on ground of more doubt
SMALL, CERTAIN_SMALL = 24, 0.99  # likewise for ink of less height, in pixels of the working picture
BEYOND_DOUBT = 0.999  # likewise for other dark ink on uneven ground, or that is bolder than most pens'
COMPANY, COMPANY_REACH = 2, 8  # and so many surer digits of its size within so many heights
SAME_INK = 2.5  # contrasts of one sheet's ink differ by less than this factor
ALIKE = 1.35  # heights of one size differ by less than this factor
NO_LETTERS = (Reason.RUNS_ON, Reason.SIZE, Reason.CONTRAST)  # refused so, a piece tells nothing about the line it is in
STILL = 0.5  # probability that it is a digit which one needs that was read a moment ago

Classified = tuple[Ink, NDArray[np.float32]]


def select(
    candidates: list[Ink], probabilities: NDArray[np.float32], refused: list[Ink], threshold: float,
    likeness: float = 0.0,
) -> list[ScoredCandidate]:
    """Judge all candidates of a frame.

    Args:
        candidates: N of one frame, those that may be digits.
        probabilities: (N, 11) float32, one row a candidate, the last column "no digit".
        refused: the frame's other candidates, which tell lines of text.
        threshold: a label counts from this probability on, 0 to 1.
        likeness: and from this probability on that it is a digit at all.

    Returns:
        One for each candidate, the refused ones last. Those without a reason are digits, no two at one place.
    """
    best, digit_like = probabilities[:, :NO_DIGIT].max(axis=1), 1 - probabilities[:, NO_DIGIT]
    reasons = np.where(digit_like < 0.5, Reason.NO_DIGIT, Reason.UNSURE).astype(object)
    order = sorted(range(len(candidates)), key=lambda i: (not candidates[i].sure, -best[i]))
    counts = (best >= threshold) & (digit_like >= likeness)
    likely, unlikely = [i for i in order if counts[i]], [i for i in order if not counts[i]]
    reasons[likely] = Reason.OVERLAP
    chosen = [likely[k] for k in _one_a_place([candidates[i] for i in likely])]
    reasons[chosen] = Reason.LETTERS
    letters = [c for c in refused if c.refused not in NO_LETTERS]
    rest_like = np.concatenate([digit_like[unlikely], np.zeros(len(letters), np.float32)])
    text = among_letters([candidates[i] for i in chosen], probabilities[chosen],
                         [candidates[i] for i in unlikely] + letters, rest_like)
    chosen = [i for i, among in zip(chosen, text, strict=True) if not among]
    reasons[chosen] = Reason.ALONE
    reasons[[chosen[k] for k in _believable([candidates[i] for i in chosen], best[chosen])]] = Reason.NONE
    judged = [scored(c, row, Reason(why))
              for c, row, why in zip(candidates, probabilities, reasons.tolist(), strict=True)]
    return judged + [ScoredCandidate(c, None, c.refused) for c in refused]


def best_of_each(found: list[list[Classified]], threshold: float, likeness: float = 0.0) -> list[list[ScoredCandidate]]:
    """Judge candidates at places where digits were a moment ago: of each place's the likeliest is the digit.

    What hardly looks like a digit for a frame or two is one still; whether it ever was is for the next search to tell.

    Args:
        found: the candidates of each place, each with its (11,) float32 probabilities.
        threshold, likeness: as in `select`.

    Returns:
        One for each candidate, place by place.
    """
    rows = np.array([row for there in found for _, row in there], np.float32).reshape(-1, NO_DIGIT + 1)
    likely = rows[:, :NO_DIGIT].max(axis=1)
    counts = (likely >= threshold) & (1 - rows[:, NO_DIGIT] >= min(likeness, STILL))
    counted = iter(np.where(counts, likely, 0).tolist())
    return [_best(there, [next(counted) for _ in there]) for there in found]


def _best(there: list[Classified], likely: list[float]) -> list[ScoredCandidate]:
    """Judge the candidates of one place, given how likely their labels are, 0 where that doesn't count."""
    most = max(likely, default=0.0)
    return [scored(candidate, row, Reason.UNSURE if not p else Reason.NONE if p == most else Reason.OVERLAP)
            for (candidate, row), p in zip(there, likely, strict=True)]


def _believable(digits: list[Ink], best: NDArray[np.float32]) -> list[int]:
    """Indices of those that don't need the company of others, or have it.

    What stands on uneven ground or is bold needs it if there is any doubt of its label, and what is of the rarer
    polarity: a sheet and a board are seldom in one picture. So do light ink, bare strokes and small ink that the
    network is not certain of: rooms are full of light bars, and pages of strokes and small letters.
    """
    is_sure = [c.sure and (p >= CERTAIN_SMALL or not _small(c)) for c, p in zip(digits, best.tolist(), strict=True)]
    sure = [c for c, alone in zip(digits, is_sure, strict=True) if alone]
    dark = sum(c.dark for c in sure)
    rarer = None if 2 * dark == len(sure) else 2 * dark < len(sure)
    certain = best >= np.array([CERTAIN_DOUBTFUL if c.doubt > DOUBTFUL else CERTAIN for c in digits])
    beyond_doubt = best >= BEYOND_DOUBT
    usual = [c.dark and c.box.w >= SLIM * c.box.h for c in digits]
    return [i for i, c in enumerate(digits)
            if (c.dark != rarer and is_sure[i] and (usual[i] or certain[i]))
            or (c.dark != rarer and beyond_doubt[i] and usual[i] and not _small(c))
            or ((certain[i] or is_sure[i]) and _in_company(c, sure))]


def _small(candidate: Ink) -> bool:
    """Whether ink is of so few pixels that letters and scraps look like digits."""
    return candidate.look is not None and candidate.look.shrink * candidate.mask.shape[0] < SMALL


def _one_a_place(candidates: list[Ink]) -> list[int]:
    """Indices of those that stay when of two at one place only one may, the best given first.

    Of two of about one size the first stays. Of two sizes the larger stays: the other is the hole of an 8
    or a part of the digit. But a larger one loses when it is a ring around the smaller one, or when it is
    two digits that run together and each of them can be read.
    """
    boxes = np.array([c.box for c in candidates], np.float32).reshape(-1, 4)
    dark = np.array([c.dark for c in candidates], bool)
    area = boxes[:, 2] * boxes[:, 3]
    start, stop = boxes[:, None, :2], boxes[:, None, :2] + boxes[:, None, 2:]
    shared = shared_areas(boxes, boxes) / np.minimum(area[:, None], area[None, :])
    together = shared >= SHARED
    larger = together & (area[:, None] > SIZES * area[None, :])  # [i, j]: j is at i's place and smaller
    same_polarity = dark[:, None] == dark[None, :]
    rim = 0.04 * boxes[:, None, 2:]
    off_rim = ((start.swapaxes(0, 1) > start + rim) & (stop.swapaxes(0, 1) < stop - rim)).all(axis=2)
    as_tall = boxes[None, :, 3] > 0.6 * boxes[:, None, 3]
    sure = np.array([c.sure for c in candidates], bool)
    encloses = (larger & same_polarity & off_rim & sure).any(axis=1)
    within = larger & same_polarity & as_tall
    runs_together = (within & (within.astype(np.intp) @ ~together > 0)).any(axis=1)  # two that stand apart
    loses = encloses | runs_together
    loses |= (larger & ~loses[:, None]).any(axis=0)
    kept: list[int] = []
    for i in np.flatnonzero(~loses):
        if not together[i, kept].any():
            kept.append(int(i))
    return kept


def _in_company(candidate: Ink, sure: list[Ink]) -> bool:
    """Whether some surer digits of its polarity, no much stronger ink and about its size stand around a candidate."""
    (x, y), height = candidate.box.centre, candidate.box.h
    near = COMPANY_REACH * height
    of_its_kind = [c.box for c in sure if c.dark == candidate.dark and c.contrast <= SAME_INK * candidate.contrast]
    alike = [b.centre for b in of_its_kind if max(height, b.h) < ALIKE * min(height, b.h)]
    return sum(max(abs(x - other_x), abs(y - other_y)) < near for other_x, other_y in alike) >= COMPANY

