"""Compiled helpers that every generated CUDA kernel imports: border maps and the expression vocabulary."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import config, cuda

from convpipe import geometry
from convpipe.compile import scalars

SIMULATED = bool(config.ENABLE_CUDASIM)  # type: ignore[attr-defined]
"""Whether Numba's simulator stands in for the device."""

inline = cuda.jit(device=True)  # type: ignore[no-untyped-call]
"""Decorator of a function that is compiled into the kernels that call it.

No fast-math flag: the compiler contracts a product and a sum into a fused multiply-add, and nothing else.
"""

border_index = inline(geometry.border_index)
square, power, minimum, maximum, where = (inline(function) for function in scalars.VOCABULARY)
sqrt, exp, log = math.sqrt, math.exp, math.log

if SIMULATED:
    index: Any = int
else:
    index = np.uint64
"""A position that is never negative: Numba then leaves out the test for one counted from the end."""

if SIMULATED:  # the simulator runs Python, which has no libdevice
    rint_float32: Any = np.rint
    rint_float64: Any = np.rint
else:
    from numba.cuda import libdevice

    rint_float32, rint_float64 = libdevice.rintf, libdevice.rint


@inline
def quotient(t, n):
    """Return t // n for 32-bit numbers of no sign, which takes a fifth of the instructions."""
    return np.int64(np.uint32(t) // np.uint32(n))


@inline
def within(first, count, n):
    """Tell whether `count` positions from `first` on all lie in an axis of `n`."""
    return first >= 0 and first + count <= n


@inline
def lowest(first, count, n, border):
    """Return the lowest index that `count` positions from `first` on read; the others follow within `count`.

    Not so for ``wrap``, whose positions read both ends.
    """
    if within(first, count, n):
        return first
    low = n - 1
    for i in range(first, first + count):
        index = border_index(i, n, border)
        if 0 <= index < low:
            low = index
    return low


__all__ = [
    "border_index",
    "exp",
    "index",
    "inline",
    "log",
    "lowest",
    "maximum",
    "minimum",
    "power",
    "quotient",
    "rint_float32",
    "rint_float64",
    "sqrt",
    "square",
    "where",
    "within",
]
