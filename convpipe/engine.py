"""Stages compiled for plain arrays of pixels; what was planned and compiled is kept."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from convpipe.boxes import Box
from convpipe.compile.backend import Backend, Banded, Executable, all_results
from convpipe.dtypes import name_of
from convpipe.errors import ParameterError
from convpipe.geometry import Border, Extent
from convpipe.losses import Losses
from convpipe.ops import COMPUTE
from convpipe.plan import Missing, Plan, Settings, make_plan, unknown_dtype
from convpipe.stages import nearest
from convpipe.stages.boxes import boxes_of
from convpipe.stages.numbers import Count
from convpipe.stages.parameters import Flag
from convpipe.stages.wiring import RESULT, Wiring

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
    missing : float, 'nan', 'file' or None
        Samples that count as not there; ``file``: those that each image says to be no data.
    scale : str, optional
        The dtype of what images were computed from, whose full scale stages mean; default: that of each.

    Attributes
    ----------
    backend : str
        Where it runs: ``cpu`` or ``cuda``; ``auto`` where there is a choice.

    Raises
    ------
    BackendError
        If the backend cannot run here.
    """

    def __init__(
        self,
        wiring: Wiring,
        border: Border,
        dtype: str | None,
        backend: str,
        missing: float | str | None = None,
        *,
        scale: str | None = None,
    ) -> None:
        self.scale = scale
        self.wiring, self.border, self.dtype, self.missing = wiring, border, dtype, missing
        self.stages = wiring.stages
        self._backend = Backend(backend)
        self.backend = self._backend.name
        self._tables = boxes_of(self.stages)
        self._planned = lru_cache(maxsize=64)(self._plan)
        self._executable = lru_cache(maxsize=64)(self._compile)

    def rewired(self, wiring: Wiring) -> Engine:
        """Return what filters otherwise and is in all else the same; of where it ran this engine knows."""
        return self.of_computed(wiring, self.scale, self.missing)

    def of_computed(self, wiring: Wiring, scale: str | None, missing: float | str | None) -> Engine:
        """Return the same for images that were computed from those of a dtype, and what is missing there."""
        other = Engine(wiring, self.border, self.dtype, "cpu", missing, scale=scale)
        other._backend, other.backend = self._backend, self.backend
        return other

    def plan(
        self,
        shape: Sequence[int],
        dtype: str = "uint8",
        alpha: bool = False,
        *,
        nodata: float | None = None,
        masked: bool = False,
        output_dtype: str | None = None,
    ) -> Plan:
        """Return the plan for images of `shape`, (rows, cols) or (rows, cols, channels).

        With a value for no data, which counts where `missing` is ``file``, with masks or without, and with a
        dtype of the results in the place of the pipeline's.
        """
        missing = self._missing(None if alpha else nodata, masked and not alpha)
        given = tuple(shape), dtype_name(dtype), output_dtype or self.dtype, _ALPHA.parse(alpha), missing
        return self._planned(*given, self._own_boxes())

    def filter(
        self,
        image: NDArray[Any],
        threads: int | None = None,
        dtype: str | None = None,
        *,
        alpha: bool = False,
        nodata: float | None = None,
        mask: NDArray[Any] | None = None,
    ) -> tuple[NDArray[Any], Losses]:
        """Return the result, and how many samples were lost in it.

        Parameters
        ----------
        image : ndarray, shape (rows, cols) or (rows, cols, channels)
        threads : int, optional
            1 runs on the calling thread and releases the GIL; None uses every core.
        dtype : str, optional
            Of the result.
        alpha : bool
            Whether the last channel is alpha.
        nodata : float, optional
            What the image itself says that a missing sample is; it counts where `missing` is ``file``.
        mask : ndarray, shape (rows, cols), optional
            0 where a pixel is missing.
        """
        results, losses = self.outputs(image, threads, dtype, alpha=alpha, nodata=nodata, mask=mask)
        return results[RESULT], losses

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
        """Return all results by their names, and how many samples were lost in them; as :meth:`filter`."""
        alpha = alpha if type(alpha) is bool else _ALPHA.parse(alpha)
        dtype = dtype or self.dtype
        # Of an image with alpha it is alpha that says what is missing.
        missing = self._missing(None, False) if alpha else self._missing(nodata, mask is not None)
        run = self._executable(image.shape, image.dtype, dtype, alpha, missing, self._own_boxes())
        given = image if mask is None else with_mask(image, mask, alpha)
        results, losses = all_results(run, given, checked_threads(threads))
        if given.ndim > image.ndim:
            results = {name: _without_axis(each) for name, each in results.items()}
        return results, losses

    def run_of(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Executable | None:
        """Return what filters all images of a shape and dtype; None if each may be filtered in its own way.

        They have no alpha and no mask, and no dtype of the result is asked for. It says nothing of an image.
        """
        if self._tables or self.missing == "file":
            return None
        run = self._executable(shape, dtype, self.dtype, False, self._missing(None, False), ())
        return run if run.is_silent else None

    def banded(self, plan: Plan) -> Banded:
        """Return what makes bands of the results of a plan of this engine; on the processor."""
        return self._backend.banded(plan)

    def source(self, shape: Sequence[int], dtype: str = "uint8", alpha: bool = False) -> str:
        """Return the generated Python that filters an image of `shape` and `dtype`."""
        return self._made(shape, dtype, alpha).source

    def warm(self, shape: Sequence[int], dtype: str = "uint8", alpha: bool = False) -> None:
        """Compile what filters an image of `shape` and `dtype`, on one core and on all."""
        self._made(shape, dtype, alpha).warm()

    def _made(self, shape: Sequence[int], dtype: str, alpha: bool) -> Executable:
        missing = self._missing(None, False)
        kind = np.dtype(dtype_name(dtype))
        given = tuple(shape), kind, self.dtype, _ALPHA.parse(alpha), missing
        return self._executable(*given, self._own_boxes())

    def _own_boxes(self) -> tuple[Box | None, ...]:
        """Return what tables say of the image that is filtered: another plan is of another box."""
        return tuple(table.find() for table in self._tables)

    def _missing(self, nodata: float | None, masked: bool) -> Missing | None:
        """Return what is missing in an image that says so itself of `nodata`."""
        value = nodata if self.missing == "file" else self.missing
        return (
            None if value is None and not masked else Missing(None if value is None else float(value), masked)
        )

    def check(self) -> None:
        """Raise BackendError, before any image is read, if none could be filtered here."""
        self._backend.check()

    def describe(self) -> str:
        """Say for a report where images were filtered, and why there."""
        return self._backend.describe()

    def _plan(
        self,
        shape: tuple[int, ...],
        dtype: str,
        output_dtype: str | None,
        alpha: bool,
        missing: Missing | None,
        boxes: tuple[Box | None, ...],
    ) -> Plan:
        if len(shape) not in (2, 3) or not all(hasattr(size, "__index__") for size in shape):
            raise ParameterError(
                f"an image is (rows, cols) or (rows, cols, channels); given {shape}", "shape"
            )
        shape = tuple(int(size) for size in shape)
        extent: Extent = (shape[0], shape[1])
        return make_plan(
            self.wiring,
            extent,
            Settings(self.border, output_dtype, missing, self.scale),
            channels=shape[2] if len(shape) == 3 else 1,
            alpha=alpha,
            dtype=dtype,
        )

    def _compile(
        self,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        output_dtype: str | None,
        alpha: bool,
        missing: Missing | None,
        boxes: tuple[Box | None, ...],
    ) -> Executable:
        return self._backend.compile(
            self._planned(shape, name_of(dtype), output_dtype, alpha, missing, boxes)
        )


def checked_threads(threads: int | None) -> int | None:
    """Return on how many threads an image is filtered; None: on every core."""
    return None if threads is None else _THREADS.parse(threads)


def with_mask(image: NDArray[Any], mask: NDArray[Any], alpha: bool) -> NDArray[Any]:
    """Return an image with a mask behind its last channel; alpha is 0 there where the mask is."""
    if mask.shape != image.shape[:2]:
        rows, cols = image.shape[:2]
        raise ParameterError(
            f"a mask has the extent of its image, {rows} x {cols}; given {mask.shape}", "mask"
        )
    shown = mask != 0
    if not alpha:
        pixels = image[..., None] if image.ndim == 2 else image
        return np.concatenate([pixels, shown[..., None].astype(image.dtype)], axis=2)
    pixels = image.copy()
    pixels[~shown, -1] = 0
    return pixels


def _without_axis(result: NDArray[Any]) -> NDArray[Any]:
    """Return a result of one channel as that of an image without an axis for channels."""
    return result[..., 0] if result.shape[2] == 1 else result


def dtype_name(dtype: DTypeLike) -> str:
    """Return NumPy's name of a dtype that convpipe computes with.

    Raises
    ------
    ParameterError
        If it is not one; the nearest right name is offered.
    """
    try:
        name = name_of(np.dtype(dtype))
    except TypeError:
        name = str(dtype)
    if name in ("int64", "uint64"):  # the nearest name would be of a type that loses values
        raise unknown_dtype(name)
    if name not in COMPUTE:
        raise ParameterError(f"unknown dtype {name!r}{nearest(name, COMPUTE)}", "dtype")
    return name
