"""What filters a stack for a pipeline with stages that read several of its pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.engine import Engine, dtype_name
from convpipe.errors import ParameterError
from convpipe.losses import Losses
from convpipe.stack.make import make_steps
from convpipe.stack.steps import Filtering, Subjects
from convpipe.stack.windows import AT_ONCE
from convpipe.stages import Stage
from convpipe.stages.across import PROJECTION
from convpipe.stages.wiring import RESULT

_OTHER = ("sum", "deviation")
"""Projections whose values are none that a page has."""


def reader_of(stages: Iterable[Stage]) -> Stage | None:
    """Return the first stage that reads several pages; None where pages are filtered one by one."""
    return next((one for one in stages if one.reads_pages), None)


class StackEngine:
    """What filters the pages of a stack, which are made one after the other.

    Between two stages that read several pages they are of the type of the arithmetic, in the units of the
    images. Results are rounded once, at the end.

    Parameters
    ----------
    engine : Engine
        Of all the stages, a chain.

    Raises
    ------
    ParameterError
        If samples can be missing, and a stage counts all.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        for one in engine.wiring.stages:
            if one.method.family == PROJECTION and engine.missing is not None:
                message = "counts every sample of a stack, and takes none that is missing"
                raise ParameterError(f"{one.name} {message}", "missing")
        self._steps = lru_cache(maxsize=16)(partial(make_steps, engine))

    @property
    def reader(self) -> str:
        """Name of the first stage that reads several pages."""
        found = reader_of(self._engine.wiring.stages)
        assert found is not None
        return found.name

    @property
    def projects(self) -> bool:
        """Tell whether it makes one page of all."""
        return any(one.method.family == PROJECTION for one in self._engine.wiring.stages)

    @property
    def keeps_values(self) -> bool:
        """Tell whether values of a projection mean what they do in the pages, as a mean's and not a sum's."""
        stages = self._engine.wiring.stages
        return not any(one.method.family == PROJECTION and one.method.name in _OTHER for one in stages)

    def made(self, count: int) -> int:
        """Return how many pages come of a stack of so many."""
        return 1 if self.projects else count

    def outputs(
        self,
        image: NDArray[Any],
        threads: int | None = None,
        dtype: str | None = None,
        *,
        alpha: bool = False,
        nodata: float | None = None,
        mask: NDArray[Any] | None = None,
    ) -> tuple[dict[str, NDArray[Any]], Losses]:
        """Return the result of an image that is a stack of one page; as :meth:`Engine.outputs`."""
        if mask is not None:
            raise ParameterError(f"{self.reader} takes no image that a mask hides samples of", "mask")
        self._engine.plan(image.shape, image.dtype.name, alpha)  # which refuses alpha
        filtered = self.filter([image], 1, threads, dtype, nodata=nodata)
        (result,) = filtered
        return {RESULT: result}, filtered.losses

    def filter(
        self,
        pages: Iterable[NDArray[Any]],
        count: int,
        threads: int | None = None,
        dtype: str | None = None,
        *,
        called: Subjects | None = None,
        nodata: float | None = None,
    ) -> Filtered:
        """Return the pages that come of a stack; each is made when it is asked for.

        Parameters
        ----------
        pages : iterable of ndarray, shape (rows, cols) or (rows, cols, channels)
            Of one shape and dtype; each is asked for when the first window reads it.
        count : int
            How many.
        threads : int, optional
            As for :meth:`Engine.filter`.
        dtype : str, optional
            Of the result.
        called : Subjects, optional
            What the pages are called; default: nothing.
        nodata : float, optional
            What they say themselves that a missing sample is; it counts where `missing` is ``file``.
        """
        on = Filtering(threads, called)
        return Filtered(self._run(iter(pages), count, dtype, nodata, on), on)

    def _run(
        self,
        pages: Iterator[NDArray[Any]],
        count: int,
        dtype: str | None,
        nodata: float | None,
        on: Filtering,
    ) -> Iterator[NDArray[Any]]:
        first = next(pages)
        shape, own = first.shape, first.dtype.name
        made: Iterator[NDArray[Any]] = chain([first], pages)
        del first  # which is let go when no window reads it
        missing = nodata if self._engine.missing == "file" else self._engine.missing
        with on.naming(0):
            result = dtype or self._engine.plan(shape, own).output_dtype
        for step in self._steps(own, result, None if missing is None else float(missing)):
            made, count = step.run(made, count, on), step.made(count)
        yield from made

    def warm(self, shape: Sequence[int], dtype: str) -> None:
        """Compile what filters pages of a shape and dtype, by filtering some of zeros."""
        page = np.zeros(shape, dtype_name(dtype))
        for _ in self.filter([page] * AT_ONCE, AT_ONCE):
            pass

    def held_bytes(self, shape: Sequence[int], dtype: str, count: int) -> int:
        """Return the memory of the pages that are held at once, beside one that is filtered.

        Parameters
        ----------
        shape : (rows, cols) or (rows, cols, channels)
            Of a page.
        dtype : str
        count : int
        """
        held, page = 0, (tuple(shape), dtype)
        missing = None if self._engine.missing is None else 0.0
        for step in self._steps(dtype, None, missing):
            held += step.held_bytes(*page, count)
            count, page = step.made(count), step.after(*page)
        return held

    @property
    def said(self) -> list[str]:
        """What each stage that reads several pages reads, and how many of them are in memory."""
        return [text for step in self._steps("uint8", None, None) if (text := step.said())]


class Filtered:
    """The pages that come of a stack.

    Parameters
    ----------
    pages : iterator of ndarray
    on : Filtering
    """

    def __init__(self, pages: Iterator[NDArray[Any]], on: Filtering) -> None:
        self._pages, self._on = pages, on

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return self._pages

    @property
    def losses(self) -> Losses:
        """How many samples were lost in those that are made."""
        return self._on.losses
