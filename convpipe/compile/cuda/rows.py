"""Compiled helpers that every generated CUDA kernel imports: border maps and the expression vocabulary."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, assignment"

from __future__ import annotations

import itertools
import math
import operator
from typing import Any

import numpy as np
from numba import config, cuda

from convpipe import geometry
from convpipe.compile.common import scalars
from convpipe.compile.common.elementary import angles, exponentials
from convpipe.compile.common.exact import fma

SIMULATED = bool(config.ENABLE_CUDASIM)  # type: ignore[attr-defined]
"""Whether Numba's simulator stands in for the device."""

inline = cuda.jit(device=True)
"""Decorator of a function that is compiled into the kernels that call it.

No fast-math flag. NVVM still contracts a product into the sum that follows it, so no sum of an expression is
left to it: see `add` and `subtract`.
"""

border_index = inline(geometry.border_index)
square, power, minimum, maximum, where = (inline(function) for function in scalars.VOCABULARY)

if SIMULATED:  # where Python's raise, these and a device's give NaN and infinities

    def _quiet(function: Any) -> Any:
        def of_number(x: Any) -> Any:
            with np.errstate(all="ignore"):
                return function(x)

        return of_number

    sqrt = _quiet(np.sqrt)
else:
    sqrt = math.sqrt

if SIMULATED:
    index: Any = int
else:
    index = np.uint64
"""A position that is never negative: Numba then leaves out the test for one counted from the end."""

if SIMULATED:  # the simulator runs Python, which has no libdevice
    rint_float32: Any = np.rint
    rint_float64: Any = np.rint
    floor_float32: Any = np.floor
    floor_float64: Any = np.floor
    lesser_float32: Any = min
    lesser_float64: Any = min
    greater_float32: Any = max
    greater_float64: Any = max

    def dot(*products):
        """Return the sum of products w0, s0, w1, s1, ..."""
        return dot_onto(products[0] * products[1], *products[2:])

    def dot_onto(total, *products):
        """Return the same, onto a sum that precedes them."""
        kind, result = type(total), float(total)
        for weight, sample in zip(products[::2], products[1::2], strict=True):
            result = fma(float(weight), float(sample), result, kind.__name__)
        return kind(result)

    def weighted(weights, samples):
        """Return the same of a tuple of weights and one of samples."""
        return dot(*itertools.chain.from_iterable(zip(weights, samples, strict=True)))

    def weighted_onto(before, weights, samples):
        """Return the same, onto a sum that precedes them."""
        return dot_onto(before, *itertools.chain.from_iterable(zip(weights, samples, strict=True)))

    add, subtract = operator.add, operator.sub
    ALIGNED: Any = None

    def four(array, place):
        """Return the four samples beside each other from a place on."""
        first = _in_memory(array, place)
        return tuple(array.reshape(-1)[first : first + 4])

    def put_four(array, place, samples):
        """Store four samples beside each other."""
        first = _in_memory(array, place)
        array.reshape(-1)[first : first + 4] = samples

    def _in_memory(array, place):
        first = int(np.ravel_multi_index(place, array.shape)) if isinstance(place, tuple) else int(place)
        assert first % 4 == 0
        return first

    def bits_float32(v):
        """Return the bits of a number as an integer."""
        return np.float32(v).view(np.int32)

    def bits_float64(v):
        """Return the same of 64 bits."""
        return np.float64(v).view(np.int64)

    def number_float32(bits):
        """Return the number that has these bits."""
        return np.int32(bits).view(np.float32)

    def number_float64(bits):
        """Return the same of 64 bits."""
        return np.int64(bits).view(np.float64)
else:
    from numba.cuda import libdevice
    from numba.cuda.core import config as device_config

    from convpipe.compile.cuda.arithmetic import add, dot, dot_onto, subtract, weighted, weighted_onto
    from convpipe.compile.cuda.quads import WIDEST as ALIGNED
    from convpipe.compile.cuda.quads import four, put_four

    device_config.CUDA_LOW_OCCUPANCY_WARNINGS = 0  # few blocks are of a small image, which is no fault
    rint_float32, rint_float64 = libdevice.rintf, libdevice.rint
    floor_float32, floor_float64 = libdevice.floorf, libdevice.floor
    lesser_float32, lesser_float64 = libdevice.fminf, libdevice.fmin
    greater_float32, greater_float64 = libdevice.fmaxf, libdevice.fmax
    bits_float32, bits_float64 = libdevice.float_as_int, libdevice.double_as_longlong
    number_float32, number_float64 = libdevice.int_as_float, libdevice.longlong_as_double

sin, cos, arctan2 = angles(inline, dot_onto)
exp, log = exponentials(inline, dot_onto, bits_float64, number_float64)


@inline
def quotient(t, n):
    """Return t // n for 32-bit numbers of no sign, which takes a fifth of the instructions."""
    return np.int64(np.uint32(t) // np.uint32(n))


@inline
def product(a, b):
    """Return the product of 32-bit numbers of no sign, in 64 bits, which takes one instruction."""
    return np.uint64(np.uint32(a)) * np.uint64(np.uint32(b))


@inline
def within(first, count, n):
    """Tell whether `count` positions from `first` on all lie in an axis of `n`."""
    return first >= 0 and first + count <= n


@inline
def in_fours(column, pitch):
    """Tell whether the samples from `column` on, of rows of `pitch`, begin with a whole multiple of four."""
    return (column | pitch) & 3 == 0


@inline
def clamp(i, n):
    """Return the position of an axis of `n` that is nearest to `i`."""
    return min(max(i, 0), n - 1)


@inline
def looked_up(table, low, unit, last, value, T):  # noqa: N803 - as in the kernels
    """Return what a table holds for a value, on the line from one entry to the next; beyond it, its ends."""
    at = subtract(value, low) * unit
    at = at if at > T(0) else T(0)
    at = at if at < last else last
    first = np.int64(at)
    second = np.int64(add(at, T(1))) if at < last else first
    step = subtract(at, T(first)) * subtract(table[index(second)], table[index(first)])
    return add(table[index(first)], step) if value == value else value


@inline
def ldexp_float32(value, whole):
    """Return value * 2**whole where both and the result are normal numbers."""
    return number_float32(np.int32(bits_float32(value) + (np.int32(whole) << np.int32(23))))


@inline
def ldexp_float64(value, whole):
    """Return the same of 64 bits."""
    return number_float64(np.int64(bits_float64(value) + (np.int64(whole) << np.int64(52))))


@inline
def least(a, b):
    """Return the smaller one, NaN being the largest of all; `maximum` returns the larger one."""
    return a if a < b or b != b else b


@inline
def order_float32(v):
    """Return an integer that is less than another if the number is; NaN has the largest."""
    bits = bits_float32(v)
    if v != v:
        return np.int32(0x7FFFFFFF)
    return bits if bits >= 0 else np.int32(bits ^ 0x7FFFFFFF)


@inline
def order_float64(v):
    """Return the same of 64 bits."""
    bits = bits_float64(v)
    if v != v:
        return np.int64(0x7FFFFFFFFFFFFFFF)
    return bits if bits >= 0 else np.int64(bits ^ 0x7FFFFFFFFFFFFFFF)


@inline
def ordered_float32(order):
    """Return the number of this order."""
    return number_float32(np.int32(order if order >= 0 else order ^ 0x7FFFFFFF))


@inline
def ordered_float64(order):
    """Return the same of 64 bits."""
    return number_float64(np.int64(order if order >= 0 else order ^ 0x7FFFFFFFFFFFFFFF))


__all__ = [
    "ALIGNED",
    "add",
    "arctan2",
    "border_index",
    "clamp",
    "cos",
    "dot",
    "dot_onto",
    "exp",
    "floor_float32",
    "floor_float64",
    "four",
    "greater_float32",
    "greater_float64",
    "in_fours",
    "index",
    "inline",
    "ldexp_float32",
    "ldexp_float64",
    "least",
    "lesser_float32",
    "lesser_float64",
    "log",
    "looked_up",
    "maximum",
    "minimum",
    "order_float32",
    "order_float64",
    "ordered_float32",
    "ordered_float64",
    "power",
    "product",
    "put_four",
    "quotient",
    "rint_float32",
    "rint_float64",
    "sin",
    "sqrt",
    "square",
    "subtract",
    "weighted",
    "weighted_onto",
    "where",
    "within",
]
