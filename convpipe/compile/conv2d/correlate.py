"""Run conv2d on the processor: validated arrays and windows in, the result out.

The loops are in ``nchw_loops.py``; here they are compiled, once a dtype, and given their work.
"""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from collections.abc import Callable
from functools import cache as once
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba import types
from numpy.typing import NDArray

from convpipe import memory
from convpipe.compile.common.correlation import Correlation
from convpipe.compile.conv2d import loops as nchw_loops
from convpipe.compile.conv2d.loops import BLOCK
from convpipe.compile.runtime import cache
from convpipe.compile.runtime.threads import count
from convpipe.geometry import Axis, Extent

TASKS_PER_THREAD = 4
"""More than one, so that three images on two threads are not two against one."""

BAND_ROWS = 8
"""Fewest rows of a band; each band fills its row buffers anew."""


def correlate(
    x: NDArray[Any],
    weight: NDArray[Any],
    bias: NDArray[Any] | None,
    how: Correlation,
) -> NDArray[Any]:
    """Return the cross-correlation of (N, C, H, W) `x` with (C_out, C / groups, KH, KW) `weight`.

    Parameters
    ----------
    x, weight, bias : ndarray
        Of one dtype, float32 or float64, aligned and C-contiguous; none of them empty.
    how : Correlation
        Its windows fit in `x`.
    """
    windows, groups = how.windows, how.groups
    count, outputs = x.shape[0], weight.shape[0] // groups
    sizes = windows[0].output(x.shape[2]), windows[1].output(x.shape[3])
    out: NDArray[Any] = memory.empty((count, weight.shape[0], *sizes), x.dtype)
    start = np.zeros(weight.shape[0], x.dtype) if bias is None else bias
    described = [_describe(axis, size) for axis, size in zip(windows, x.shape[2:], strict=True)]
    splits, bands = _share(count * groups, -(-outputs // BLOCK), sizes[0])
    layout = (*buffer_shape(x.shape[1] // groups, windows, sizes), outputs, groups)
    arrays = [_read_only(array) for array in (x, _packed(weight, groups), start)]
    _loop(x.dtype)(*arrays, out.reshape(-1), *described, layout, int(how.border), splits, bands)
    return out


def buffer_shape(channels: int, windows: tuple[Axis, Axis], sizes: Extent) -> tuple[int, int, int, int]:
    """Return the shape of a task's row buffers: (rows, channels, column phases, columns a phase).

    All rows that a window spans are kept, so that each is filled once; where a dilated window skips most
    of them, only those that it reads.
    """
    rows, cols = windows
    slots = rows.reach if rows.reach <= 4 * rows.kernel else rows.kernel
    phases = min(cols.stride, cols.reach)
    return slots, channels, phases, sizes[1] + (cols.reach - 1) // cols.stride


def _describe(axis: Axis, size: int) -> tuple[int, ...]:
    return size, axis.kernel, axis.stride, axis.dilation, axis.before, axis.output(size), axis.reach


def _share(images: int, blocks: int, rows: int) -> tuple[int, int]:
    """Return into how many parts the channel blocks and the rows of each image are divided."""
    threads = count()
    bands = max(1, min(-(-TASKS_PER_THREAD * threads // images), rows // BAND_ROWS))
    splits = min(-(-threads // (images * bands)), blocks)
    return splits, bands


def _packed(weight: NDArray[Any], groups: int) -> NDArray[Any]:
    """Return the weights in the order in which the tiles read them: (group, block, tap, output)."""
    outputs, taps = weight.shape[0] // groups, weight[0].size
    flat = weight.reshape(groups, outputs, taps)
    full = outputs - outputs % BLOCK
    blocks = flat[:, :full].reshape(groups, full // BLOCK, BLOCK, taps).swapaxes(2, 3)
    rest = flat[:, full:].swapaxes(1, 2)
    both = [part.reshape(groups, -1) for part in (blocks, rest)]
    return np.concatenate(both, axis=1).reshape(-1)


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view()
    view.flags.writeable = False  # one signature for read-only and writeable arrays
    return view


@once
def _loop(dtype: np.dtype[Any]) -> Callable[..., int]:
    source = Path(nchw_loops.__file__).read_text()
    return cache.load(source, "correlate", _signature(dtype))


def _signature(dtype: np.dtype[Any]) -> Any:
    scalar = numba.from_dtype(dtype)
    vector = types.Array(scalar, 1, "C", readonly=True)
    described, layout = (types.UniTuple(types.int64, size) for size in (7, 6))
    images, out = types.Array(scalar, 4, "C", readonly=True), types.Array(scalar, 1, "C")
    return images, vector, vector, out, described, described, layout, types.int64, types.int64, types.int64
