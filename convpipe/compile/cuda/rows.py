"""Compiled helpers that every generated CUDA kernel imports: border maps and the expression vocabulary."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, assignment"

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
from numba import config, cuda

from convpipe import geometry
from convpipe.compile.common import scalars

SIMULATED = bool(config.ENABLE_CUDASIM)  # type: ignore[attr-defined]
"""Whether Numba's simulator stands in for the device."""

inline = cuda.jit(device=True)
"""Decorator of a function that is compiled into the kernels that call it.

No fast-math flag. NVVM still contracts a product into the sum that follows it, so no sum of an expression is
left to it: see `add` and `subtract`.
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

    def dot(*products):
        """Return the sum of products w0, s0, w1, s1, ..."""
        return dot_onto(products[0] * products[1], *products[2:])

    def dot_onto(total, *products):
        """Return the same, onto a sum that precedes them; of float32 it is nearly the device's."""
        kind = type(total)
        for weight, sample in zip(products[::2], products[1::2], strict=True):
            total = kind(float(weight) * float(sample) + float(total))
        return total

    add, subtract = operator.add, operator.sub
else:
    from numba.cuda import libdevice

    from convpipe.compile.cuda.arithmetic import add, dot, dot_onto, subtract

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
def clamp(i, n):
    """Return the position of an axis of `n` that is nearest to `i`."""
    return min(max(i, 0), n - 1)


__all__ = [
    "add",
    "border_index",
    "clamp",
    "dot",
    "dot_onto",
    "exp",
    "index",
    "inline",
    "log",
    "maximum",
    "minimum",
    "power",
    "quotient",
    "rint_float32",
    "rint_float64",
    "sqrt",
    "square",
    "subtract",
    "where",
    "within",
]
