"""Scenes for training: a process of its own makes them, shard by shard; each step draws from the newest ones.

Which shards a step draws from follows from its number alone, so the batches of a run are the same whether it was
stopped in between or not. A shard follows from the seed and its number, and from where a network was fooled by then.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import fields
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from threading import Lock
from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizer.core.writing import replacing
from recognizer.errors import RecognizerError
from train.finder.batches.crops import random_crop
from train.finder.batches.targets import Targets
from train.finder.material import Sources, load_material
from train.finder.scenes.scene import Scene, make_scene
from train.finder.scenes.surroundings import Fooled

SHARD = 150  # scenes
AT_FIRST = 8  # shards that there are before the first step
STEPS_A_SHARD = 40  # a new shard comes in every so many steps
WINDOW = 40  # shards that a step draws from
AHEAD = 6  # shards that are made before they are needed
PREFETCHED = 4  # batches, likewise
POLL = 0.2  # seconds

Batch = tuple[NDArray[np.float32], Targets]


def newest(step: int) -> int:
    """The last shard that a step draws from."""
    return AT_FIRST - 1 + step // STEPS_A_SHARD


def make_shard(material_sources: Sources, seed: int, folder: Path, progress: Synchronized[int]) -> None:
    """Make shard after shard, as many as `progress` (a step) and AHEAD call for; the process's main function."""
    cv2.setNumThreads(1)
    parent = os.getppid()
    material = load_material(material_sources)
    number = max(0, newest(progress.value) - WINDOW + 1)
    while os.getppid() == parent:
        if number > newest(progress.value) + AHEAD:
            time.sleep(POLL)
            continue
        file = _shard(folder, number)
        if not file.exists():
            fooled = load_fooled(folder, number)
            scenes = [make_scene(material, np.random.default_rng((seed, number, i)), fooled) for i in range(SHARD)]
            with replacing(file) as [beside]:
                np.savez(beside, grey=np.stack([s.grey for s in scenes]), ink=np.stack([s.ink for s in scenes]),
                         boxes=np.concatenate([s.boxes for s in scenes]),
                         labels=np.concatenate([s.labels for s in scenes]), counts=[len(s.boxes) for s in scenes])
        number += 1


def save_fooled(folder: Path, step: int, fooled: Fooled) -> None:
    """Keep where a network was fooled at a step; shards that may already exist by then don't heed it."""
    with replacing(folder / f"fooled-{newest(step) + AHEAD + 1:06d}.npz") as [beside]:
        np.savez(beside, **fooled)  # type: ignore[arg-type]


def load_fooled(folder: Path, number: int) -> dict[str, NDArray[np.float32]]:
    """What a shard is to heed."""
    files = [file for file in sorted(folder.glob("fooled-*.npz")) if int(file.stem[7:]) <= number]
    if not files:
        return {}
    with np.load(files[-1]) as archive:
        return {name: archive[name] for name in archive.files}


def _shard(folder: Path, number: int) -> Path:
    return folder / f"shard-{number:06d}.npz"


class Pool:
    """Batches in the order of their steps; a context manager that holds the process that makes the scenes."""

    def __init__(self, sources: Sources, seed: int, folder: Path, step: int) -> None:
        """`folder`: for the shards; `step`: the first that a batch will be asked for."""
        folder.mkdir(parents=True, exist_ok=True)
        self._seed, self._folder = seed, folder
        spawn = multiprocessing.get_context("spawn")
        self._progress = spawn.Value("l", step)
        self._maker = spawn.Process(target=make_shard, args=(sources, seed, folder, self._progress), daemon=True)
        self._threads = ThreadPoolExecutor(max_workers=2)
        self._shards: dict[int, list[Scene]] = {}
        self._lock = Lock()
        self._coming: dict[int, Future[Batch]] = {}

    def __enter__(self) -> Pool:
        self._maker.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._maker.terminate()
        self._maker.join()

    def batch(self, step: int, size: int, side: int) -> Batch:
        """The batch of a step, (size, side, side, 2) and its answers; those of the next steps are begun.

        Raises:
            RecognizerError: no more scenes are made.
        """
        self._progress.value = step
        for coming in range(step, step + PREFETCHED):
            if coming not in self._coming:
                self._coming[coming] = self._threads.submit(self._make, coming, size, side)
        batch = self._coming.pop(step).result()
        if batch[0].shape[:2] == (size, side):
            return batch
        return self._make(step, size, side)  # begun before the size changed

    def forget(self, step: int) -> None:
        """Remove the files of shards that no step from `step` on draws from."""
        for file in self._folder.glob("shard-*.npz"):
            if int(file.stem[6:]) <= newest(step) - WINDOW:
                file.unlink(missing_ok=True)

    def _make(self, step: int, size: int, side: int) -> Batch:
        rng = np.random.default_rng((self._seed, step, 1))
        last = newest(step)
        shards = [self._load(number) for number in range(max(0, last - WINDOW + 1), last + 1)]
        crops = []
        for _ in range(size):
            shard = shards[rng.integers(len(shards))]
            crops.append(random_crop(shard[rng.integers(len(shard))], side, rng))
        answers = {f.name: np.stack([getattr(t, f.name) for _, t in crops]) for f in fields(Targets)}
        return np.stack([picture for picture, _ in crops]), Targets(**answers)

    def _load(self, number: int) -> list[Scene]:
        with self._lock:
            if number not in self._shards:
                file = _shard(self._folder, number)
                while not file.exists():
                    if not self._maker.is_alive():
                        raise RecognizerError(f"{self._folder}: the process that makes scenes ended; see above why")
                    time.sleep(POLL)
                with np.load(file) as archive:
                    grey, ink, counts = archive["grey"], archive["ink"], archive["counts"]
                    boxes, labels = (np.split(archive[n], np.cumsum(counts)[:-1]) for n in ("boxes", "labels"))
                self._shards[number] = [Scene(*parts, "") for parts in zip(grey, ink, boxes, labels, strict=True)]
                for old in [n for n in self._shards if n <= number - WINDOW - 1]:
                    del self._shards[old]
            return self._shards[number]
