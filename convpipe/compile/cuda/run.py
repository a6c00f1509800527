"""Run a plan on a CUDA device: the chain of kernels of :mod:`convpipe.compile.cuda.emit`.

Nothing here touches the device before the first image. Images of several threads are on the device at
once, each on a stream of its own, so that the copies of one overlap the kernels of another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, pairwise
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.compile.cuda.device import OutOfMemory, Slot, slot
from convpipe.compile.cuda.emit import lower
from convpipe.compile.cuda.passes import Pass, Values
from convpipe.compile.cuda.tiles import Group, Tiling
from convpipe.compile.runtime.cache import module_of
from convpipe.errors import BackendError
from convpipe.geometry import border_index
from convpipe.ops import stored
from convpipe.plan import Plan

Span = tuple[int, int]
"""Rows from the first to before the last."""


@dataclass(frozen=True)
class Executable:
    """A pipeline as CUDA kernels, for one image extent, dtype and channel count.

    Parameters
    ----------
    plan : Plan
    source : str
        The generated Python.
    groups : tuple of Group
        The passes of each kernel.
    values : Values
    tiling : Tiling
    notes : list of str
        What a person should know of the runs so far.
    """

    plan: Plan
    source: str
    groups: tuple[Group, ...]
    values: Values
    tiling: Tiling
    notes: list[str] = field(default_factory=list)

    def __call__(self, image: NDArray[Any], threads: int | None = None) -> tuple[NDArray[Any], int]:
        """Filter one image; the contract is that of :class:`convpipe.compile.cpu.executable.Executable`.

        An image that does not fit the device's memory goes through it in bands of rows, with the same
        result.

        Raises
        ------
        BackendError
            If the device cannot be used, or not even a band of one row fits its memory.
        """
        plan = self.plan
        rows, cols = plan.input
        flat = np.ascontiguousarray(image, stored(plan.dtype)).reshape(rows, cols * plan.channels)
        out = np.empty((plan.extent[0], plan.extent[1] * plan.output_channels), stored(plan.output_dtype))
        nans = self._whole_or_in_bands(flat, out)
        out = out.astype(plan.output_dtype, copy=False)
        return out.reshape(plan.result_shape(image.ndim)), nans

    def _whole_or_in_bands(self, image: NDArray[Any], out: NDArray[Any]) -> int:
        bands = 1
        while True:
            try:
                nans = self.run(image, out, bands)
            except OutOfMemory:
                if bands >= len(out):
                    raise BackendError("the device's memory does not hold one row of the result") from None
                bands = min(2 * bands, len(out))
                continue
            if bands > 1:
                self.notes.append(
                    f"the device's memory is too small for the image: filtered in {bands} bands"
                )
            return nans

    def run(self, image: NDArray[Any], out: NDArray[Any], bands: int = 1) -> int:
        """Fill `out` from `image`, both (rows, cols * channels), in `bands` bands of rows.

        The result has the same bytes whatever their number.
        """
        edges = [len(out) * band // bands for band in range(bands + 1)]
        return sum(self._band(image, out, span) for span in pairwise(edges))

    def _band(self, image: NDArray[Any], out: NDArray[Any], span: Span) -> int:
        spans = self.spans(span)
        with slot() as device:
            kernels = Chain(self, device, spans)
            first, last = spans[0]
            device.receive(kernels(device.send(image[first:last])), out[span[0] : span[1]])
            return kernels.nans()

    def cols(self, group: Group) -> int:
        """Return the columns of what `group` gives."""
        return int(self.values.geometry[group.passes[-1].index, 3])

    def kernel(self, group: Group) -> Any:
        """Return the kernel of `group`, which Numba compiles when it is first launched."""
        return getattr(_load(self.source), f"group_{group.index}")

    def grid(self, group: Group, rows: int) -> tuple[int, int]:
        """Return how many blocks compute `rows` rows of what `group` gives."""
        tile = group.tile
        cols = self.cols(group)
        blocks = -(-rows // tile[0]) * -(-cols // tile[1]) if group.fits else -(-rows * cols // tile[1])
        return blocks, group.passes[0].level.channels if group.apart else 1

    def spans(self, span: Span) -> list[Span]:
        """Return the rows of the image, and of every group's result, that the result's rows `span` need."""
        spans = [span]
        for group in reversed(self.groups):
            for one in reversed(group.passes):
                span = self._under(one, span)
            spans.append(span)
        return spans[::-1]

    def _under(self, one: Pass, span: Span) -> Span:
        """Return the rows of its input that the rows `span` of its result read, as one span."""
        geometry = self.values.geometry[one.index]
        rows, top, border = int(geometry[0]), int(geometry[4]), int(geometry[6])
        first = span[0] * one.stride[0] - top
        last = first + one.input_extent((span[1] - span[0], 1))[0]
        beyond = chain(range(first, min(last, 0)), range(max(first, rows), last))
        read = [index for i in beyond if (index := border_index(i, rows, border)) >= 0]
        if max(first, 0) < min(last, rows):
            read += [max(first, 0), min(last, rows) - 1]
        return (min(read), max(read) + 1) if read else (0, 1)

    def warm(self) -> None:
        """Compile the kernels, by filtering an image of zeros."""
        shape = (*self.plan.input, self.plan.channels)
        self(np.zeros(shape, stored(self.plan.dtype)))


class Chain:
    """The kernels with all that they need on the device, for images that are there.

    Parameters
    ----------
    run : Executable
    device : Slot
    spans : sequence of (first, last), optional
        Rows of the image and of every group's result, from :meth:`Executable.spans`; default: all.
    """

    def __init__(self, run: Executable, device: Slot, spans: Sequence[Span] | None = None) -> None:
        self._run, self._device = run, device
        self._spans = spans or run.spans((0, run.plan.extent[0]))
        values = run.values
        vectors = (values.geometry, values.weights, values.constants, values.outside)
        self._vectors = [device.copy(vector) for vector in vectors]
        self._counter = device.copy(np.zeros(1, np.int32))
        self._results = [
            device.empty(*self._result(group, last - first))
            for group, (first, last) in zip(run.groups, self._spans[1:], strict=True)
        ]

    def _result(self, group: Group, rows: int) -> tuple[tuple[int, int], str]:
        """Return the shape and dtype of `rows` rows of what `group` gives."""
        plan, samples = self._run.plan, self._run.cols(group) * group.passes[-1].outputs
        dtype = stored(plan.output_dtype) if group is self._run.groups[-1] else plan.compute
        return (rows, samples), dtype

    def __call__(self, source: Any) -> Any:
        """Launch the kernels on the device array `source`; return the last one's result, which is theirs."""
        run = self._run
        row0 = self._spans[0][0]
        for group, result, (first, last) in zip(run.groups, self._results, self._spans[1:], strict=True):
            kernel = run.kernel(group)[run.grid(group, last - first), run.tiling.threads, self._device.stream]
            kernel(source, result, *self._vectors, self._counter, row0, first)
            source, row0 = result, first
        return source

    def nans(self) -> int:
        """Return how many NaNs became 0."""
        found = np.empty(1, np.int32)
        self._device.receive(self._counter, found)
        return int(found[0])


@cache
def _load(source: str) -> ModuleType:
    digest = hashlib.sha256(source.encode()).hexdigest()
    return module_of(source, digest)


def compile_plan(plan: Plan, tiling: Tiling | None = None) -> Executable:
    """Return `plan` as CUDA kernels; they are compiled when the first image comes."""
    tiling = tiling or Tiling()
    source, groups, values = lower(plan, tiling)
    return Executable(plan, source, groups, values, tiling)
