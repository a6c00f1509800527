"""Threads that work a list off."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from threading import Event
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

NAME = "convpipe worker"

_END = object()


class Crew(Generic[Item, Result]):
    """Threads that each take the next item as soon as their last one is done: nothing waits in a queue.

    They are daemons, so that one which is deep in a decoder cannot hold up the end of the process.

    Parameters
    ----------
    act : callable
        Runs on a thread. An exception ends the crew, and is raised by :meth:`results`.
    items : iterable
    hands : int
        Number of threads.
    stop : Event
        Once set, no further item is taken.
    told : bool, optional
        Whether what they return is wanted: each wakes the thread of the caller, in whose turn they wait.
    """

    def __init__(
        self,
        act: Callable[[Item], Result],
        items: Iterable[Item],
        hands: int,
        stop: Event,
        *,
        told: bool = True,
    ) -> None:
        self._act, self._items, self._stop, self._told = act, iter(items), stop, told
        self._guard = threading.Lock()
        self._done: SimpleQueue[Any] = SimpleQueue()
        self._threads = [threading.Thread(target=self._work, name=NAME, daemon=True) for _ in range(hands)]

    def results(self) -> Iterator[Result]:
        """Start the threads, and yield what they return, if it is wanted, on the thread of the caller."""
        for thread in self._threads:
            thread.start()
        left = len(self._threads)
        while left:
            result = self._done.get()
            if result is _END:
                left -= 1
            elif isinstance(result, BaseException):
                raise result
            else:
                yield result

    def join(self, seconds: float) -> None:
        """Wait for the threads, but not for long."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self) -> None:
        try:
            while not self._stop.is_set():
                with self._guard:
                    item: Any = next(self._items, _END)
                if item is _END:
                    return
                result = self._act(item)
                if self._told:
                    self._done.put(result)
        except BaseException as error:
            self._done.put(error)
        finally:
            self._done.put(_END)


def at_work() -> bool:
    """Tell whether a thread of a crew still runs: one that could not be stopped within its time."""
    return any(thread.name == NAME for thread in threading.enumerate())
