"""Who reads: workers under Ray, on one machine or a cluster; or this process alone.

Plain actors of Ray, not Ray Data, whose `map_batches` also has pools of actors: what travels here are names, not data.
Ray Data tries blocks of rows again, without end or not at all, and doesn't tell which row killed a worker; here that
source alone is tried again, and in the end is a row with a reason. And that a video is to be cut is known only when a
worker has opened it; its parts then go to all workers at once, not to the one that has the block.
"""

from __future__ import annotations

import logging
import os
import signal
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol, Self

from recognizer.archive.rows import Result, Task
from recognizer.archive.settings import SETTINGS
from recognizer.archive.worker import Options, Worker
from recognizer.errors import RecognizerError, UsageError

Take = Callable[[], Task | None]
STARTS = 3  # of Ray, or of the process that a cluster begins for a client: both fail now and then on a busy machine
UNSTARTED = "Starting Ray client server failed"  # what Ray says of the latter
LEAST_STORE = 80_000_000  # bytes, of which Ray needs so many


class Pool(Protocol):
    """Reads tasks; a context manager that lets its workers go."""

    def results(self, take: Take) -> Iterator[tuple[Task, Result] | None]:
        """What tasks give, in any order, until there are none and all that were taken are done.

        Args:
            take: the next task, or None where there is none now; a result may lead to more.

        Yields:
            A task and its result, or None now and then, while nothing is done.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class ThisProcess:
    """Reads everything here, without Ray."""

    def __init__(self, options: Options) -> None:
        self._worker = Worker(options)

    def results(self, take: Take) -> Iterator[tuple[Task, Result] | None]:
        while task := take():
            yield task, self._worker.read(task)

    def __enter__(self) -> Self:
        self._worker.ready()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class RayPool:
    """Workers under Ray, each on a processor; one that dies is replaced.

    Args:
        options: how is read.
        workers: how many; by default one for each processor.
        address: of a cluster, "auto" or ray://…; by default Ray starts on this machine, for this run alone.
        verbose: Ray's own messages are shown.
        failures: how many workers in a row may die before one was ready.

    Raises:
        UsageError: there is no cluster at the address.
        RecognizerError: Ray can't be started.
    """

    def __init__(
        self, options: Options, workers: int | None, address: str | None, verbose: bool, failures: int = 3
    ) -> None:
        self._options, self._failures = options, failures
        self._ray = _started(workers, address, verbose)
        self._count = workers or max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        # Ray's workers share the processors of this machine; in a cluster each is given one.
        self._threads = 1 if address else max(1, (os.cpu_count() or 1) // self._count)
        self._starting: dict[Any, Any] = {}  # workers by what tells that they are ready
        self._given: dict[Any, deque[tuple[Any, Task]]] = {}  # what each worker has been given, the oldest first
        self._back: deque[Task] = deque()  # what a dead worker had been given, but not begun
        self._died = 0  # workers in a row, before one was ready

    def results(self, take: Take) -> Iterator[tuple[Task, Result] | None]:
        for _ in range(self._count):
            self._start()
        while True:
            self._give(take)
            if not any(self._given.values()) and not self._unfinished(take):
                return
            reading = {ref: worker for worker, given in self._given.items() for ref, _ in given}
            done, _ = self._ray.wait([*self._starting, *reading], timeout=SETTINGS.wait)
            if not done:
                yield None
            for ref in done:
                if ref in self._starting:
                    self._begin(ref)
                else:
                    yield self._finish(ref, reading[ref])

    def _unfinished(self, take: Take) -> bool:
        """Whether there is something to read that no worker has been given, since none is ready."""
        if not self._back and (task := take()):
            self._back.append(task)
        return bool(self._back)

    def _start(self) -> None:
        worker = self._ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(Worker).remote(
            self._options, self._threads)
        self._starting[worker.ready.remote()] = worker

    def _begin(self, ref: Any) -> None:
        worker = self._starting.pop(ref)
        try:
            self._ray.get(ref)
        except self._ray.exceptions.RayTaskError:  # it is the cause's kind, too, such as ModelError
            raise
        except self._ray.exceptions.RayError as error:
            self._died += 1
            if self._died > self._failures:
                raise RecognizerError(f"no worker can be started ({_last_line(error)}); expected this program, of the "
                                      "same version, on each machine of the cluster") from error
            self._start()
        else:
            self._died = 0
            self._given[worker] = deque()

    def _give(self, take: Take) -> None:
        for depth in range(1, SETTINGS.ahead + 1):  # each gets one before any gets two
            for worker, given in self._given.items():
                if len(given) < depth:
                    task = self._back.popleft() if self._back else take()
                    if task is None:
                        return
                    if depth > 1 and task.part is not None:  # it takes long, and another may be free before
                        self._back.appendleft(task)
                        return
                    given.append((worker.read.remote(task), task))

    def _finish(self, ref: Any, worker: Any) -> tuple[Task, Result] | None:
        """The result of a task, or that its worker died, which is a result, too."""
        given = self._given.get(worker)
        place = next((k for k, (other, _) in enumerate(given or ()) if other == ref), None)
        if given is None or place is None:
            return None  # it had died, and this was given to another
        task = given[place][1]
        try:
            result: Result = self._ray.get(ref)
        except self._ray.exceptions.RayError as error:
            del self._given[worker]
            with suppress(Exception):
                self._ray.kill(worker)
            self._start()
            task = given[0][1]  # they are read in order, so it was at this one
            self._back.extend(other for _, other in given if other != task)
            return task, Result(reason=f"{task.entry.name}: the worker that read it died ({_last_line(error)})")
        del given[place]
        return task, result

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in [*self._starting.values(), *self._given]:  # in a cluster they would stay as long as this process
            with suppress(Exception):
                self._ray.kill(worker)
        self._ray.shutdown()


def _started(workers: int | None, address: str | None, verbose: bool, tries: int = STARTS) -> Any:
    """Ray, connected to a cluster or started on this machine."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray

    handler = signal.getsignal(signal.SIGTERM)
    level = logging.INFO if verbose else logging.CRITICAL
    where: dict[str, Any] = {"address": address} if address else {
        "address": "local", "num_cpus": workers, "include_dashboard": False,
        "object_store_memory": max(LEAST_STORE, SETTINGS.store)}
    try:
        with warnings.catch_warnings():  # what they say is said below, in one line
            warnings.filterwarnings("ignore", "Ray Client connection timed out")
            ray.init(log_to_driver=verbose, logging_level=level, **where)
    except Exception as error:  # it has no kind of its own for this
        ray.shutdown()
        if tries > 1 and (not address or UNSTARTED in str(error)):
            return _started(workers, address, verbose, tries - 1)
        if address:
            raise UsageError(f"--address {address}: expected a cluster of Ray, found none ({_last_line(error)}); 'ray "
                             "start --head' begins one; where it asks for a token, set RAY_AUTH_MODE=token") from error
        raise RecognizerError(f"Ray can't be started on this machine ({_last_line(error)}); make room, or try "
                              "--workers 0, which reads without it") from error
    finally:
        signal.signal(signal.SIGTERM, handler)  # Ray's own would end the process at once
    return ray


def _last_line(error: Exception) -> str:
    """The last words of a message, which Ray makes long ones."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
