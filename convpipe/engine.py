"""Stages compiled for plain arrays of pixels; what was planned and compiled is kept."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from convpipe.compile.backend import Backend, Executable, all_results
from convpipe.errors import ParameterError
from convpipe.geometry import Border, Extent
from convpipe.ops import COMPUTE
from convpipe.plan import Plan, make_plan, unknown_dtype
from convpipe.stages import nearest
from convpipe.stages.parameters import Count, Flag
from convpipe.stages.wiring import Wiring

_ALPHA = Flag("alpha", "whether the last channel is alpha")
_THREADS = Count("threads", "on which an image is filtered", least=1)


class Engine:
    """What filters arrays (rows, cols) and (rows, cols, channels) for a pipeline, or the files of a batch.

    Parameters
    ----------
    wiring : Wiring
        The stages, and which of them each reads.
    border : Border
        For stages that name none.
    dtype : str or None
        Of the results; None: the last stage's, or that of each image.
    backend : {'auto', 'cpu', 'cuda'}

    Attributes
    ----------
    backend : str
        Where it runs: ``cpu`` or ``cuda``; ``auto`` where there is a choice.

    Raises
    ------
    BackendError
        If the backend cannot run here.
    """

    def __init__(self, wiring: Wiring, border: Border, dtype: str | None, backend: str) -> None:
        self.wiring, self.border, self.dtype = wiring, border, dtype
        self.stages = wiring.stages
        self._backend = Backend(backend)
        self.backend = self._backend.name
        self._planned = lru_cache(maxsize=64)(self._plan)
        self._executable = lru_cache(maxsize=64)(self._compile)

    def plan(self, shape: Sequence[int], dtype: str = "uint8", alpha: bool = False) -> Plan:
        """Return the plan for images of `shape`, (rows, cols) or (rows, cols, channels)."""
        return self._planned(tuple(shape), dtype_name(dtype), self.dtype, _ALPHA.parse(alpha))

    def filter(
        self,
        image: NDArray[Any],
        threads: int | None = None,
        dtype: str | None = None,
        *,
        alpha: bool = False,
    ) -> tuple[NDArray[Any], int]:
        """Return the result, and the number of NaNs that became 0 in it.

        Parameters
        ----------
        image : ndarray, shape (rows, cols) or (rows, cols, channels)
        threads : int, optional
            1 runs on the calling thread and releases the GIL; None uses every core.
        dtype : str, optional
            Of the result.
        alpha : bool
            Whether the last channel is alpha.
        """
        run = self._executable(image.shape, image.dtype, dtype or self.dtype, _ALPHA.parse(alpha))
        return run(image, None if threads is None else _THREADS.parse(threads))

    def outputs(
        self,
        image: NDArray[Any],
        threads: int | None = None,
        dtype: str | None = None,
        *,
        alpha: bool = False,
    ) -> tuple[dict[str, NDArray[Any]], int]:
        """Return all results by their names, and how many NaNs became 0 in them; as :meth:`filter`."""
        run = self._executable(image.shape, image.dtype, dtype or self.dtype, _ALPHA.parse(alpha))
        threads = None if threads is None else _THREADS.parse(threads)
        return all_results(run, image, threads)

    def source(self, shape: Sequence[int], dtype: str = "uint8", alpha: bool = False) -> str:
        """Return the generated Python that filters an image of `shape` and `dtype`."""
        return self._made(shape, dtype, alpha).source

    def warm(self, shape: Sequence[int], dtype: str = "uint8", alpha: bool = False) -> None:
        """Compile what filters an image of `shape` and `dtype`, on one core and on all."""
        self._made(shape, dtype, alpha).warm()

    def _made(self, shape: Sequence[int], dtype: str, alpha: bool) -> Executable:
        return self._executable(tuple(shape), np.dtype(dtype_name(dtype)), self.dtype, _ALPHA.parse(alpha))

    def check(self) -> None:
        """Raise BackendError, before any image is read, if none could be filtered here."""
        self._backend.check()

    def describe(self) -> str:
        """Say for a report where images were filtered, and why there."""
        return self._backend.describe()

    def _plan(self, shape: tuple[int, ...], dtype: str, output_dtype: str | None, alpha: bool) -> Plan:
        if len(shape) not in (2, 3) or not all(hasattr(size, "__index__") for size in shape):
            raise ParameterError(
                f"an image is (rows, cols) or (rows, cols, channels); given {shape}", "shape"
            )
        shape = tuple(int(size) for size in shape)
        extent: Extent = (shape[0], shape[1])
        return make_plan(
            self.wiring,
            extent,
            channels=shape[2] if len(shape) == 3 else 1,
            alpha=alpha,
            dtype=dtype,
            border=self.border,
            output_dtype=output_dtype,
        )

    def _compile(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], output_dtype: str | None, alpha: bool
    ) -> Executable:
        return self._backend.compile(self._planned(shape, dtype.name, output_dtype, alpha))


def dtype_name(dtype: DTypeLike) -> str:
    """Return NumPy's name of a dtype that convpipe computes with.

    Raises
    ------
    ParameterError
        If it is not one; the nearest right name is offered.
    """
    try:
        name = np.dtype(dtype).name
    except TypeError:
        name = str(dtype)
    if name in ("int64", "uint64"):  # the nearest name would be of a type that loses values
        raise unknown_dtype(name)
    if name not in COMPUTE:
        raise ParameterError(f"unknown dtype {name!r}{nearest(name, COMPUTE)}", "dtype")
    return name
