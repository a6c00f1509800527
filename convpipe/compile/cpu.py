"""Compile generated source with Numba and run it on an image."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from convpipe.compile.emit import emit
from convpipe.compile.schedule import Values, make_schedule
from convpipe.plan import Plan

BAND_ROWS = 64
"""Fewest rows of a band; a band recomputes a halo at its edges, so bands are kept tall."""


@dataclass(frozen=True)
class Executable:
    """A compiled pipeline for one image extent, dtype and channel count.

    Parameters
    ----------
    plan : Plan
    source : str
        The generated Python.
    """

    plan: Plan
    source: str
    module: ModuleType
    values: Values

    def __call__(self, image: NDArray[Any], threads: int | None = None) -> tuple[NDArray[Any], int]:
        """Filter one image.

        Parameters
        ----------
        image : ndarray, shape (rows, cols) or (rows, cols, channels)
            Of the planned extent and dtype, any strides and byte order.
        threads : int, optional
            1 runs on the calling thread and releases the GIL; None uses every core.

        Returns
        -------
        result : ndarray
            Of the planned output extent and dtype; two axes if `image` has two and the result one
            channel.
        nans : int
            How many NaNs became 0.
        """
        plan = self.plan
        rows, cols = plan.input
        flat = np.ascontiguousarray(image, plan.dtype).reshape(rows, cols * plan.channels)
        out = np.empty((plan.extent[0], plan.extent[1] * plan.output_channels), plan.output_dtype)
        nans = self._run(flat, out, threads)
        planar = plan.output_channels == 1 and (image.ndim == 2 or plan.channels > 1)
        return out if planar else out.reshape(*plan.extent, plan.output_channels), nans

    def _run(self, flat: NDArray[Any], out: NDArray[Any], threads: int | None) -> int:
        values = self.values
        run: Callable[..., int] = self.module.serial
        bands = 1
        if threads != 1:
            bands = min(threads or numba.get_num_threads(), -(-out.shape[0] // BAND_ROWS))
        if bands > 1:
            run = self.module.parallel
        return int(run(flat, out, bands, values.geometry, values.weights, values.constants, values.outside))


def compile_plan(plan: Plan) -> Executable:
    """Return `plan` as machine code; a structure that was compiled before is not compiled again."""
    schedule, values = make_schedule(plan)
    source = emit(schedule)
    return Executable(plan, source, _module(source), values)


@lru_cache(maxsize=256)
def _module(source: str) -> ModuleType:
    """Return the module of generated `source`; Numba compiles its entry points when first called."""
    module = ModuleType(f"convpipe_generated_{abs(hash(source)):x}")
    filename = f"<{module.__name__}>"
    # Numba, tracebacks and debuggers look a function's source up here.
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), module.__dict__)
    return module
