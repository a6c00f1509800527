"""The log of a run in a store: below the URL of a folder of logs, parts of its own for each run."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from convpipe.batch.log import EventLog, FileLog, Log, line_of
from convpipe.errors import JobError
from convpipe.paths import Location
from convpipe.stores import Url
from convpipe.stores.parts import Parts
from convpipe.stores.store import Store

SECONDS = 10.0
"""A run that is killed loses the events of so many to its log."""


def opened_log(place: Location, told: Callable[[str], None]) -> Log:
    """Open a log: a file, or a folder of logs in a store; errors and parameters as of both."""
    return StoreLog(place, told) if isinstance(place, Url) else FileLog(place, told)


class StoreLog(EventLog):
    """Takes events, and writes them to a store every ten seconds, and at the end.

    Nothing is lost for want of a log: after the first part that cannot be written none is tried.

    Parameters
    ----------
    url : Url
        Below it the run gets a folder that is called after the time.
    told : callable
        Gets a text, once, if the log ends early.

    Raises
    ------
    JobError
        Nothing can be written there.
    """

    def __init__(self, url: Url, told: Callable[[str], None]) -> None:
        self._url, self._told = url.to_write("the log"), told
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        try:
            self._parts = Parts(Store(url), f"{now}-{secrets.token_hex(4)}", b"", SECONDS)
        except OSError as error:
            raise JobError(f"the log {str(url)!r} cannot be opened: {error.strerror}") from None
        self._begun, self._guard = False, threading.Lock()

    def event(self, event: str, *, level: str = "info", **fields: Any) -> None:
        """Take an event; the first is written at once, so that it is known whether a log can be."""
        if self._parts.failed is None:
            self._parts.add(line_of(event, level, fields))
        if self._begun:
            self._look()
            return
        self._parts.begin()
        if self._parts.failed is not None:
            raise JobError(f"the log {str(self._url)!r} cannot be opened: {self._parts.failed}")
        self._begun = True

    def close(self) -> None:
        """Write the last events."""
        self._parts.close()
        if self._begun:
            self._look()

    def _look(self) -> None:
        """Tell, once, if the log has ended early."""
        with self._guard:
            if self._parts.failed is None or not self.whole:
                return
            self.whole = False
        self._told(f"the log {str(self._url)!r} ends here: {self._parts.failed}; the run goes on")
