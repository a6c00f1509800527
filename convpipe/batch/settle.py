"""The images of a run, worked off by threads: each settled and recorded, or dropped on a signal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from convpipe.batch.crew import Crew
from convpipe.batch.isolate import DecoderLost
from convpipe.batch.journal import Ledger
from convpipe.batch.outputs import Targets
from convpipe.batch.state import Run
from convpipe.batch.work import Work
from convpipe.report import ImageResult

Progress = Callable[[int, int, ImageResult], None]
"""Called with (images finished, images in all, the last result), on the thread of the caller."""

Pair = tuple[Path, Targets]
"""An image and its results, relative to their folders."""

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
    suspects: list[Pair] = []

    def settle(pair: Pair, again: bool) -> ImageResult | None:
        try:
            result = Work(run, *pair).run(again=again)
        except DecoderLost:
            suspects.append(pair)
            return None
        if result is not None:
            record(run, journal, result)  # here, on the worker's thread, so that a signal loses none
        return result

    # Those whose decoder was lost come last, alone: it may have been for want of memory or of time.
    crews = (
        Crew(partial(settle, again=False), pairs, hands, run.stop),
        Crew(partial(settle, again=True), suspects, 1, run.stop),
    )
    finished = 0
    try:
        for crew in crews:
            for result in crew.results():
                finished += result is not None
                if result is not None and progress is not None:
                    progress(finished, len(pairs), result)
    except KeyboardInterrupt as signal:
        return signal_code(signal)
    finally:
        _dismiss(run, crews)
    return None


def record(run: Run, journal: Ledger, result: ImageResult) -> None:
    """Append a result to the journal; without one the run cannot go on."""
    try:
        if result.kept:
            journal.keep(result)
        else:
            journal.append(result)
    except OSError as error:
        run.give_up(f"as the journal cannot be written ({error.strerror or error})")


def _dismiss(run: Run, crews: Sequence[Crew[Pair, ImageResult | None]]) -> None:
    run.end()
    run.reader.abort()
    try:
        for crew in crews:
            crew.join(GRACE_SECONDS)
    finally:  # a second signal is in more haste
        run.reader.close()
        run.drafts.close()
