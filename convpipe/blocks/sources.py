"""The chunks of a dask array that a region of its images is made of, and the tasks that cut them.

Slices are tasks, and copies: a chunk need not move, or stay in memory, for the few rows that its neighbours
read.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convpipe.blocks.grid import Piece, ends, pieces
from convpipe.blocks.layout import Layout
from convpipe.dataclass import dataclass
from convpipe.plan.demand import Region, Span

if TYPE_CHECKING:
    from dask._task_spec import TaskRef


@dataclass(frozen=True)
class Sources:
    """Finds what regions of an array are made of.

    Parameters
    ----------
    image : dask.array.Array
    layout : Layout
    name : str
        Of the tasks that cut chunks.
    tasks : dict
        Takes them.
    """

    image: Any
    layout: Layout
    name: str
    tasks: dict[Any, Any]
    _pieces: Any = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        each = tuple(ends(self.image.chunks[axis]) for axis in self.layout.spatial)
        object.__setattr__(self, "_pieces", lru_cache(maxsize=None)(lambda k, span: pieces(each[k], span)))

    def of(self, region: Region, page: Sequence[int]) -> tuple[tuple[int, ...], list[TaskRef]]:
        """Return how many parts of chunks lie along each axis of a region, and all, the last axis first.

        Parameters
        ----------
        region : (Span, Span)
        page : sequence of int
            The number of the chunk along each axis of pages.
        """
        layout = self.layout
        own = {axis: [self._chunk(axis, at)] for axis, at in zip(layout.pages, page, strict=True)}
        own |= {axis: self._pieces(k, region[k]) for k, axis in enumerate(layout.spatial)}
        if (axis := layout.channels) is not None:
            own[axis] = [self._chunk(axis, number) for number in range(self.image.numblocks[axis])]
        along = [own[axis] for axis in range(self.image.ndim)]
        return tuple(map(len, along)), [self._part(taken) for taken in itertools.product(*along)]

    def generous(self, region: Region) -> Region:
        """Return a region with all of the chunks that it has most of: these need not be copied."""
        rows, cols = (self._whole_ends(k, span) for k, span in enumerate(region))
        return rows, cols

    def _whole_ends(self, k: int, span: Span) -> Span:
        held = self._pieces(k, span)
        first, last = span.first, span.last
        sizes = self.image.chunks[self.layout.spatial[k]]
        begin, end = held[0], held[-1]
        if 2 * (begin.last - begin.first) >= sizes[begin.chunk]:
            first -= begin.first
        if 2 * (end.last - end.first) >= sizes[end.chunk]:
            last += sizes[end.chunk] - end.last
        return Span(first, last)

    def _chunk(self, axis: int, number: int) -> Piece:
        return Piece(number, 0, self.image.chunks[axis][number], True)

    def _part(self, taken: tuple[Piece, ...]) -> TaskRef:
        """Return what gives a part of a chunk, taken along each axis: the chunk, or a task that cuts it."""
        from dask._task_spec import Task, TaskRef

        numbers = tuple(piece.chunk for piece in taken)
        source = TaskRef((self.image.name, *numbers))
        if all(piece.is_whole for piece in taken):
            return source
        bounds = tuple((piece.first, piece.last) for piece in taken)
        key = (self.name, *numbers, *itertools.chain(*bounds))
        if key not in self.tasks:
            self.tasks[key] = Task(key, _copied, source, bounds)
        return TaskRef(key)  # type: ignore[arg-type]


def _copied(chunk: NDArray[Any], bounds: Sequence[tuple[int, int]]) -> NDArray[Any]:
    """Return a part of a chunk, which holds no more memory than its own."""
    return np.array(chunk[tuple(slice(first, last) for first, last in bounds)])
