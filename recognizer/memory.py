"""What a video's frames have shown before: ink that was refused and stands still need not be cut anew."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizer.seeds import Flags, Seeds
from recognizer.types import Candidate

HELD = 12  # frames after which a refusal is looked into again, whether or not anything moved
MOST_MOVED = 1  # pixels that a seed's box may shift by, from the noise of a camera
MOST_CHANGED = 0.06  # mean change of its tones, as a share of its contrast


@dataclass(frozen=True)
class _Refusals:
    """Seeds that gave no digit, the candidates that each gave, and the (N,) frame in which each is to be cut anew."""

    seeds: Seeds
    given: list[list[Candidate]]
    until: NDArray[np.intp]


class Memory:
    """Of one video; it holds no more than what the last frame showed."""

    def __init__(self) -> None:
        self._frame = 0
        self._last: dict[Hashable, _Refusals] = {}
        self._now: dict[Hashable, list[_Refusals]] = {}

    def next_frame(self) -> None:
        self._last = {key: _joined(parts) for key, parts in self._now.items()}
        self._now = {}
        self._frame += 1

    def recall(self, key: Hashable, seeds: Seeds) -> tuple[list[Candidate], Flags]:
        """What seeds gave in the last frame if nothing has changed there.

        Args:
            key: of the look and the polarity.
            seeds: N of this frame.

        Returns:
            Their candidates, all refused, and which of the seeds they stand for, (N,) bool.
        """
        last = self._last.get(key)
        if last is None or not len(last.until) or not len(seeds.boxes):
            return [], np.zeros(len(seeds.boxes), bool)
        moved = np.abs(seeds.boxes[:, None] - last.seeds.boxes).max(axis=2)
        nearest = moved.argmin(axis=1)
        changed = np.abs(seeds.tones.astype(np.int16) - last.seeds.tones[nearest]).mean(axis=1)
        still: Flags = ((moved.min(axis=1) <= MOST_MOVED) & (changed <= MOST_CHANGED * seeds.strength)
                        & (last.until[nearest] > self._frame))
        kept = nearest[still]
        given = [last.given[k] for k in kept.tolist()]
        self._now.setdefault(key, []).append(_Refusals(last.seeds[kept], given, last.until[kept]))
        return [candidate for candidates in given for candidate in candidates], still

    def keep(self, key: Hashable, seeds: Seeds, given: list[list[Candidate]]) -> None:
        """Remember those of N seeds that gave nothing but refused candidates."""
        chosen = [k for k, candidates in enumerate(given) if all(c.refused for c in candidates)]
        until = self._frame + HELD - np.arange(len(chosen)) % (HELD // 2)  # not all in one frame
        self._now.setdefault(key, []).append(_Refusals(seeds[np.array(chosen, np.intp)], [given[k] for k in chosen],
                                                       until))


def _joined(parts: list[_Refusals]) -> _Refusals:
    seeds = Seeds(*(np.concatenate([getattr(p.seeds, name) for p in parts])
                    for name in ("boxes", "strength", "refused", "tones")))
    return _Refusals(seeds, [g for p in parts for g in p.given], np.concatenate([p.until for p in parts]))
