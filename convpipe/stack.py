"""Stacks: pages filtered one by one, up to a stage that reads all of them together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.engine import Engine
from convpipe.errors import ParameterError
from convpipe.losses import NO_LOSSES, Losses
from convpipe.ops import COMPUTE
from convpipe.stages import stage
from convpipe.stages.projection import PROJECTION
from convpipe.stages.wiring import IMAGE, RESULT, Wiring

BLOCK = 1 << 20
"""Samples of all pages that are projected at a time, where the arithmetic needs copies of them."""

Project = Callable[[NDArray[Any]], NDArray[Any]]


def _blocks(project: Project) -> Project:
    """Return what projects a block of rows after the other."""

    def projected(stack: NDArray[Any]) -> NDArray[Any]:
        rows = max(1, BLOCK // max(1, stack[:, :1].size))
        parts = [project(stack[:, at : at + rows]) for at in range(0, stack.shape[1], rows)]
        return np.concatenate(parts)

    return projected


PROJECTIONS: dict[str, Project] = {
    "maximum": lambda stack: np.asarray(stack.max(axis=0)),
    "minimum": lambda stack: np.asarray(stack.min(axis=0)),
    "mean": _blocks(lambda stack: np.asarray(stack.mean(axis=0, dtype=np.float64))),
    "median": _blocks(lambda stack: np.asarray(np.median(stack, axis=0))),
    "sum": _blocks(lambda stack: np.asarray(stack.sum(axis=0, dtype=np.float64))),
    "deviation": _blocks(lambda stack: np.asarray(stack.std(axis=0, dtype=np.float64))),
}
"""What becomes of pages (pages, rows, cols) or (pages, rows, cols, channels), in float64 where sums are."""


def projection_at(wiring: Wiring) -> int | None:
    """Return the position of the stage that reads all pages; None where pages are filtered one by one."""
    found = [at for at, one in enumerate(wiring.stages) if one.method.family == PROJECTION]
    return found[0] if found else None


class StackEngine:
    """What filters the pages of a stack for a pipeline with a projection.

    Stages before it filter each page; what they give is kept for all pages, in the type of the arithmetic.
    Stages after it filter the one page that it makes, in the units of the images. Results are rounded once,
    at the end.

    Parameters
    ----------
    engine : Engine
        Of all the stages.

    Attributes
    ----------
    keeps_values : bool
        Whether values of the one page mean what they do in the others, as a mean's and not a sum's.

    Raises
    ------
    ParameterError
        If samples can be missing.
    """

    def __init__(self, engine: Engine) -> None:
        wiring, at = engine.wiring, projection_at(engine.wiring)
        assert at is not None
        if engine.missing is not None:
            raise ParameterError(
                f"{wiring.stages[at].name} counts every sample of a stack, and takes none that is missing",
                "missing",
            )
        self._engine = engine
        self._project = PROJECTIONS[wiring.stages[at].method.name]
        self.keeps_values = wiring.stages[at].method.name not in ("sum", "deviation")
        self._before = engine.rewired(wiring.up_to(at - 1)) if at else None
        self._after = lru_cache(maxsize=16)(lambda dtype: engine.rewired(_from(wiring, at), dtype))

    def filter(
        self, pages: Iterable[NDArray[Any]], count: int, threads: int | None = None, dtype: str | None = None
    ) -> tuple[NDArray[Any], Losses]:
        """Return the one page that comes of a stack, and how many samples were lost in it.

        Parameters
        ----------
        pages : iterable of ndarray, shape (rows, cols) or (rows, cols, channels)
            Of one shape and dtype; each is asked for when the one before it is filtered.
        count : int
            How many.
        threads : int, optional
            As for :meth:`Engine.filter`.
        dtype : str, optional
            Of the result.
        """
        given: tuple[tuple[int, ...], str] | None = None
        stack: NDArray[Any] | None = None
        losses = NO_LOSSES
        for number, page in enumerate(pages):
            given = page.shape, page.dtype.name
            made, lost = self._first(page, threads)
            losses = losses + lost
            if stack is None:
                stack = np.empty((count, *made.shape), made.dtype)
            stack[number] = made
        assert given is not None
        assert stack is not None
        projected = self._project(stack).astype(stack.dtype, copy=False)
        result = dtype or self._engine.plan(*given).output_dtype
        made, lost = self._after(given[1]).filter(projected, threads, result)
        return made, losses + lost

    def _first(self, page: NDArray[Any], threads: int | None) -> tuple[NDArray[Any], Losses]:
        """Return a page as the projection reads it."""
        compute = COMPUTE[page.dtype.name]
        if self._before is None:
            return page.astype(compute, copy=False), NO_LOSSES
        return self._before.filter(page, threads, compute)

    def held_bytes(self, shape: Sequence[int], dtype: str, count: int) -> int:
        """Return the memory that all pages take together, as the projection reads them."""
        extent, channels = tuple(shape[:2]), shape[2] if len(shape) == 3 else 1
        if self._before is not None:
            plan = self._before.plan(shape, dtype)
            extent, channels = plan.extent, plan.output_channels
        return count * extent[0] * extent[1] * channels * np.dtype(COMPUTE[dtype]).itemsize


def _from(wiring: Wiring, at: int) -> Wiring:
    """Return the stages from a projection on, which reads one page: as any that leaves that as it is."""
    stages = wiring.stages[at:]
    same = stage(PROJECTION, "mean", **stages[0].given)
    reads = tuple((number - 1 if number else IMAGE,) for number in range(len(stages)))
    return Wiring((same, *stages[1:]), reads, ((RESULT, len(stages) - 1),))
