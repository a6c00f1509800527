"""Run a plan on the processor: the fused loop on every core for one image, or on the calling thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba import types
from numpy.typing import NDArray

from convpipe.compile import cache, drive, results
from convpipe.compile.emit import emit
from convpipe.compile.schedule import Values, make_schedule, stored
from convpipe.compile.threads import count
from convpipe.plan import Plan

_DRIVER = Path(drive.__file__).read_text()

BAND_ROWS = 16
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
        flat = np.ascontiguousarray(image, stored(plan.dtype)).reshape(rows, cols * plan.channels)
        extent = (plan.extent[0], plan.extent[1] * plan.output_channels)
        out = results.empty(extent, stored(plan.output_dtype))
        bands = 1 if threads == 1 else min(threads or count(), -(-len(out) // BAND_ROWS))
        nans = self.run(flat, out, bands)
        out = out.astype(plan.output_dtype, copy=False)
        planar = plan.output_channels == 1 and (image.ndim == 2 or plan.channels > 1)
        return out if planar else out.reshape(*plan.extent, plan.output_channels), nans

    def run(self, image: NDArray[Any], out: NDArray[Any], bands: int) -> int:
        """Fill `out` from `image`, both (rows, cols * channels), in `bands` bands of rows.

        One band runs on the calling thread; the result has the same bytes whatever their number.
        """
        values = self.values
        image = image.view()
        image.flags.writeable = False  # one signature for read-only and writeable images
        rest = (values.geometry, values.weights, values.constants, values.outside)
        if bands == 1:
            return self._band(image, out, 0, len(out), *rest)
        return self._parallel(self._address, image, out, bands, *rest)

    def with_constants(self, first: Sequence[float]) -> Executable:
        """Return the same loop with other values for its first constants."""
        constants = self.values.constants.copy()
        constants[: len(first)] = first
        return replace(self, values=replace(self.values, constants=constants)) if first else self

    def warm(self) -> None:
        """Compile what one thread runs, and what every core runs."""
        _ = self._address, self._parallel

    @cached_property
    def _band(self) -> Callable[..., int]:
        return cache.load(self.source, "band", self._signature)

    @cached_property
    def _address(self) -> int:
        compiled = self._band.overloads[self._signature]  # type: ignore[attr-defined]
        address: int = compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)
        return address

    @cached_property
    def _parallel(self) -> Callable[..., int]:
        image, out, bands, _, *rest = self._signature
        return cache.load(_DRIVER, "parallel", (types.uintp, image, out, bands, *rest))

    @cached_property
    def _signature(self) -> Any:
        plan = self.plan
        image = types.Array(_numba_type(stored(plan.dtype)), 2, "C", readonly=True)
        out = types.Array(_numba_type(stored(plan.output_dtype)), 2, "C")
        geometry = types.Array(types.int64, 3, "C")
        vector = types.Array(_numba_type(plan.compute), 1, "C")
        return image, out, types.int64, types.int64, geometry, vector, vector, vector


def _numba_type(dtype: str) -> Any:
    return numba.from_dtype(np.dtype(dtype))


def compile_fused(plan: Plan) -> Executable:
    """Return `plan`, which holds no reduction but at its start, as one fused loop."""
    schedule, values = make_schedule(plan)
    return Executable(plan, emit(schedule), values)
