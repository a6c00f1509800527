"""Run a plan on the processor: the fused loop on every core for one image, or on the calling thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np
from numba import types
from numpy.typing import NDArray

from convpipe import memory
from convpipe.compile.common.text import without_comments
from convpipe.compile.cpu import drive
from convpipe.compile.cpu.emit import emit
from convpipe.compile.cpu.schedule import Values, make_schedule
from convpipe.compile.runtime import cache
from convpipe.compile.runtime.threads import count
from convpipe.geometry import Extent
from convpipe.ops import stored
from convpipe.plan import Plan

_DRIVER = Path(drive.__file__).read_text()

BAND_ROWS = 16
"""Fewest rows of a band; a band recomputes a halo at its edges, so bands are kept tall."""

BAND_OPERATIONS = 200_000
"""Fewest operations of a band. To wake a thread takes 5 to 10 microseconds, in which a core does about as
many: with two threads 64x64 pixels take about the time of one thread, and 128x128 two thirds of it."""


class _Rows(NamedTuple):
    """An image as the loop takes it: rows of samples, channels side by side."""

    extent: Extent
    dtype: np.dtype[Any]


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

    def __call__(
        self, image: NDArray[Any], threads: int | None = None, first: Sequence[float] = ()
    ) -> tuple[NDArray[Any], int]:
        """Filter one image.

        Parameters
        ----------
        image : ndarray, shape (rows, cols) or (rows, cols, channels)
            Of the planned extent and dtype, any strides and byte order.
        threads : int, optional
            1 runs on the calling thread and releases the GIL; None uses every core.
        first : sequence of float
            The first constants, where they depend on the image.

        Returns
        -------
        result : ndarray
            Of the planned output extent and dtype; two axes if `image` has two and the result one
            channel.
        nans : int
            How many NaNs became 0.
        """
        flat = np.ascontiguousarray(image, self._given.dtype).reshape(self._given.extent)
        flat.setflags(write=False)  # one signature for read-only and writeable images; `flat` is a view
        out = memory.empty(*self._made)
        bands = 1 if threads == 1 else self._most_bands
        if bands > 1:
            bands = min(bands, threads or count())
        nans = self.run(flat, out, bands, first)
        if self._converts:
            with np.errstate(over="ignore"):  # what float16 cannot hold is infinite, as the plan says
                out = out.astype(self.plan.output_dtype)
        shape = self._shapes[image.ndim]
        return out if out.shape == shape else out.reshape(shape), nans

    def run(self, image: NDArray[Any], out: NDArray[Any], bands: int, first: Sequence[float] = ()) -> int:
        """Fill `out` from a read-only `image`, both (rows, cols * channels), in `bands` bands of rows.

        One band runs on the calling thread; the result has the same bytes whatever their number.
        """
        values = self.values
        constants = values.constants
        if first:
            constants = np.concatenate((np.array(first, constants.dtype), constants[len(first) :]))
        rest = (values.geometry, values.weights, constants, values.outside)
        if bands == 1:
            return self._band(image, out, 0, len(out), *rest)
        return self._parallel(self._address, image, out, bands, *rest)

    @cached_property
    def _given(self) -> _Rows:
        rows, cols = self.plan.input
        return _Rows((rows, cols * self.plan.channels), np.dtype(stored(self.plan.dtype)))

    @cached_property
    def _made(self) -> _Rows:
        rows, cols = self.plan.extent
        return _Rows((rows, cols * self.plan.output_channels), np.dtype(stored(self.plan.output_dtype)))

    @cached_property
    def _converts(self) -> bool:
        """Whether the result is of another dtype than the loop writes."""
        return self.plan.output_dtype != self._made.dtype

    @cached_property
    def _shapes(self) -> dict[int, tuple[int, ...]]:
        """Shapes of the result by the axes of the image: small images take a few microseconds in all."""
        return {axes: self.plan.result_shape(axes) for axes in (2, 3)}

    @cached_property
    def _most_bands(self) -> int:
        """How many bands are worth a thread each: high enough, and with enough to do."""
        return max(1, min(-(-self._made.extent[0] // BAND_ROWS), self.plan.operations // BAND_OPERATIONS))

    def warm(self) -> None:
        """Compile what one thread runs, and what every core runs."""
        _ = self._address, self._parallel

    @cached_property
    def _band(self) -> Callable[..., int]:
        return cache.load(without_comments(self.source), "band", self._signature)

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
