"""When it is recorded how far results are, so that another run can go on with them."""

from __future__ import annotations

import time

from convpipe.losses import Losses
from convpipe.streaming.sinks import Opened

SECONDS = 10.0
"""Between two records: what one counts on is brought to the disk, which takes a part of a second."""


class Recorder:
    """Records now and then how far results are.

    Parameters
    ----------
    writing : Opened
    tallest : int
        Rows of the tallest result: when all of them are there nothing is recorded, as the end is near.
    """

    def __init__(self, writing: Opened, tallest: int) -> None:
        self._writing, self._tallest = writing, tallest
        self._last = time.monotonic()

    def passed(self, rows: int, losses: Losses) -> None:
        """Record that all has come that belongs to so many rows of the tallest result, if it is time to.

        And what was lost in them, by this run.
        """
        if rows < self._tallest and time.monotonic() - self._last >= SECONDS:
            self._writing.record(rows, losses)
            self._last = time.monotonic()
