"""The images of a run, worked off by threads: each settled and recorded, or dropped on a signal."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from convpipe.batch import again
from convpipe.batch.crew import Crew
from convpipe.batch.isolate import DecoderLost
from convpipe.batch.journal import Ledger
from convpipe.batch.outputs import Targets
from convpipe.batch.state import Run
from convpipe.batch.work import Work
from convpipe.errors import JobError
from convpipe.report import ImageResult

Progress = Callable[[int, int, ImageResult], None]
"""Called with (images finished, images in all, the last result), on the thread of the caller."""

Pair = tuple[Path, Targets]
"""An image and its results, relative to their folders."""


class Settler(Protocol):
    """What works off the images of a run."""

    @property
    def cores(self) -> int:
        """How many images at once it has cores for."""

    def __call__(
        self, run: Run, journal: Ledger, pairs: Sequence[Pair], hands: int, progress: Progress | None
    ) -> int | None:
        """As :func:`settle_all`."""


class Threads:
    """Threads of this process."""

    @property
    def cores(self) -> int:
        """The cores that this process may use."""
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    def __call__(
        self, run: Run, journal: Ledger, pairs: Sequence[Pair], hands: int, progress: Progress | None
    ) -> int | None:
        """As :func:`settle_all`."""
        return settle_all(run, journal, pairs, hands, progress)


GRACE_SECONDS = 2.0
"""How long images in hand may take to come to a step where they can be dropped, once a signal came."""


class Terminated(KeyboardInterrupt):
    """SIGTERM, raised by the signal handler of whoever runs the batch."""


def signal_code(signal: KeyboardInterrupt) -> int:
    """Return the exit code of a run that a signal ended."""
    return 143 if isinstance(signal, Terminated) else 130


def settle_all(
    run: Run, journal: Ledger, pairs: Sequence[Pair], hands: int, progress: Progress | None
) -> int | None:
    """Settle every image, and return the exit code of the signal that ended the run early, if one did.

    On a signal the images being written are finished, the others dropped at their next step; one that does
    not come to it in time is abandoned, and its unfinished file removed.

    Parameters
    ----------
    run : Run
    journal : Ledger
        Gets a record of each image.
    pairs : sequence of (Path, tuple of Path)
    hands : int
        Number of threads.
    progress : callable or None
    """
    tries = Tries(run, journal, told=progress is not None)
    crews: list[Crew[Pair, ImageResult | None]] = []
    finished = 0
    try:
        for crew in tries.crews(pairs, hands):
            crews.append(crew)
            for result in crew.results():
                finished += result is not None
                if result is not None and progress is not None:
                    progress(finished, len(pairs), result)
    except KeyboardInterrupt as signal:
        return signal_code(signal)
    finally:
        _dismiss(run, crews)
        tries.give_up()
    return None


class Tries:
    """Rounds in which images are tried: all of them, and then those that failed for what may pass.

    Parameters
    ----------
    run : Run
    journal : Ledger
    told : bool
        Whether somebody wants to know of each image that is settled.
    """

    def __init__(self, run: Run, journal: Ledger, *, told: bool) -> None:
        self._run, self._journal, self._told = run, journal, told
        self._round = 0
        self._failed: dict[Pair, ImageResult] = {}
        self._lost: list[Pair] = []

    def crews(self, pairs: Sequence[Pair], hands: int) -> Iterator[Crew[Pair, ImageResult | None]]:
        """Yield a crew for each part of the work; the next one is asked for when it is done.

        Those whose decoder was lost come last, alone, once at least: it may have been for want of memory or
        of time.
        """
        retries, stop = self._run.job.retries, self._run.stop
        yield Crew(self._settle, pairs, hands, stop, told=self._told)
        while self._failed or self._lost:
            failed, lost = list(self._failed), list(self._lost)
            self._round += 1
            if stop.wait(again.delay(self._round) if retries else 0):
                return
            self._lost.clear()
            yield Crew(self._settle, failed, min(hands, max(1, len(failed))), stop, told=self._told)
            yield Crew(self._settle, lost, 1, stop, told=self._told)

    def give_up(self) -> None:
        """Record as failed what was to be tried again, where the run has ended before that."""
        for result in self._failed.values():
            record(self._run, self._journal, result)

    def _settle(self, pair: Pair) -> ImageResult | None:
        """Settle an image; None if it was dropped or is to be tried again."""
        work = Work(self._run, *pair)
        try:
            result = work.run(tries=self._round + 1, last=self._round >= max(1, self._run.job.retries))
        except DecoderLost as error:
            self._failed.pop(pair, None)
            self._lost.append(pair)
            self._log(pair[0], str(error))
            return None
        if result is None:
            return None
        if self._round:
            result = replace(result, retries=self._round)
        if work.may_pass and self._round < self._run.job.retries:
            self._failed[pair] = result
            self._log(pair[0], result.reason)
            return None
        if self._round:
            self._failed.pop(pair, None)
        record(self._run, self._journal, result)  # on the worker's thread, so that a signal loses none
        return result

    def _log(self, image: Path, reason: str | None) -> None:
        again = {"image": str(image), "tries": self._round + 1, "reason": reason}
        self._run.log.event("retry", level="warning", job=self._run.job.name, **again)


def record(run: Run, journal: Ledger, result: ImageResult) -> None:
    """Append a result to the journal, without which the run cannot go on, and to the log."""
    run.log.image(run.job.name, result)
    try:
        if result.kept:
            journal.keep(result)
        else:
            journal.append(result)
    except OSError as error:
        run.give_up(f"as the journal cannot be written ({error.strerror or error})")
    except JobError as error:
        run.give_up(f"as {error}")


def _dismiss(run: Run, crews: Sequence[Crew[Pair, ImageResult | None]]) -> None:
    run.end()
    run.reader.abort()
    try:
        for crew in crews:
            crew.join(GRACE_SECONDS)
    finally:  # a second signal is in more haste
        run.reader.close()
        run.output.end()
