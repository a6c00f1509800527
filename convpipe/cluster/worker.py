"""On a worker: a run's folders are opened and its loops compiled once, and each task settles an image."""

from __future__ import annotations

import pickle
import signal
import threading
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from distributed import Worker, WorkerPlugin, get_worker

from convpipe import __version__
from convpipe.batch.budget import Budget, default_memory
from convpipe.batch.isolate import DecoderLost
from convpipe.batch.run import opened_run
from convpipe.batch.state import Run
from convpipe.batch.work import Work
from convpipe.cluster.task import Assignment, Description, Outcome
from convpipe.errors import ConvpipeError, JobError


class Station(WorkerPlugin):
    """What the tasks of a run share on a worker; one that joins later gets it, too.

    Parameters
    ----------
    description : Description
    """

    def __init__(self, description: Description) -> None:
        self.description, self.name = description, description.name

    def setup(self, worker: Worker) -> None:
        """Open the folders.

        Raises
        ------
        JobError
            This worker cannot do what the run asks for; the message names it.
        """
        self._opened = ExitStack()
        try:
            self.run = self._open(worker)
        except ConvpipeError as error:
            self._opened.close()
            raise JobError(f"the worker {worker.address} cannot take part: {error}") from None
        if self.description.local and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # what to end is the client's to say

    def teardown(self, worker: Worker) -> None:
        """Let go of all that is open, if it could be; images in hand are dropped at their next step."""
        if hasattr(self, "run"):
            self.dismiss()
            self.run.reader.close()
            self.run.output.end()
        self._opened.close()

    def dismiss(self) -> None:
        """Drop images in hand at their next step."""
        self.run.end()
        self.run.reader.abort()

    def settle(self, assignment: Assignment, nthreads: int) -> Outcome:
        """Settle an image, on the thread of a task.

        Parameters
        ----------
        assignment : Assignment
        nthreads : int
            Tasks that run beside each other here. Each of them filters on its share of so many threads.
        """
        image, members = assignment.image, assignment.members
        run = replace(
            self.run,
            job=replace(self.run.job, resume=self.run.job.resume or assignment.again),
            past=assignment.past,
            members={} if members is None else {image: members},
            threads=max(1, min(assignment.threads, nthreads)),
        )
        work = Work(run, image, assignment.targets)
        try:
            result = work.run(tries=assignment.tries, last=assignment.last)
        except DecoderLost as error:
            return Outcome(None, lost=str(error))
        return Outcome(result, work.may_pass, None, run.stopped, tuple(run.warned.values()))

    def _open(self, worker: Worker) -> Run:
        """Return what the images share here, if this worker sees what the client sees."""
        told = self.description
        if told.version != __version__:
            raise JobError(f"it has convpipe {__version__}, and the client {told.version}; install the same")
        told.pipeline.engine.check()
        budget = Budget(told.job.memory or _memory(worker, told.job.isolate))
        root = told.job.input if told.folder else told.job.input.parent
        opened = opened_run(told.pipeline.engine, told.pipeline.gauge, told.job, root, budget)
        run = self._opened.enter_context(opened)
        if told.journal is not None and not run.output.taken(Path(told.journal)):
            raise JobError(
                f"its output folder {str(told.job.output)!r} has no journal of this run, and is not the "
                "client's; all of them need one file system"
            )
        return run


def _memory(worker: Worker, isolate: bool) -> int:
    """Return the bytes that images may take on a worker, beyond which its nanny would end it."""
    allowed = worker.memory_manager.memory_limit
    return default_memory(worker.state.nthreads if isolate else 0, allowed)


def settle(name: str, assignment: Assignment) -> None:
    """Settle an image of the run of that name, a task, and tell the client what came of it.

    That is an event, which is sent before the end of the task. What a task returns would stay here until the
    client had asked the scheduler for it, and be lost with the worker until then.
    """
    worker = get_worker()
    outcome = _station(worker, name).settle(assignment, worker.state.nthreads)
    worker.log_event(name, {"key": worker.get_current_task(), "outcome": pickle.dumps(outcome)})


def dismiss(name: str, dask_worker: Worker) -> None:
    """Drop the images in hand of a run, at their next step."""
    if name in dask_worker.plugins:
        _station(dask_worker, name).dismiss()


def _station(worker: Worker, name: str) -> Station:
    station = worker.plugins[name]
    assert isinstance(station, Station)
    return station
