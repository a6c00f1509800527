"""Who looks on while an image is streamed: what its threads are busy with, and whether it is to go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from threading import Lock
from typing import Any

from convpipe.losses import Losses


def _go_on() -> None:
    """Let it go on."""


class Watch:
    """Counts the seconds of all threads by what they do, and may end what they do.

    Parameters
    ----------
    check : callable, optional
        Called now and then on the thread that hands rows over; what it raises ends the image.
    passed : callable, optional
        Called there with how many rows of the tallest result have been handed over, and of the others as
        large a share; and with what was lost in the bands so far.

    Attributes
    ----------
    busy : dict of str to float
        Seconds of threads, by the step: ``read``, ``filter``, ``write``.

    Examples
    --------
    >>> watch = Watch()
    >>> with watch.step("read"):
    ...     pass
    >>> watch.shares(10.0)
    {'read': 10.0}
    """

    def __init__(
        self,
        check: Callable[[], None] = _go_on,
        passed: Callable[[int, Losses], None] = lambda rows, losses: None,
    ) -> None:
        self.check, self.passed, self.busy = check, passed, dict[str, float]()
        self._counting = Lock()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count the time until this is left."""
        began = time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - began
            with self._counting:
                self.busy[name] = self.busy.get(name, 0.0) + took

    def shares(self, seconds: float) -> dict[str, float]:
        """Return so many seconds of the clock, divided among the steps as those of the threads are."""
        whole = sum(self.busy.values())
        return {name: seconds * spent / whole for name, spent in self.busy.items()} if whole else {}


class Watched(Executor):
    """Threads whose work is counted as one step.

    Parameters
    ----------
    pool : Executor
    watch : Watch
    name : str
        Of the step.
    """

    def __init__(self, pool: Executor, watch: Watch, name: str) -> None:
        self._pool, self._watch, self._name = pool, watch, name

    def submit(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a thread call it."""

        def counted() -> Any:
            with self._watch.step(self._name):
                return call(*args, **kwargs)

        return self._pool.submit(counted)
