"""The images of a run, worked off by a cluster: a window of them at a time, each recorded here."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from distributed import Client

from convpipe import __version__
from convpipe.batch.journal import Ledger
from convpipe.batch.listing import is_file
from convpipe.batch.settle import GRACE_SECONDS, Pair, Progress, record, signal_code
from convpipe.batch.state import Run
from convpipe.batch.work import Work
from convpipe.cluster.blame import Blame
from convpipe.cluster.desk import Desk, Ended, SchedulerLost, scheduler_needed
from convpipe.cluster.forget import Forget
from convpipe.cluster.task import Assignment, Description, Filters
from convpipe.cluster.tries import DEATHS, Tries, Try
from convpipe.cluster.worker import Station, dismiss
from convpipe.errors import JobError
from convpipe.paths import Location
from convpipe.report import ImageResult, printable
from convpipe.stores import Url

WINDOW = 4
"""Images that a cluster has at once for each of its threads: enough that none waits for the client."""

REFILL = 4
"""The share of it that is handed in at once, as what it costs to hand in hardly depends on the number."""

LOOK_SECONDS = 0.5
"""How often the client looks which workers there are."""


class Cluster:
    """What works off the images of a run on the workers of a Dask cluster.

    Parameters
    ----------
    client : Client
    pipeline : Filters
    local : bool
        Whether the workers are processes of this one.
    """

    def __init__(self, client: Client, pipeline: Filters, *, local: bool) -> None:
        self._client, self._pipeline, self._local = client, pipeline, local
        self.cores = max(1, sum(client.nthreads().values()))

    def __call__(
        self, run: Run, journal: Ledger, pairs: Sequence[Pair], hands: int, progress: Progress | None
    ) -> int | None:
        """As :func:`convpipe.batch.settle.settle_all`."""
        name = f"convpipe-{uuid.uuid4().hex}"
        told = self._description(name, run, journal)
        threads = max(1, self.cores // max(1, len(pairs)))
        tries = Tries(pairs, run.job.retries)
        try:
            with _registered(self._client, told), Desk(self._client, name) as desk:
                round = _Round(run, journal, tries, desk, threads)
                return self._settle(round, len(pairs), progress)
        except SchedulerLost:
            address = self._client.scheduler.addr if self._client.scheduler else "of the cluster"
            run.give_up(f"as the scheduler {address} was lost; --resume goes on from there")
        finally:
            run.reader.close()
            run.output.end()
            for result in tries.failures():
                record(run, journal, result)
        return None

    def _settle(self, round: _Round, total: int, progress: Progress | None) -> int | None:
        finished = 0
        try:
            for result in round.results():
                finished += 1
                if progress is not None:
                    progress(finished, total, result)
        except KeyboardInterrupt as signal:
            round.run.end()
            return signal_code(signal)
        finally:
            if round.run.stop.is_set():
                self._dismiss(round)
        return None

    def _dismiss(self, round: _Round) -> None:
        """Have images in hand dropped at their next step, and take what is done within a short time."""
        with suppress(SchedulerLost, OSError):
            self._client.run(dismiss, round.desk.name, on_error="ignore")
            deadline = time.monotonic() + GRACE_SECONDS
            while round.desk.handed and (left := deadline - time.monotonic()) > 0:
                for ended in round.desk.collect(left):
                    round.keep(ended)

    def _description(self, name: str, run: Run, journal: Ledger) -> Description:
        job = replace(run.job, input=_whole(run.job.input), output=_whole(run.job.output))
        job = replace(job, files=None)  # there may be very many, and each is assigned
        job = job if job.mask is None else replace(job, mask=_whole(job.mask))
        folder, mark = not is_file(run.job.input), None if journal.mark is None else str(journal.mark)
        return Description(name, __version__, self._pipeline, job, folder, mark, self._local)


class _Round:
    """The loop of a run: fills the window, and takes what comes of it."""

    def __init__(self, run: Run, journal: Ledger, tries: Tries, desk: Desk, threads: int) -> None:
        self.run, self._journal, self._tries, self.desk, self._threads = run, journal, tries, desk, threads
        self._workers: dict[str, int] = {}
        self._looked = -LOOK_SECONDS

    def results(self) -> Iterator[ImageResult]:
        """Yield the results of images, each recorded, until all are settled or the run is stopped."""
        while not self.run.stop.is_set():
            lost = self._look()
            self._fill()
            if not (lost or self.desk.handed or self._tries.left):
                return
            for ended in lost or self.desk.collect(LOOK_SECONDS if self.desk.handed else LOOK_SECONDS / 10):
                result = self._settled(ended)
                if result is not None:
                    record(self.run, self._journal, result)
                    yield result

    def keep(self, ended: Ended) -> None:
        """Record what was still done when the run had been stopped."""
        outcome = ended.outcome
        if outcome is not None and outcome.result is not None:
            record(self.run, self._journal, self._counted(ended.one, outcome.result))

    def _look(self) -> list[Ended]:
        """See from time to time which workers there are, and return what was lost with others."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return []
        self._workers, self._looked = self.desk.workers(), time.monotonic()
        return self.desk.look(self._workers)

    def _fill(self) -> None:
        """Hand in as many images as the cluster is to have; suspects when nothing else is left."""
        window = WINDOW * max(1, sum(self._workers.values()))
        free = window - len(self.desk.handed)
        chosen: list[Try] = []
        while free >= window // REFILL and len(chosen) < free and (one := self._tries.take()) is not None:
            chosen.append(one)
        if chosen:
            self.desk.hand_in({one: self._assignment(one) for one in chosen})
        elif not self._tries.waiting and not any(each.worker is None for each in self.desk.handed.values()):
            self._hand_in_suspects()

    def _hand_in_suspects(self) -> None:
        """Give each worker one image that may be what killed another: now it can be told which."""
        busy = {each.worker for each in self.desk.handed.values()}
        for worker in self._workers.keys() - busy:
            if (one := self._tries.take_suspect()) is None:
                return
            self.desk.hand_in({one: self._assignment(one)}, worker)

    def _assignment(self, one: Try) -> Assignment:
        (image, targets), run = one.pair, self.run
        apart = [result.encoding.apart for result in run.results]
        past = run.past.of(image, zip(targets, apart, strict=True))
        members = run.members.get(image)
        last = self._tries.last(one)
        return Assignment(image, targets, past, members, self._threads, one.tries, last, one.again)

    def _settled(self, ended: Ended) -> ImageResult | None:
        """Return what became of an image; None if it was dropped or is to be tried again."""
        one, outcome = ended.one, ended.outcome
        if ended.died:
            if not self._tries.bury(one):
                return Work(self.run, *one.pair).quarantine(f"{DEATHS} workers died while they had it")
            self._log(one, "its worker was lost")
            return None
        if ended.error is not None:
            reason = printable(f"{type(ended.error).__name__}: {ended.error}")
            return ImageResult(str(one.pair[0]), "failed", "worker", reason)
        if outcome is None:
            self._tries.repeat(one)
            return None
        self.run.warn(outcome.warned)
        if outcome.stopped is not None:
            self.run.give_up(outcome.stopped)
        if outcome.lost is not None:
            self._tries.lose(one)
            self._log(one, outcome.lost)
            return None
        if outcome.result is None:
            return None
        result = self._counted(one, outcome.result)
        if outcome.may_pass and self._tries.retry(one, result):
            self._log(one, result.reason)
            return None
        return result

    def _counted(self, one: Try, result: ImageResult) -> ImageResult:
        """Return a result with its tries."""
        return replace(result, retries=one.tries - 1)

    def _log(self, one: Try, reason: str | None) -> None:
        again = {"image": str(one.pair[0]), "tries": one.tries, "reason": reason}
        self.run.log.event("retry", level="warning", job=self.run.job.name, **again)


@contextmanager
def _registered(client: Client, told: Description) -> Iterator[None]:
    """Describe a run to the workers there are, and to those to come.

    Raises
    ------
    JobError
        One of them cannot take part.
    """
    plugins = Blame(f"{told.name}-"), Forget(told.name)
    try:
        with scheduler_needed():
            for plugin in (*plugins, Station(told)):
                client.register_plugin(plugin)
        yield
    except ImportError as error:
        raise JobError(
            f"the cluster lacks a package: {error}; install there what is installed here"
        ) from None
    finally:
        if client.status == "running":
            with suppress(OSError, ValueError):
                client.unregister_worker_plugin(told.name)
                for plugin in plugins:
                    client.unregister_scheduler_plugin(plugin.name)


def _whole(place: Location) -> Location:
    """Return a place that means the same in another working directory."""
    return place if isinstance(place, Url) else Path(os.path.abspath(place))
