"""Where on its way an image of a run is, and what is known of it so far."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any

from convpipe.report import ImageResult, Status, Steps, printable
from convpipe.streaming.watch import Watch


class Dropped(Exception):  # noqa: N818
    """The run was stopped before this image was done."""


class Course:
    """The way of an image from its file to its results, as its record will have it.

    Parameters
    ----------
    relative : Path
        The image, relative to the input folder.
    stop : Event
        Once set, the image is dropped at its next step.

    Attributes
    ----------
    stage : str
        The step that it is at.
    known : dict
        Fields of its result.
    """

    def __init__(self, relative: Path, stop: Event) -> None:
        self.stage = "read"
        self.known: dict[str, Any] = {"path": str(relative)}
        self._stop = stop
        self._began = self._entered = time.perf_counter()
        self._spent = dict.fromkeys(Steps._fields, 0.0)

    def enter(self, stage: str) -> None:
        """Begin a step.

        Raises
        ------
        Dropped
            The run was stopped.
        """
        self.go_on()
        self._leave()
        self.stage = stage

    def go_on(self) -> None:
        """Raise :class:`Dropped` if the run was stopped."""
        if self._stop.is_set():
            raise Dropped

    def _leave(self) -> None:
        """Count the time since the last step began for that."""
        now = time.perf_counter()
        self._spent[self.stage] += now - self._entered
        self._entered = now

    def share_out(self, watch: Watch) -> None:
        """Count the time since the last step began for what threads were busy with."""
        now = time.perf_counter()
        for step, seconds in watch.shares(now - self._entered).items():
            self._spent[step] += seconds
        self._entered = now

    def learn(self, **fields: Any) -> None:
        """Keep fields of the result."""
        self.known |= fields

    def note(self, notes: Sequence[str]) -> None:
        """Keep notes that are new."""
        if notes:
            known = self.known.get("notes", ())
            self.learn(notes=tuple(dict.fromkeys([*known, *map(printable, notes)])))

    def result(self, status: Status, **fields: Any) -> ImageResult:
        """Return the result, with what else is known."""
        self._leave()
        seconds = round(self._entered - self._began, 6)
        steps = Steps(**{step: round(spent, 6) for step, spent in self._spent.items()})
        return ImageResult(status=status, seconds=seconds, steps=steps, **self.known, **fields)

    def failure(self, stage: str, reason: str) -> ImageResult:
        """Return the result of an image that failed."""
        return self.result("failed", stage=stage, reason=printable(reason))
