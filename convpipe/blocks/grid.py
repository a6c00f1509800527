"""Chunks of results: each where those of the image are that it lies on, and what it reads of these."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import accumulate

from convpipe.dataclass import dataclass
from convpipe.ops import Turn
from convpipe.plan import IMAGE, Plan
from convpipe.plan.demand import Region, Span
from convpipe.plan.places import Place, places
from convpipe.plan.roi import regions

Cell = tuple[int, int]
"""The chunks of the image, by rows and columns of them, that one chunk of each result lies on."""


@dataclass(frozen=True)
class Piece:
    """A part of a chunk along one axis.

    Parameters
    ----------
    chunk : int
        Its number.
    first, last : int
        From the first to before the last of its samples.
    is_whole : bool
    """

    chunk: int
    first: int
    last: int
    is_whole: bool


def pieces(ends: Sequence[int], span: Span) -> list[Piece]:
    """Return the parts of chunks, which end at `ends`, that a span is of.

    Examples
    --------
    >>> pieces([4, 8, 9], Span(2, 7))
    [Piece(chunk=0, first=2, last=4, is_whole=False), Piece(chunk=1, first=0, last=4, is_whole=True)]
    """
    found = []
    for chunk in range(bisect_right(ends, span.first), len(ends)):
        begin = ends[chunk - 1] if chunk else 0
        if begin > span.last:
            break
        first, last = max(span.first - begin, 0), min(span.last + 1, ends[chunk]) - begin
        if last > first:
            found.append(Piece(chunk, first, last, last - first == ends[chunk] - begin))
    return found


@dataclass(frozen=True)
class Grid:
    """Where the results of a plan are cut.

    Parameters
    ----------
    plan : Plan
    ends : (tuple of int, tuple of int)
        Where the chunks of the image end, along rows and along columns.
    measured : tuple of int
        The nodes for which numbers of the whole of what they read are known.
    """

    plan: Plan
    ends: tuple[tuple[int, ...], tuple[int, ...]]
    measured: tuple[int, ...] = ()

    @property
    def shape(self) -> Cell:
        """How many cells there are, along the rows and the columns of the image."""
        rows, cols = (len(counts) - 1 for counts in self._counts)
        return rows, cols

    @cached_property
    def places(self) -> list[tuple[Place, Place]]:
        """Where the rows and columns of each result lie in the image."""
        return [places(self.plan, output.node) for output in self.plan.outputs]

    @cached_property
    def _counts(self) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
        """How much of each result lies before each end of a cell, along the rows and columns of the image."""
        return self._counted(0), self._counted(1)

    def _counted(self, axis: int) -> list[tuple[int, ...]]:
        """Return ends of chunks of the image as far as each result has something between them."""
        along = []
        for output, own in zip(self.plan.outputs, self.places, strict=True):
            at = 0 if own[0].axis == axis else 1
            along.append((own[at], self.plan.nodes[output.node].extent[at]))
        sizes = tuple(size for _, size in along)
        found = [(0,) * len(along)]
        for end in self.ends[axis][:-1]:
            counts = tuple(_before(place, size, end) for place, size in along)
            if all(last < count < size for last, count, size in zip(found[-1], counts, sizes, strict=True)):
                found.append(counts)
        return [*found, sizes]

    def chunks(self, result: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the sizes of the chunks of a result, by its number, along its rows and columns."""
        rows, cols = (
            tuple(len(self._span(result, place, cell)) for cell in self._in_order(place))
            for place in self.places[result]
        )
        return rows, cols

    def chunk(self, result: int, cell: Cell) -> Cell:
        """Return which chunk of a result lies on a cell."""
        row, col = (
            cell[place.axis] if place.step > 0 else self.shape[place.axis] - 1 - cell[place.axis]
            for place in self.places[result]
        )
        return row, col

    def region(self, result: int, cell: Cell) -> Region:
        """Return the region of a result that lies on a cell."""
        rows, cols = (self._span(result, place, cell[place.axis]) for place in self.places[result])
        return rows, cols

    def _in_order(self, place: Place) -> range:
        cells = range(self.shape[place.axis])
        return cells if place.step > 0 else cells[::-1]

    def _span(self, result: int, place: Place, cell: int) -> Span:
        counts = [each[result] for each in self._counts[place.axis][cell : cell + 2]]
        if place.step > 0:
            return Span(counts[0], counts[1] - 1)
        size = self._counts[place.axis][-1][result]
        return Span(size - counts[1], size - counts[0] - 1)

    def wanted(self, cell: Cell) -> dict[int, Region]:
        """Return the regions of nodes that are the results on a cell."""
        return {output.node: self.region(at, cell) for at, output in enumerate(self.plan.outputs)}

    def reads(self, cell: Cell) -> Region:
        """Return the region of the image that the results on a cell are made of."""
        if self._is_turned:
            return self._demand(cell)
        return self._along[0][cell[0]], self._along[1][cell[1]]

    @property
    def _is_turned(self) -> bool:
        """Whether rows of results lie along columns of the image, of some at least."""
        return any(isinstance(node.apart, Turn) and node.apart.transposed for node in self.plan.nodes)

    @cached_property
    def _along(self) -> tuple[list[Span], list[Span]]:
        """What cells read, along rows and along columns, neither of which asks for the other."""
        rows, cols = map(range, self.shape)
        return [self._demand((at, 0))[0] for at in rows], [self._demand((0, at))[1] for at in cols]

    def _demand(self, cell: Cell) -> Region:
        return self.reads_for(self.wanted(cell))

    def reads_for(self, wanted: Mapping[int, Region]) -> Region:
        """Return the region of the image that regions of some nodes are made of."""
        if IMAGE in wanted:
            return wanted[IMAGE]
        _, read = regions(self.plan, wanted, {}, self.measured)
        return read[IMAGE]


def ends(chunks: Sequence[int]) -> tuple[int, ...]:
    """Return where chunks end."""
    return tuple(accumulate(chunks))


def _before(place: Place, size: int, end: int) -> int:
    """Return how many of `size` samples are nearer to what lies before the `end` of a chunk."""
    at = (end - Fraction(1, 2) - place.first) / place.step
    count = math.ceil(at) if place.step > 0 else size - 1 - math.floor(at)
    return min(max(count, 0), size)
