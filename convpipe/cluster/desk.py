"""The tasks of a run that a cluster has: handed in, and what came of them."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any

from distributed import CancelledError, Client, Future
from distributed.client import ClosedClientError
from distributed.scheduler import KilledWorker

from convpipe.cluster.task import Assignment, Outcome
from convpipe.cluster.tries import Try
from convpipe.cluster.worker import settle


class SchedulerLost(Exception):  # noqa: N818
    """The client has no scheduler any more."""


@dataclass(frozen=True)
class Handed:
    """A try that a cluster has.

    Parameters
    ----------
    one : Try
    future : Future
    worker : str or None
        The worker that has it alone.
    """

    one: Try
    future: Future[Any]
    worker: str | None = None


@dataclass(frozen=True)
class Ended:
    """What came of a try.

    Parameters
    ----------
    one : Try
    outcome : Outcome or None
        None where the task gave none, for an error:
    error : Exception or None
    rerun : bool
        Whether the scheduler had it done twice, as a worker went away with what it gave.
    """

    one: Try
    outcome: Outcome | None
    error: Exception | None = None
    rerun: bool = False

    @property
    def died(self) -> bool:
        """Whether the worker died that had it."""
        return isinstance(self.error, KilledWorker)


class Desk:
    """Tasks in flight.

    Parameters
    ----------
    client : Client
    name : str
        Of the run.
    """

    def __init__(self, client: Client, name: str) -> None:
        self._client, self.name = client, name
        self._numbers = count()
        self._finished: SimpleQueue[Future[Any]] = SimpleQueue()
        self._rerun: set[str] = set()
        self._gone: set[str] = set()
        self.handed: dict[str, Handed] = {}

    def __enter__(self) -> Desk:
        self._client.subscribe_topic("all", self._heard)
        return self

    def __exit__(self, *_: object) -> None:
        if self._client.status == "running":
            with suppress(OSError, ValueError):
                self._client.unsubscribe_topic("all")
            self._client.cancel([each.future for each in self.handed.values()])
        self.handed.clear()

    def hand_in(self, tries: Mapping[Try, Assignment], worker: str | None = None) -> None:
        """Submit tasks, to any worker or to one of them."""
        keys = [f"{self.name}-{next(self._numbers)}" for _ in tries]
        where: dict[str, Any] = {} if worker is None else {"workers": [worker], "allow_other_workers": False}
        names = [self.name] * len(keys)
        with _scheduler_needed():
            futures = self._client.map(settle, names, list(tries.values()), key=keys, retries=0, **where)
        for key, one, future in zip(keys, tries, futures, strict=True):
            self.handed[key] = Handed(one, future, worker)
            future.add_done_callback(self._finished.put)

    def collect(self, seconds: float) -> list[Ended]:
        """Wait for tasks to end, but not for long, and return what came of them.

        Raises
        ------
        SchedulerLost
        """
        ended = {key: each for key in self._drain(seconds) if (each := self.handed.pop(key, None))}
        if any(each.future.status in ("cancelled", "lost") for each in ended.values()):
            raise SchedulerLost
        done = [each.future for each in ended.values() if each.future.status == "finished"]
        with _scheduler_needed():
            outcomes = dict(zip((future.key for future in done), self._client.gather(done), strict=True))
            return [self._told(key, each, outcomes.get(key)) for key, each in ended.items()]

    def _told(self, key: str, handed: Handed, outcome: Outcome | None) -> Ended:
        error = None if outcome is not None else handed.future.exception()
        return Ended(handed.one, outcome, error, key in self._rerun)

    def _drain(self, seconds: float) -> list[str]:
        """Return the keys of the tasks that have ended; wait for the first."""
        keys: list[str] = []
        with suppress(Empty):
            keys.append(str(self._finished.get(timeout=seconds).key))
            while True:
                keys.append(str(self._finished.get_nowait().key))
        return keys

    def _heard(self, event: tuple[float, Any]) -> None:
        """Take an event of the scheduler; on the thread of the client's loop."""
        _, told = event
        if isinstance(told, dict) and told.get("action") == "remove-worker":
            lost = told.get("lost-computed-tasks", ())
            self._rerun.update(key for key in map(str, lost) if key.startswith(self.name))

    def withdraw(self, workers: Container[str]) -> list[Try]:
        """Take back what waits for a worker that is gone for two looks: news of its death comes first."""
        gone = {key for key, each in self.handed.items() if each.worker and each.worker not in workers}
        withdrawn = [self.handed.pop(key) for key in gone & self._gone]
        self._gone = gone
        if withdrawn:
            self._client.cancel([each.future for each in withdrawn])
        return [each.one for each in withdrawn]

    def workers(self) -> dict[str, int]:
        """Return the threads of each worker that there is.

        Raises
        ------
        SchedulerLost
        """
        with _scheduler_needed():
            found: dict[str, int] = self._client.nthreads()
        return found


@contextmanager
def _scheduler_needed() -> Iterator[None]:
    """Tell apart errors that say that the scheduler is gone."""
    try:
        yield
    except (OSError, CancelledError, ClosedClientError) as error:
        raise SchedulerLost from error
