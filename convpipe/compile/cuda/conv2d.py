"""conv2d on a CUDA device: arrays that are there in, an array there out, no copy through the host.

One thread computes one place of a few filters' responses, so that they share its samples. The kernel is
written for any layout: strided views are read where they stand.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, attr-defined"

from __future__ import annotations

import sys
from functools import cache
from typing import Any

import numpy as np
from numba import cuda

from convpipe.compile.common.correlation import Correlation
from convpipe.compile.cuda.device import failures
from convpipe.compile.cuda.rows import border_index, dot_onto

THREADS = 128

FILTERS = 4
"""Filters that a thread computes at once."""


def adopt(value: Any) -> Any:
    """Return `value` as an array on the device: one that is there as it stands, any other copied."""
    with failures():
        if hasattr(value, "__cuda_array_interface__"):
            return cuda.as_cuda_array(value)
        return cuda.to_device(np.ascontiguousarray(value))


def like(result: Any, model: Any) -> Any:
    """Return the Numba device array `result` as an array of the library that `model` comes from, no copy."""
    library = sys.modules.get(type(model).__module__.partition(".")[0])
    if library is not None and library.__name__ == "torch":
        return library.as_tensor(result, device=model.device)
    if library is not None and library.__name__ == "cupy":
        return library.asarray(result)
    return result


def correlate(x: Any, weight: Any, bias: Any, how: Correlation, dtype: Any) -> Any:
    """Return the cross-correlation of device arrays, as :func:`convpipe.compile.conv2d.correlate.correlate`.

    Parameters
    ----------
    x, weight : device array, shapes (N, C, H, W) and (C_out, C / groups, KH, KW)
    bias : device array, shape (C_out,), or None
    dtype : dtype
        Of the arithmetic and the result, float32 or float64.
    """
    (rows, cols), groups = how.windows, how.groups
    count, filters = x.shape[0], weight.shape[0]
    sizes = rows.output(x.shape[2]), cols.output(x.shape[3])
    places = -(-sizes[0] * sizes[1] // THREADS)
    blocks = places * count * groups * -(-(filters // groups) // FILTERS)
    shape = (rows.stride, cols.stride, rows.dilation, cols.dilation, rows.before, cols.before)
    with failures():
        start = cuda.to_device(np.zeros(filters, dtype)) if bias is None else bias
        out = cuda.device_array((count, filters, *sizes), dtype)
        if count:
            launch = _kernel(np.dtype(dtype).type)[blocks, THREADS]
            launch(x, weight, start, out, shape, places, groups, int(how.border))
    return out


@cache
def _kernel(T: Any) -> Any:  # noqa: N803 - the type of the arithmetic, as in generated loops
    @cuda.jit
    def kernel(x, weight, bias, out, shape, places, groups, border):  # noqa: PLR0913 - takes no objects
        step_y, step_x, apart_y, apart_x, top, left = shape
        task = cuda.blockIdx.x // places
        t = (cuda.blockIdx.x - task * places) * THREADS + cuda.threadIdx.x
        y = t // out.shape[3]
        u = t - y * out.shape[3]
        if y >= out.shape[2]:
            return
        filters, inputs = weight.shape[0] // groups, weight.shape[1]
        parts = (filters + FILTERS - 1) // FILTERS
        first = task % parts * FILTERS
        task //= parts
        n = task // groups
        group = task - n * groups
        last = group * filters + filters - 1
        f0 = group * filters + first
        f1, f2, f3 = min(f0 + 1, last), min(f0 + 2, last), min(f0 + 3, last)
        a0, a1, a2, a3 = T(bias[f0]), T(bias[f1]), T(bias[f2]), T(bias[f3])
        for c in range(inputs):
            for i in range(weight.shape[2]):
                row = border_index(y * step_y + i * apart_y - top, x.shape[2], border)
                for j in range(weight.shape[3]):
                    col = border_index(u * step_x + j * apart_x - left, x.shape[3], border)
                    v = T(0)
                    if row >= 0 and col >= 0:
                        v = T(x[n, group * inputs + c, row, col])
                    a0 = dot_onto(a0, T(weight[f0, c, i, j]), v)
                    a1 = dot_onto(a1, T(weight[f1, c, i, j]), v)
                    a2 = dot_onto(a2, T(weight[f2, c, i, j]), v)
                    a3 = dot_onto(a3, T(weight[f3, c, i, j]), v)
        out[n, f0, y, u] = a0
        if f0 + 1 <= last:
            out[n, f1, y, u] = a1
        if f0 + 2 <= last:
            out[n, f2, y, u] = a2
        if f0 + 3 <= last:
            out[n, f3, y, u] = a3

    return kernel
