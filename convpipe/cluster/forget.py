"""On the scheduler: nothing of an image is kept once the client was told of it.

By itself a scheduler keeps, for whoever looks at it later, the last thousand events of each topic, and of
each span all groups of tasks that there were and a line for each time that some were handed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from dask.typing import Key
from distributed import Scheduler, SchedulerPlugin

ELSEWHERE = (AttributeError, LookupError, TypeError)
"""Raised where another version of distributed keeps that elsewhere: the scheduler grows, the run goes on."""


class Forget(SchedulerPlugin):
    """Lets go of what was heard of a run, for the tasks of that run alone.

    Parameters
    ----------
    topic : str
        The name of the run. Keys of its tasks begin with it; they are in a span that no others are in.
    """

    def __init__(self, topic: str) -> None:
        self.topic, self.name = topic, f"{topic}-forget"

    async def start(self, scheduler: Scheduler) -> None:
        """Learn where it is."""
        self._scheduler = scheduler

    def log_event(self, topic: str, msg: Any) -> None:
        """Let go of what a worker told of an image, with all its lines of a table of objects.

        The client was sent it already.
        """
        if topic == self.topic:
            with suppress(*ELSEWHERE):
                self._scheduler._broker.truncate(topic)

    def update_graph(self, scheduler: Scheduler, *, tasks: Sequence[Key], **others: Any) -> None:
        """Let go of what a span has of tasks that were handed in before."""
        own = next((key for key in tasks if isinstance(key, str) and key.startswith(self.topic)), None)
        if own is None:
            return
        with suppress(*ELSEWHERE):
            group = scheduler.tasks[own].group
            span = scheduler.extensions["spans"].spans[group.span_id]
            span.groups.intersection_update({group})
            if span.metadata is not None:
                span.metadata["collections"].clear()
