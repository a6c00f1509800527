"""On the scheduler: the death of a worker is told at once of each image that it had.

By itself a scheduler gives a task to further workers, of which it kills one after the other, together with
what they do for others, until its setting ``allowed-failures`` says that it is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dask.typing import Key
from distributed import Scheduler, SchedulerPlugin


class Blame(SchedulerPlugin):
    """Lets no task of a run outlive its worker; tasks of others are left as they are.

    Parameters
    ----------
    name : str
        What the keys of the tasks begin with.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def update_graph(self, scheduler: Scheduler, *, tasks: Sequence[Key], **others: Any) -> None:
        """Count all failures that are allowed as had, before a task begins."""
        for key in tasks:
            if isinstance(key, str) and key.startswith(self.name):
                scheduler.tasks[key].suspicious = scheduler.allowed_failures
