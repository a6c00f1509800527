"""The graph of tasks that filters a dask array: of each chunk of a result one task, and the slices it reads.

Nothing is computed to build it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from operator import getitem
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convpipe import arrays
from convpipe.blocks.grid import Cell, Grid, ends
from convpipe.blocks.layout import Layout
from convpipe.blocks.maker import Maker, PageNumbers, joined
from convpipe.blocks.measured import Numbered
from convpipe.blocks.sources import Sources
from convpipe.dataclass import dataclass
from convpipe.engine import Engine, dtype_name
from convpipe.errors import ParameterError, PlanError
from convpipe.plan import Plan
from convpipe.plan.roi import needs_all
from convpipe.stack import reader_of

if TYPE_CHECKING:
    import dask.array

VERSION = 1
"""Counts when results get other bytes: it is part of their names."""


@dataclass(frozen=True)
class Options:
    """How an array is filtered.

    Parameters
    ----------
    dtype : str, optional
        Of the results.
    channel_axis : int or str, optional
    page_axis : int or str, or a sequence of them
    alpha : bool
    nodata : float, optional
        What the array itself says that a missing sample is.
    """

    dtype: str | None = None
    channel_axis: Any = None
    page_axis: Any = ()
    alpha: bool = False
    nodata: float | None = None

    def by_number(self, dims: tuple[Any, ...] | None) -> Options:
        """Return the same with numbers of axes in the place of the names of dims."""
        pages = self.page_axis
        several = (pages,) if isinstance(pages, str) or not isinstance(pages, Sequence) else tuple(pages)
        channels, *found = (
            arrays.axis_of(axis, dims) if isinstance(axis, str) else axis
            for axis in (self.channel_axis, *several)
        )
        return replace(self, channel_axis=channels, page_axis=tuple(found))


def filtered(engine: Engine, identity: Any, image: Any, options: Options) -> dict[str, dask.array.Array]:
    """Return the results of a pipeline for a dask array, by their names, none of them computed.

    Parameters
    ----------
    engine : Engine
    identity : object
        What dask's names of the results follow from, beside the array and the options.
    image : dask.array.Array
    options : Options

    Raises
    ------
    ParameterError
        If this is no image, or the sizes of its chunks are not known.
    PlanError
        If a stage needs all of an image together, and that is of several chunks.
    """
    layout, plan = planned(engine, image, options)
    rows, cols = (ends(image.chunks[axis]) for axis in layout.spatial)
    measured: tuple[int, ...] = ()
    if (chunks := (len(rows), len(cols))) != (1, 1):
        _check(plan, chunks, layout)
        measured = tuple(at for at, node in enumerate(plan.nodes) if node.reduces)
    return _Builder(image, layout, Grid(plan, (rows, cols), measured)).results((VERSION, identity, options))


def planned(engine: Engine, image: Any, options: Options) -> tuple[Layout, Plan]:
    """Return the layout of an array, and the plan for its images."""
    if stacked := reader_of(engine.stages):
        raise ParameterError(
            f"{stacked.method.family}: {stacked.method.name} reads several pages of a stack;"
            " pipeline.stack(image.compute()) filters it",
            "stages",
        )
    if any(np.isnan(size) for size in image.shape):
        raise ParameterError(
            "the sizes of the array's chunks are not known; image.compute_chunk_sizes() finds them", "image"
        )
    layout = Layout.of(image.shape, options.channel_axis, options.page_axis)
    shape = layout.image_shape(image.shape)
    plan = engine.plan(
        shape,
        dtype_name(image.dtype),
        options.alpha,
        nodata=options.nodata,
        output_dtype=None if options.dtype is None else dtype_name(options.dtype),
    )
    return layout, plan


def _check(plan: Plan, chunks: tuple[int, int], layout: Layout) -> None:
    """Refuse a stage that needs all of an image of several chunks.

    Raises
    ------
    PlanError
        The message says which, why, and what to do.
    """
    for node in plan.nodes:
        sorts = any(one.sorts(plan.given_dtype(node)) for one in node.statistics)
        if not needs_all(node, measured=not sorts):
            continue
        if sorts:
            why = "needs the samples of the whole image in order of size"
        elif node.tiles is not None:
            why = "goes through Fourier transforms of the whole image"
        else:
            why = "needs the whole image"
        whole = ", ".join(f"{axis}: -1" for axis in layout.spatial)
        raise PlanError(
            f"{node.origin} {why}, and this one has {chunks[0]} x {chunks[1]} chunks;"
            f" image.rechunk({{{whole}}}) makes one of them",
            node.origin.name,
        )


@dataclass(frozen=True)
class _Builder:
    """Builds the graph of the results for an array."""

    image: Any
    layout: Layout
    grid: Grid

    def results(self, identity: Any) -> dict[str, dask.array.Array]:
        """Return all results; `identity` is what their names follow from."""
        from dask.array import Array
        from dask.base import tokenize
        from dask.highlevelgraph import HighLevelGraph

        token = tokenize(self.image.name, self.layout, identity)
        tasks = f"convpipe-{token}"
        graph = HighLevelGraph.from_collections(tasks, self._tasks(tasks), dependencies=[self.image])
        found = {}
        for at, output in enumerate(self.grid.plan.outputs):
            name, own = tasks, graph
            if self._gives_several:
                name = f"convpipe-{output.name}-{token}"
                layers = {**graph.layers, name: self._picked(name, tasks, at)}
                own = HighLevelGraph(layers, {**graph.dependencies, name: {tasks}})
            chunks = self._chunks(at)
            meta = np.empty((0,) * len(chunks), output.dtype)
            found[output.name] = Array(own, name, chunks, meta=meta)  # type: ignore[no-untyped-call]
        return found

    @property
    def _gives_several(self) -> bool:
        return bool(self.grid.plan.beside)

    @property
    def _cells(self) -> Iterator[tuple[Cell, tuple[int, ...]]]:
        """The cells of every chunk of pages, and that one's numbers along the axes of pages."""
        rows, cols = map(range, self.grid.shape)
        pages = [range(self.image.numblocks[axis]) for axis in self.layout.pages]
        return itertools.product(itertools.product(rows, cols), itertools.product(*pages))

    def _tasks(self, name: str) -> dict[Any, Any]:
        """Return the tasks that make results, the slices that they read, and what makes them."""
        from dask._task_spec import DataNode, List, Task, TaskRef

        key, maker = f"{name}-maker", Maker(self.grid, self.layout)
        found: dict[Any, Any] = {key: DataNode(key, maker)}
        sources = Sources(self.image, self.layout, f"{name}-slice", found)
        numbers = Numbered(f"{name}-numbers", maker, key, sources, found)
        of_page = lru_cache(maxsize=None)(numbers.of)
        for cell, page in self._cells:
            counts, parts = sources.of(self.grid.reads(cell), page)
            made = self._key(name, cell, page)
            found[made] = Task(made, _make, TaskRef(key), cell, List(*of_page(page)), counts, *parts)
        return found

    def _key(self, name: str, cell: Cell, page: tuple[int, ...]) -> tuple[Any, ...]:
        """Return the key of what a task makes: that of a chunk, if it makes one result."""
        return (name, *page, *cell) if self._gives_several else (name, *self._place(0, cell, page))

    def _picked(self, name: str, tasks: str, result: int) -> dict[Any, Any]:
        """Return the tasks that take one of several results of those that make them."""
        from dask._task_spec import Task, TaskRef

        called, found = self.grid.plan.outputs[result].name, {}
        for cell, page in self._cells:
            key = (name, *self._place(result, cell, page))
            found[key] = Task(key, getitem, TaskRef(self._key(tasks, cell, page)), called)
        return found

    def _place(self, result: int, cell: Cell, page: tuple[int, ...]) -> tuple[int, ...]:
        """Return which chunk of a result is made of a cell, by its numbers along all axes."""
        return self._ordered(result, [*page, *self.grid.chunk(result, cell), 0])

    def _chunks(self, result: int) -> tuple[tuple[int, ...], ...]:
        """Return the sizes of the chunks of a result along all axes."""
        node = self.grid.plan.nodes[self.grid.plan.outputs[result].node]
        pages = [self.image.chunks[axis] for axis in self.layout.pages]
        return self._ordered(result, [*pages, *self.grid.chunks(result), (node.channels,)])

    def _ordered(self, result: int, each: list[Any]) -> tuple[Any, ...]:
        """Return what is given of pages, rows, columns and channels in the order of the axes of a result."""
        plan = self.grid.plan
        axes = len(plan.result_shape(2 if self.layout.channels is None else 3, plan.outputs[result].node))
        return tuple(each[at] for at in np.argsort(self.layout.result(axes)))


def _make(
    maker: Maker, cell: Cell, numbers: Sequence[PageNumbers], counts: tuple[int, ...], *parts: NDArray[Any]
) -> Any:
    return maker(cell, joined(counts, parts), numbers)
