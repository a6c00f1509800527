"""A simulation of a folder job on a cluster, with constants that are measured here, held against a run.

    python benchmarks/scale.py [--images 300] [--side 1024]

One worker of this machine gives the constants. The simulation says with them what two workers take; a run of
two says what they do. Then it says what N workers with a core each would.
"""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from cluster import Timed, photographs, timed, workers
from timing import Bench, Row, Table, run

from convpipe.batch.settle import Threads
from convpipe.cluster.settle import WINDOW

BILLION = 1e9

NETWORK = 1.25e9
"""Bytes a second of a file server behind 10 Gbit/s; assumed, as there is none here."""


@dataclass(frozen=True)
class Constants:
    """What an image takes, in seconds.

    Parameters
    ----------
    worker : float
        Of a worker's core: codec, loop, and the task.
    waits : float
        Of a worker, for the disk.
    client : float
        Of the client's core: the client and the scheduler.
    network : float
        Of the file server's line.
    """

    worker: float
    waits: float
    client: float
    network: float = 0.0

    @classmethod
    def of(cls, one: Timed) -> Constants:
        """Return the constants of a run of one worker, which the client's work hides behind."""
        return cls(one.worker, max(0.0, one.wall - one.worker), one.client)


class Station:
    """What serves one after the other, in the order in which they come: some cores, a line."""

    def __init__(self, places: int) -> None:
        self._free = [0.0] * places

    def serve(self, now: float, seconds: float) -> float:
        """Return when a service ends that is asked for at a time, no earlier than all before."""
        end = max(now, heapq.heappop(self._free)) + seconds
        heapq.heappush(self._free, end)
        return end


def simulate(cost: Constants, images: int, machines: int, cores: int | None = None) -> float:
    """Return the seconds that a job takes.

    Parameters
    ----------
    cost : Constants
    images : int
    machines : int
        Workers of a thread each.
    cores : int, optional
        That workers and client share; default: each has one of its own.
    """
    shared = Station(cores) if cores else None
    client = shared or Station(1)
    line, idle = Station(1), machines
    numbers, events = count(), list[tuple[float, int, str]]()
    queued = handed = done = 0
    now = client_free = 0.0

    def at(time: float, what: str) -> None:
        heapq.heappush(events, (time, next(numbers), what))

    def by_client(seconds: float) -> float:
        nonlocal client_free
        client_free = client.serve(max(now, client_free), seconds)
        return client_free

    def hand_in() -> None:
        nonlocal handed
        handed += 1
        at(by_client(cost.client / 2), "queued")

    for _ in range(min(images, WINDOW * machines)):
        hand_in()
    while done < images:
        now, _, what = heapq.heappop(events)
        if what == "queued":
            queued += 1
        elif what == "made":
            idle += 1
            at(by_client(cost.client / 2), "told")
        else:
            done += 1
            if handed < images:
                hand_in()
        while queued and idle:
            queued, idle = queued - 1, idle - 1
            here = line.serve(now, cost.network) if cost.network else now
            end = shared.serve(here, cost.worker) if shared else here + cost.worker
            at(end + cost.waits, "made")
    return now


def bottleneck(cost: Constants, machines: int) -> str:
    """Return what is busiest."""
    each = {
        "workers": (cost.worker + cost.waits) / machines,
        "client": cost.client,
        "file server": cost.network,
    }
    return max(each, key=each.__getitem__)


def predicted(one: Timed, two: Timed, images: int) -> Row:
    """Return what the simulation says of two workers, and what they took."""
    cores = Threads().cores
    cost = Constants.of(one)
    said, took = simulate(cost, images, 2, cores) / images, two.wall
    return {
        "images": images,
        "cores": cores,
        "worker's processor ms": cost.worker * 1e3,
        "disk ms": cost.waits * 1e3,
        "client ms": cost.client * 1e3,
        "one worker ms": one.wall * 1e3,
        "two predicted ms": said * 1e3,
        "two measured ms": took * 1e3,
        "off %": (said / took - 1) * 100,
    }


def scaled(one: Timed, nbytes: float) -> Iterator[Row]:
    """Yield what numbers of workers would take, each with a core, beside a client with one."""
    cost = replace(Constants.of(one), network=nbytes / NETWORK)
    for machines in (1, 2, 4, 8, 16, 32, 64, 128, 256):
        images = 200 * machines
        each = simulate(cost, images, machines) / images
        yield {
            "workers": machines,
            "images a second": 1 / each,
            "of one worker's": (cost.worker + cost.waits) / each,
            "busiest": bottleneck(cost, machines),
            "days a billion": each * BILLION / 86400,
            "core-days a billion": each * BILLION / 86400 * (machines + 1),
        }


def tables(bench: Bench) -> Iterator[Table]:
    images = bench.flags["images"]
    with tempfile.TemporaryDirectory() as name:
        source, output = Path(name, "in"), Path(name, "out")
        photographs(source, images, bench.side)
        nbytes = 2 * sum(file.stat().st_size for file in source.iterdir()) / images
        with workers(1) as client:
            one = timed(client, source, output)
        with workers(2) as client:
            two = timed(client, source, output)
    title = f"PNGs of {bench.side} x {bench.side} grey"
    yield Table(f"{title}: two workers, predicted and measured", [predicted(one, two, images)])
    yield Table(f"{title}: N workers, simulated", list(scaled(one, nbytes)))


if __name__ == "__main__":
    run(__doc__, tables, side=1024, runs=1, flags={"images": (300, "PNGs")})
