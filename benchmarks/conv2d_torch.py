"""conv2d against torch.nn.functional.conv2d, float32, each side in a process of its own.

    python benchmarks/conv2d_torch.py [--side 1024] [--threads 2]

Threads of one library that wait for work disturb the other, so each side has a process of its own. They take
turns, with a pause in which the threads of the last one fall asleep. Torch reads the same contiguous
(N, C, H, W) array, without gradients. Results agree to 1e-5 of the largest sum of |weight| |x|.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from statistics import median
from typing import Any

import numpy as np
from timing import Bench, Row, Table, compared, difference, run

PAUSE = 0.25
"""Seconds after which no thread of the other process spins: OpenMP's wait 0.2 for more work."""

BURST = 40e-3
"""Seconds that a side is timed at a turn."""

TURNS = 5
"""Of each side."""


@dataclass(frozen=True)
class Layer:
    """One call: what is put through which filters."""

    inputs: int
    outputs: int
    kernel: int
    side: int
    stride: int = 1
    padding: int = 0
    groups: int = 1
    batch: int = 1

    def arrays(self) -> list[np.ndarray]:
        """Return the images, the weights and the biases."""
        rng = np.random.default_rng(0)
        shapes = (
            (self.batch, self.inputs, self.side, self.side),
            (self.outputs, self.inputs // self.groups, self.kernel, self.kernel),
            (self.outputs,),
        )
        return [rng.standard_normal(shape, dtype=np.float32) for shape in shapes]

    @property
    def options(self) -> dict[str, int]:
        """What both sides take beside arrays."""
        return {"stride": self.stride, "padding": self.padding, "groups": self.groups}

    @property
    def columns(self) -> Row:
        """What a table says of it."""
        return {
            "channels": f"{self.inputs}->{self.outputs}",
            "K": self.kernel,
            "stride": self.stride,
            "groups": self.groups,
            "batch": self.batch,
            "side": self.side,
        }


LAYERS = {
    "conv2d: first layers, depthwise, 1x1": [
        Layer(3, 64, 7, 224, stride=2, padding=3),
        Layer(3, 64, 7, 1024, stride=2, padding=3),
        Layer(3, 32, 3, 224, stride=2, padding=1, batch=8),
        Layer(3, 16, 3, 1024, stride=2, padding=1),
        Layer(1, 6, 5, 28, padding=2, batch=64),
        Layer(1, 6, 5, 28, padding=2, batch=16),
        Layer(32, 32, 1, 112),
        Layer(32, 32, 3, 112, padding=1, groups=32),
        Layer(32, 32, 5, 112, padding=2, groups=32),
    ],
    "conv2d: layers of many channels": [
        Layer(64, 64, 3, 56, padding=1),
        Layer(64, 128, 3, 56, stride=2, padding=1),
    ],
}


def of_channels(side: int, stride: int) -> list[Layer]:
    """Return few channels in and out, on a large image."""
    cases = [(1, 1, 3, 1), (3, 3, 3, 1), (3, 16, 3, 1), (16, 16, 3, 1), (1, 8, 5, 1), (3, 3, 3, 3)]
    return [
        Layer(inputs, outputs, kernel, side, stride, kernel // 2, groups)
        for inputs, outputs, kernel, groups in cases
    ]


def convpipe_side(layer: Layer, threads: int) -> Callable[[], np.ndarray]:
    import numba

    from convpipe import conv2d
    from convpipe.compile.runtime import threads as pool

    pool.prepare()
    numba.set_num_threads(threads)
    x, weight, bias = layer.arrays()
    return lambda: conv2d(x, weight, bias, **layer.options)


def torch_side(layer: Layer, threads: int) -> Callable[[], Any]:
    import torch

    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    tensors = [torch.from_numpy(array) for array in layer.arrays()]
    return lambda: torch.nn.functional.conv2d(*tensors, **layer.options)


def serve(pipe: Connection, side: Callable[[Layer, int], Callable[[], Any]], threads: int) -> None:
    """Answer a layer with its result, and None with the seconds of a call, until the pipe closes."""
    work: Callable[[], Any] = tuple
    while (asked := pipe.recv()) != "end":
        if asked is not None:
            work = side(asked, threads)
            pipe.send(np.asarray(work()))
            continue
        samples, began = [], time.perf_counter()
        while (start := time.perf_counter()) - began < BURST or len(samples) < 5:
            work()
            samples.append(time.perf_counter() - start)
        pipe.send(median(samples))


@dataclass
class Sides:
    """The two processes."""

    pipes: list[Connection] = field(default_factory=list)

    def results(self, layer: Layer) -> list[np.ndarray]:
        """Return what each side makes of a layer, which is the one that is timed from then on."""
        return [self._ask(pipe, layer) for pipe in self.pipes]

    def seconds(self) -> list[float]:
        """Return the median seconds of a call of each side."""
        turns = []
        for _ in range(TURNS):
            turns.append([])
            for pipe in self.pipes:
                time.sleep(PAUSE)
                turns[-1].append(self._ask(pipe, None))
        return [median(side) for side in zip(*turns, strict=True)]

    @staticmethod
    def _ask(pipe: Connection, asked: Layer | None) -> Any:
        pipe.send(asked)
        return pipe.recv()


@contextmanager
def sides(threads: int) -> Iterator[Sides]:
    """Start a process for each side, and end them."""
    context, found, workers = multiprocessing.get_context("spawn"), Sides(), []
    for side in (convpipe_side, torch_side):
        here, there = context.Pipe()
        workers.append(context.Process(target=serve, args=(there, side, threads), daemon=True))
        workers[-1].start()
        there.close()  # so that its end is noticed
        found.pipes.append(here)
    yield found
    for pipe, worker in zip(found.pipes, workers, strict=True):
        pipe.send("end")
        worker.join()


def compare(both: Sides, layer: Layer) -> Row:
    x, weight, _ = layer.arrays()
    scale = np.abs(weight).sum(axis=(1, 2, 3)).max() * np.abs(x).max()
    name = " ".join(map(str, layer.columns.values()))
    differs = difference(name, *both.results(layer), 1e-5 * float(scale))
    ours, theirs = both.seconds()
    return {
        **layer.columns,
        "convpipe ms": ours * 1e3,
        "torch ms": theirs * 1e3,
        "ratio": theirs / ours,
        "differs by": differs,
    }


def tables(bench: Bench) -> Iterator[Table]:
    given = dict(LAYERS)
    for stride in (1, 2):
        title = f"conv2d at stride {stride}, {bench.side}x{bench.side}"
        given[title] = of_channels(bench.side, stride)
    with sides(bench.threads) as both:
        for title, layers in given.items():
            yield compared(title, [compare(both, layer) for layer in layers])


if __name__ == "__main__":
    run(__doc__, tables, side=1024)
