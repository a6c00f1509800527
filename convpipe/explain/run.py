"""A pipeline over one image, and what every stage makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.explain.account import Samples
from convpipe.stages.wiring import IMAGE

if TYPE_CHECKING:
    from convpipe.engine import Engine
    from convpipe.pipeline import Pipeline
    from convpipe.plan import Plan


@dataclass(frozen=True, eq=False)
class Run:
    """A pipeline over one image; what a stage gives is worked out once.

    Parameters
    ----------
    pipeline : Pipeline
    pixels : ndarray, shape (rows, cols) or (rows, cols, channels)
        The image.
    alpha : bool
        Whether the last channel is alpha.
    nodata : float, optional
        What the image says that a missing sample is.
    mask : ndarray, shape (rows, cols), optional
        0 where a pixel is missing.

    Examples
    --------
    >>> from convpipe import Pipeline, stage
    >>> stages = [stage("blur", "box", size=3), stage("point", "invert")]
    >>> run = Run(Pipeline(stages), np.eye(3, dtype="uint8"))
    >>> run.after(0)[1, 1], run.stored[1, 1]
    (array([0.33333334]), array([255], dtype=uint8))
    """

    pipeline: Pipeline
    pixels: NDArray[Any]
    alpha: bool = False
    nodata: float | None = None
    mask: NDArray[Any] | None = None

    @cached_property
    def plan(self) -> Plan:
        """What the pipeline does to the image."""
        shape, dtype, masked = self.pixels.shape, self.pixels.dtype.name, self.mask is not None
        return self.pipeline.engine.plan(shape, dtype, self.alpha, nodata=self.nodata, masked=masked)

    @cached_property
    def stored(self) -> NDArray[Any]:
        """The result as a file would hold it, (rows, cols, channels)."""
        result, _ = self.pipeline.engine.filter(
            self.pixels, alpha=self.alpha, nodata=self.nodata, mask=self.mask
        )
        return np.atleast_3d(result)

    def after(self, position: int) -> Samples:
        """Return what a stage gives, (rows, cols, channels), unrounded; or the image."""
        if position not in self._after:
            self._after[position] = np.atleast_3d(self._filtered(position)).astype(float)
        return self._after[position]

    @cached_property
    def _after(self) -> dict[int, Samples]:
        return {}

    def _filtered(self, position: int) -> NDArray[Any]:
        if position == IMAGE:
            return self.pixels
        samples, _ = self.up_to(position).filter(
            self.pixels, dtype=self.plan.compute, alpha=self.alpha, nodata=self.nodata, mask=self.mask
        )
        return samples

    def up_to(self, position: int) -> Engine:
        """Return what filters an image up to the result of a stage."""
        from convpipe.engine import Engine

        whole = self.pipeline
        return Engine(whole.wiring.up_to(position), whole.border, None, "cpu", whole.missing)

    def nodes(self, wanted: Iterable[int]) -> dict[int, Samples]:
        """Return what nodes of the plan give, (rows, cols, channels), unrounded; and the image."""
        new = {at: f"node{at}" for at in wanted if at != IMAGE and at not in self._nodes}
        if new:
            from convpipe.compile.cpu.graphs import GraphExecutable, compile_plan
            from convpipe.plan import Output

            outputs = tuple(Output(name, at, self.plan.compute) for at, name in new.items())
            run = compile_plan(replace(self.plan, beside=outputs))
            assert isinstance(run, GraphExecutable)
            results, _ = run.outputs(self.pixels)
            for at, name in new.items():
                self._nodes[at] = np.atleast_3d(results[name]).astype(float)
        return {IMAGE: self.after(IMAGE), **self._nodes}

    @cached_property
    def _nodes(self) -> dict[int, Samples]:
        return {}
