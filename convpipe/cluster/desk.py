"""The tasks of a run that a cluster has: handed in, and what came of them."""

from __future__ import annotations

import pickle
from collections.abc import Container, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any

from distributed import CancelledError, Client, Future, span
from distributed.client import ClosedClientError
from distributed.scheduler import KilledWorker

from convpipe.cluster.task import Assignment, Outcome
from convpipe.cluster.tries import Try
from convpipe.cluster.worker import settle
from convpipe.dataclass import dataclass


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
        None where nothing was heard of it.
    error : Exception or None
        Why, if that is known.
    """

    one: Try
    outcome: Outcome | None
    error: Exception | None = None

    @property
    def died(self) -> bool:
        """Whether the worker died that had it."""
        return isinstance(self.error, KilledWorker)


class Desk:
    """Tasks in flight. What comes of one is an event that its worker sends: nobody has to ask for it.

    Parameters
    ----------
    client : Client
    name : str
        Of the run.
    """

    def __init__(self, client: Client, name: str) -> None:
        self._client, self.name = client, name
        self._numbers = count()
        self._told: SimpleQueue[tuple[str, Outcome]] = SimpleQueue()
        self._overdue: set[str] = set()
        self.handed: dict[str, Handed] = {}
        self._held = ExitStack()

    def __enter__(self) -> Desk:
        self._client.subscribe_topic(self.name, self._hear)
        self._held.enter_context(span("convpipe"))  # one for all tasks, which are never all there at once
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()
        if self._client.status == "running":
            with suppress(OSError, ValueError):
                self._client.unsubscribe_topic(self.name)
            self._client.cancel([each.future for each in self.handed.values()])
        self.handed.clear()

    def hand_in(self, tries: Mapping[Try, Assignment], worker: str | None = None) -> None:
        """Submit tasks, to any worker or to one of them."""
        keys = [f"{self.name}-{next(self._numbers)}" for _ in tries]
        where: dict[str, Any] = {} if worker is None else {"workers": [worker], "allow_other_workers": False}
        names = [self.name] * len(keys)
        with scheduler_needed():
            futures = self._client.map(settle, names, list(tries.values()), key=keys, retries=0, **where)
        for key, one, future in zip(keys, tries, futures, strict=True):
            self.handed[key] = Handed(one, future, worker)

    def collect(self, seconds: float) -> list[Ended]:
        """Wait for tasks to end, but not for long, and return what came of those that have."""
        told: list[tuple[str, Outcome]] = []
        with suppress(Empty):
            told.append(self._told.get(timeout=seconds))
            while True:
                told.append(self._told.get_nowait())
        known = ((self.handed.pop(key, None), outcome) for key, outcome in told)
        return [Ended(handed.one, outcome) for handed, outcome in known if handed is not None]

    def look(self, workers: Container[str]) -> list[Ended]:
        """Return tries of which nothing will be heard; to be called from time to time.

        They are those that failed, as with their worker; and those that are overdue for two looks, as their
        worker is gone before it had them, or the scheduler says that they are done.

        Parameters
        ----------
        workers : container of str
            That there are.

        Raises
        ------
        SchedulerLost
        """
        status = {key: each.future.status for key, each in self.handed.items()}
        if not {"cancelled", "lost"}.isdisjoint(status.values()):
            raise SchedulerLost
        failed = [self.handed.pop(key) for key, what in status.items() if what == "error"]
        overdue = {
            key
            for key, each in self.handed.items()
            if status[key] == "finished" or (each.worker is not None and each.worker not in workers)
        }
        late = [self.handed.pop(key) for key in overdue & self._overdue]
        self._overdue = overdue
        with scheduler_needed():
            if late:
                self._client.cancel([each.future for each in late])
            errors = [Ended(each.one, None, each.future.exception()) for each in failed]
        return [*errors, *(Ended(each.one, None) for each in late)]

    def _hear(self, event: tuple[float, Any]) -> None:
        """Take what a worker tells of a task; on the thread of the client's loop."""
        _, told = event
        self._told.put((told["key"], pickle.loads(told["outcome"])))

    def workers(self) -> dict[str, int]:
        """Return the threads of each worker that there is.

        Raises
        ------
        SchedulerLost
        """
        if self._client.status != "running":  # it would be waited for
            raise SchedulerLost
        with scheduler_needed():
            found: dict[str, int] = self._client.nthreads()
        return found


@contextmanager
def scheduler_needed() -> Iterator[None]:
    """Tell apart errors that say that the scheduler is gone."""
    try:
        yield
    except (OSError, CancelledError, ClosedClientError) as error:
        raise SchedulerLost from error
