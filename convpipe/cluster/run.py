"""``run_folder`` on a cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from distributed import Client

from convpipe.batch.job import FolderJob
from convpipe.batch.log import Log
from convpipe.batch.run import Watch, run_job
from convpipe.batch.settle import Progress
from convpipe.cluster.connect import connected, is_local
from convpipe.cluster.settle import Cluster
from convpipe.cluster.task import Filters
from convpipe.errors import JobError
from convpipe.paths import Location, located
from convpipe.report import Report
from convpipe.stores import Url


def run_folder(
    pipeline: Filters,
    where: str | Client,
    input: str | Location,
    output: str | Location,
    *,
    told: Callable[[str], None] | None = None,
    **options: Any,
) -> Report:
    """Filter every image below `input` on the workers of a cluster; as :func:`convpipe.batch.run_folder`.

    Workers read images and write results themselves, so all of them, and this process, need the same folders
    under the same names, or may ask the same store. The journal is written here.

    Parameters
    ----------
    pipeline : Filters
        A :class:`convpipe.Pipeline`.
    where : str or distributed.Client
        See :func:`convpipe.cluster.connected`.
    input, output : path, URL or Url
    told : callable, optional
        Gets a text that a person may want to see: where the dashboard is.
    **options
        As for :func:`convpipe.batch.run_folder`; `memory` is that of each worker.

    Raises
    ------
    JobError
        If the job cannot start, or there is no such cluster.
    """
    progress: Progress | None = options.pop("progress", None)
    log: Log | None = options.pop("log", None)
    options.pop("gauge", None)  # is the pipeline's
    job = FolderJob(located(input), located(output), **options)
    _check_unsigned(job)
    if job.workers is not None:
        raise JobError("how many images a cluster filters at once is said by the threads of its workers")
    with connected(where) as client:
        if told is not None:
            told(f"the dashboard of the cluster: {client.dashboard_link}")
        settler = Cluster(client, pipeline, local=is_local(where))
        return run_job(pipeline.engine, pipeline.gauge, job, settler, Watch(progress, log or Log()))


def _check_unsigned(job: FolderJob) -> None:
    """Refuse to send a signature to a scheduler, which keeps what tasks need, and tells it on its page."""
    for what, place in (("input", job.input), ("mask", job.mask)):
        if isinstance(place, Url) and place.query:
            raise JobError(
                f"the {what} {str(place)!r} has a query, which may be a signature, and is not sent to "
                "workers; they have credentials of their own"
            )
