"""A cluster by its name: one of processes here, or one whose scheduler has an address."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import dask
from distributed import Client, LocalCluster

from convpipe.batch.settle import Threads
from convpipe.errors import JobError

LOCAL = "local:"
"""What the name of a cluster of processes here begins with; their number follows."""

MOST = 1024
"""Processes of such a cluster."""

WAIT_SECONDS = 30.0
"""How long a scheduler may take to answer, and to have a worker."""

QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.low-level-log-length": 100,
    "distributed.admin.system-monitor.log-length": 100,
}
"""Settings of such a cluster: else each process samples its stack a hundred times a second, and keeps the
profiles of a thousand seconds, some 40 MB."""


def is_local(where: str | Client) -> bool:
    """Tell whether the workers of a cluster of that name are processes that it starts."""
    return isinstance(where, str) and where.startswith(LOCAL)


@contextmanager
def connected(where: str | Client) -> Iterator[Client]:
    """Connect to a cluster that has workers, and let go of it at the end.

    Parameters
    ----------
    where : str or distributed.Client
        ``local:N`` starts N processes on this machine, which end with the block; else the address of a
        scheduler, as ``tcp://host:8786``. A client stays as it is.

    Raises
    ------
    JobError
        There is no such cluster, or it has no workers.
    """
    if isinstance(where, Client):
        yield where
        return
    with ExitStack() as stack:
        count = _processes(where)
        client = _of_address(where) if count is None else _of_processes(count, stack)
        stack.enter_context(client)
        try:
            client.wait_for_workers(1, timeout=WAIT_SECONDS)
        except TimeoutError:
            raise JobError(
                f"the scheduler {where!r} has no workers; start some: dask worker {where}"
            ) from None
        yield client


def _processes(where: str) -> int | None:
    """Return how many processes a name asks for; None where it is an address."""
    if not is_local(where):
        return None
    found = re.fullmatch(r"[1-9][0-9]{0,3}", where.removeprefix(LOCAL))
    if found is None or int(found[0]) > MOST:
        raise JobError(f"a cluster needs local:N, of 1 to {MOST} processes; given {where!r}")
    return int(found[0])


def _of_processes(count: int, stack: ExitStack) -> Client:
    """Start processes that share the cores of this one; their dashboard is for this machine alone."""
    with dask.config.set(QUIET):
        cluster = LocalCluster(
            n_workers=count,
            threads_per_worker=max(1, Threads().cores // count),
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        )
        return Client(stack.enter_context(cluster))


def _of_address(address: str) -> Client:
    try:
        return Client(address, timeout=WAIT_SECONDS)
    except (OSError, ValueError) as error:
        raise JobError(
            f"no scheduler answers at {address!r} ({error}); needs an address as tcp://host:8786"
        ) from None
