"""What a task does: the results on one cell of a grid, from the region of the image that they are made of."""

from __future__ import annotations

import threading
import warnings
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convpipe.blocks.grid import Cell, Grid
from convpipe.blocks.layout import Layout
from convpipe.blocks.rounds import Answers, Inquiry, Question, Strip
from convpipe.compile.runtime import environment, start
from convpipe.dataclass import dataclass
from convpipe.geometry import Extent
from convpipe.losses import NO_LOSSES
from convpipe.ops import stored
from convpipe.plan import IMAGE, Output, Plan
from convpipe.plan.demand import Region, Span
from convpipe.plan.roi import RoiPlan, roi_plan
from convpipe.remarks import heard
from convpipe.stages.wiring import RESULT

if TYPE_CHECKING:
    from convpipe.compile.cpu.graphs import GraphExecutable

PageNumbers = list[list[float]]
"""Of whole images: of each page of a chunk some."""

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

    def __call__(self, cell: Cell, block: NDArray[Any], numbers: Sequence[PageNumbers] = ()) -> Any:
        """Return the results on a cell, on the calling thread.

        Parameters
        ----------
        cell : Cell
        block : ndarray
            The region of the image that they are made of, with all channels, of some pages.
        numbers : sequence
            Of whole images, for one of `heads` after the other: a list of numbers of each page.

        Returns
        -------
        ndarray or dict of them
            A dict by name, of several results.

        Warns
        -----
        RuntimeWarning
            If samples were lost, or something is said of the image, as of a pipeline that is called.
        """
        plan = self.grid.plan
        images = self.layout.images(block)
        wanted = self.grid.wanted(cell)
        roi, run = self._kinds.find(self.grid, wanted)
        whole = self.grid.reads(cell)
        made: dict[str, list[NDArray[Any]]] = {output.name: [] for output in plan.outputs}
        losses, said = NO_LOSSES, dict[str, None]()
        for page, image in enumerate(images):
            first, *others = (_cut(image, region, whole) for _, region in roi.reads)
            known = _by_parts(roi, self._of_page(numbers, page))
            with heard() as heard_now:
                results, lost = run.outputs(first, 1, others=others, numbers=known)
            losses += lost
            said.update(dict.fromkeys(heard_now))
            for output in plan.outputs:
                own = results[output.name]
                made[output.name].append(_cut(own, wanted[output.node], roi.made[output.node]))
        for note in (*losses.notes, *said):
            warnings.warn(f"{note} (in one of the chunks)", RuntimeWarning, stacklevel=2)
        pages = tuple(block.shape[axis] for axis in self.layout.pages)
        found = {name: self.layout.restored(np.stack(each), pages) for name, each in made.items()}
        if plan.beside:
            return found
        (result,) = found.values()
        return result

    @property
    def heads(self) -> tuple[int, ...]:
        """The nodes that need numbers of the whole of what they read."""
        return self.grid.measured

    def inquiry(self, head: int) -> Inquiry:
        """Return what is sought for a node."""
        plan, node = self.grid.plan, self.grid.plan.nodes[head]
        rows, cols = self.measured_extent(head)
        channels = plan.channels if node.inputs[0] == IMAGE else plan.nodes[node.inputs[0]].channels
        size = rows * cols * (channels - plan.alpha)
        return Inquiry(node.statistics, plan.given_dtype(node), size)

    def measured_extent(self, head: int) -> Extent:
        """Return the rows and columns of the image whose numbers a node needs."""
        return self.grid.plan.nodes[head].input

    def measured_reads(self, head: int, strip: Strip) -> Region:
        """Return the region of the image that a strip of what a node reads is made of."""
        return self.grid.reads_for(self._measured_region(head, strip))

    def answers(
        self,
        where: tuple[int, Strip, Region],
        asked: Sequence[Inquiry],
        numbers: Sequence[PageNumbers],
        block: NDArray[Any],
    ) -> list[Answers]:
        """Return what is found of a strip of what a node reads, to the questions of each page.

        Parameters
        ----------
        where : (int, Strip, Region)
            The node, the strip, and the region of the image that is given.
        asked : sequence of Inquiry
        numbers, block
            As for a call; the numbers are those of earlier heads.
        """
        from convpipe.compile.cpu.counting import Counting

        head, strip, given = where
        found: list[Answers] = []
        for page, (one, image) in enumerate(zip(asked, self.layout.images(block), strict=True)):
            questions = one.questions
            own: dict[Question, Any] = {}
            if questions:
                samples = self._samples(head, strip, (image, given), self._of_page(numbers, page))
                own = {each: each.of(samples, strip.shares, Counting(1)) for each in questions}
            found.append(own)
        return found

    def _samples(
        self,
        head: int,
        strip: Strip,
        source: tuple[NDArray[Any], Region],
        known: Mapping[int, Sequence[float]],
    ) -> NDArray[Any]:
        """Return the samples of a strip, (n, channels), made of a region of an image, with known numbers."""
        from convpipe.compile.common.pictures import Picture

        plan, (image, given) = self.grid.plan, source
        wanted = self._measured_region(head, strip)
        ((at, region),) = wanted.items()
        if at == IMAGE:
            made, channels = _cut(image, region, given), plan.channels
        else:
            roi, run = self._kinds.find(self.grid, wanted)
            first, *others = (_cut(image, each, given) for _, each in roi.reads)
            results, _ = run.outputs(first, 1, others=others, numbers=_by_parts(roi, known))
            made, channels = _cut(results[RESULT], region, roi.made[at]), plan.nodes[at].channels
        picture = Picture((made.shape[0], made.shape[1]), channels, made.dtype.name)
        return strip.of(picture.pixels(np.ascontiguousarray(made), plan.alpha), made.shape[1])

    def _measured_region(self, head: int, strip: Strip) -> dict[int, Region]:
        _, cols = self.measured_extent(head)
        first, last = strip.rows(cols)
        return {self.grid.plan.nodes[head].inputs[0]: (Span(first, last), Span(0, cols - 1))}

    def _of_page(self, numbers: Sequence[PageNumbers], page: int) -> dict[int, list[float]]:
        """Return the numbers of a page by the nodes that need them, of the first of these."""
        return {head: each[page] for head, each in zip(self.heads, numbers, strict=False)}


def _by_parts(roi: RoiPlan, known: Mapping[int, Sequence[float]]) -> dict[int, Sequence[float]]:
    """Return the numbers that the parts of a plan take."""
    return {part: known[head] for part, head in roi.measured.items()}


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

    def find(self, grid: Grid, wanted: Mapping[int, Region]) -> tuple[RoiPlan, GraphExecutable]:
        """Return the plan of regions of some nodes, and what runs it."""
        environment.check()
        with start.LOADING:
            from convpipe.compile.common.pictures import Picture
            from convpipe.compile.cpu.graphs import GraphExecutable

        plan = grid.plan
        roi = roi_plan(plan, wanted, {}, grid.measured)
        key = (tuple(wanted), *roi.kind)
        with self._lock:
            if key not in self._kept:
                entering = tuple(
                    Picture((len(rows), len(cols)), plan.channels, stored(plan.dtype))
                    for _, (rows, cols) in roi.reads
                )
                own = _with_results(roi.plan, plan) if _are_results(plan, wanted) else roi.plan
                self._kept[key] = GraphExecutable(own, entering)
                if len(self._kept) > MOST_KINDS:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return roi, self._kept[key]


def _are_results(plan: Plan, wanted: Mapping[int, Region]) -> bool:
    return set(wanted) == {output.node for output in plan.outputs}


def _with_results(own: Plan, whole: Plan) -> Plan:
    """Return the plan of a region with the names and types of the results of the whole plan."""
    at = {int(output.name): output.node for output in own.beside}
    last = len(own.nodes) - 1
    beside = tuple(Output(each.name, at.get(each.node, last), each.dtype) for each in whole.beside)
    return replace(own, beside=beside, output_dtype=whole.output_dtype)


def _cut(values: NDArray[Any], region: Region, of: Region) -> NDArray[Any]:
    """Return a region of values that are another one."""
    (rows, cols), (top, left) = region, (of[0].first, of[1].first)
    return values[rows.first - top : rows.last + 1 - top, cols.first - left : cols.last + 1 - left]
