"""What a task does: the results on one cell of a grid, from the region of the image that they are made of."""

from __future__ import annotations

import threading
import warnings
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convpipe.blocks.grid import Cell, Grid
from convpipe.blocks.layout import Layout
from convpipe.compile.runtime import environment, start
from convpipe.geometry import Axis
from convpipe.losses import NO_LOSSES
from convpipe.ops import stored
from convpipe.plan import Output, Plan
from convpipe.plan.demand import Region
from convpipe.plan.roi import RoiPlan, roi_plan
from convpipe.polyphase import Polyphase

if TYPE_CHECKING:
    from convpipe.compile.cpu.graphs import GraphExecutable

MOST_KINDS = 64
"""Kinds of cells whose loops are kept: inside an image all are of one, beside its borders of eight others."""


@dataclass(frozen=True)
class Maker:
    """Makes the results on the cells of a grid; it can be pickled, and many threads can ask it at once.

    Parameters
    ----------
    grid : Grid
    layout : Layout
        Of the blocks.
    """

    grid: Grid
    layout: Layout
    _kinds: _Kinds = field(default_factory=lambda: _Kinds(), compare=False, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return Maker, (self.grid, self.layout)

    def __call__(self, cell: Cell, block: NDArray[Any]) -> Any:
        """Return the results on a cell, on the calling thread.

        Parameters
        ----------
        cell : Cell
        block : ndarray
            The region of the image that they are made of, with all channels, of some pages.

        Returns
        -------
        ndarray or dict of them
            A dict by name, of several results.

        Warns
        -----
        RuntimeWarning
            If samples were lost, as of a pipeline that is called.
        """
        plan = self.grid.plan
        images = self.layout.images(block)
        roi, run = self._kinds.find(plan, self.grid, cell)
        whole = self.grid.reads(cell)
        made: dict[str, list[NDArray[Any]]] = {output.name: [] for output in plan.outputs}
        losses = NO_LOSSES
        for image in images:
            first, *others = (_cut(image, region, whole) for _, region in roi.reads)
            results, lost = run.outputs(first, 1, others=others)
            losses += lost
            for output in plan.outputs:
                wanted = self.grid.wanted(cell)[output.node]
                made[output.name].append(_cut(results[output.name], wanted, roi.made[output.node]))
        for note in losses.notes:
            warnings.warn(f"{note} (in one of the chunks)", RuntimeWarning, stacklevel=2)
        pages = tuple(block.shape[axis] for axis in self.layout.pages)
        found = {name: self.layout.restored(np.stack(each), pages) for name, each in made.items()}
        if plan.beside:
            return found
        (result,) = found.values()
        return result


def joined(counts: Sequence[int], parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return the parts of an array, of which so many lie along each axis, the last first, as one array.

    Examples
    --------
    >>> joined((2, 2), [np.array([[each]]) for each in (1, 2, 3, 4)])
    array([[1, 2],
           [3, 4]])
    """
    for axis in reversed(range(len(counts))):
        if (count := counts[axis]) > 1:
            parts = [np.concatenate(parts[at : at + count], axis) for at in range(0, len(parts), count)]
    (whole,) = parts
    return np.asarray(whole)


class _Kinds:
    """What runs the cells of each kind: those of one kind have the same extents and borders."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, GraphExecutable] = OrderedDict()

    def find(self, plan: Plan, grid: Grid, cell: Cell) -> tuple[RoiPlan, GraphExecutable]:
        """Return the plan of a cell, and what runs it."""
        environment.check()
        with start.LOADING:
            from convpipe.compile.common.pictures import Picture
            from convpipe.compile.cpu.graphs import GraphExecutable

        roi = roi_plan(plan, grid.wanted(cell), {})
        key = _kind(roi)
        with self._lock:
            if key not in self._kept:
                entering = tuple(
                    Picture((len(rows), len(cols)), plan.channels, stored(plan.dtype))
                    for _, (rows, cols) in roi.reads
                )
                self._kept[key] = GraphExecutable(_with_results(roi.plan, plan), entering)
                if len(self._kept) > MOST_KINDS:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return roi, self._kept[key]


def _with_results(own: Plan, whole: Plan) -> Plan:
    """Return the plan of a region with the names and types of the results of the whole plan."""
    at = {int(output.name): output.node for output in own.beside}
    last = len(own.nodes) - 1
    beside = tuple(Output(each.name, at.get(each.node, last), each.dtype) for each in whole.beside)
    return replace(own, beside=beside, output_dtype=whole.output_dtype)


def _kind(roi: RoiPlan) -> Hashable:
    """Return what tells the plan of one region of an image from that of another."""
    nodes = ((node.inputs, node.input, node.extent, *map(_taps, node.axes)) for node in roi.plan.nodes)
    return (*nodes, *(tuple(map(len, region)) for _, region in roi.reads))


def _taps(axis: Axis) -> Hashable:
    """Return a window along an axis as a value: that of a resample is none, as it holds arrays."""
    if isinstance(axis, Polyphase):
        return axis.size, axis.step, axis.first.tobytes(), axis.weights.tobytes()
    return axis


def _cut(values: NDArray[Any], region: Region, of: Region) -> NDArray[Any]:
    """Return a region of values that are another one."""
    (rows, cols), (top, left) = region, (of[0].first, of[1].first)
    return values[rows.first - top : rows.last + 1 - top, cols.first - left : cols.last + 1 - left]
