"""Compiled helpers that every generated CPU loop imports: border maps, ring keys, row loads and pads."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"
# ruff: noqa: D103 - compiled helpers: the comments say what the signatures cannot

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite.ir import Constant, FunctionType, IntType
from numba import njit, prange, types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

from convpipe import geometry
from convpipe.compile.common import scalars
from convpipe.compile.cpu.addresses import address, hold, lent, line, tail

FLAGS: dict[str, Any] = {
    # No fast-math: every operation rounds as it is written, so that the bytes are the ops' and not LLVM's.
    # What is to be fused says so: see `dot`.
    "error_model": "numpy",
    "nogil": True,
}

_INNER = {**FLAGS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}

inline = njit(**_INNER)
"""Decorator of a function that is compiled into its callers; nobody calls it from Python, and without the
wrappers for that a pipeline compiles a quarter faster."""

NOTHING = -(2**62)
"""Key of a ring slot that holds no row yet."""

border_index = inline(geometry.border_index)
square, power, minimum, maximum, where = (inline(function) for function in scalars.VOCABULARY)
sqrt, exp, log, rint = math.sqrt, math.exp, math.log, np.rint

WRAP = int(geometry.Border.WRAP)


@intrinsic(prefer_literal=True)
def take(context, vector, first, count):
    # vector[first], ..., vector[first + count - 1]: each read alone takes Numba as long to compile as all.
    size = count.literal_value
    result = types.UniTuple(vector.dtype, size)

    def loads(context, builder, signature, arguments):
        data = make_array(vector)(context, builder, arguments[0]).data
        at = context.cast(builder, arguments[1], first, types.intp)
        values = []
        for k in range(size):
            pointer = builder.gep(data, [builder.add(at, Constant(at.type, k))])
            values.append(builder.load(pointer))
        return context.make_tuple(builder, result, values)

    return result(vector, first, count), loads


@intrinsic
def dot(context, *products):
    # w0, s0, w1, s1, ...: the sum of the products in their order, a product and then fused multiply-adds,
    # each rounded once. Samples of any type become the weights' first.
    return _fused(context, products, 0)


@intrinsic
def dot_onto(context, *products):
    # The same, onto a sum that precedes the products.
    return _fused(context, products, 1)


def _fused(context, given, first):
    total = given[0]  # the type of the sum, and of every weight

    def chain(context, builder, signature, arguments):
        values = cgutils.unpack_tuple(builder, arguments[0])

        def cast(k):
            return context.cast(builder, values[k], given[k], total)

        result = values[0] if first else builder.fmul(values[0], cast(1))
        for k in range(first or 2, len(values), 2):
            result = builder.fma(values[k], cast(k + 1), result)
        return result

    return total(types.StarArgTuple(given)), chain


@inline
def integers(samples):
    return np.empty(samples, np.int32)


@inline
def int32_pair(samples):
    return np.empty((2, samples), np.int32)


@inline
def numbers(count, first, step):
    values = np.empty(count, np.int64)
    for k in range(count):
        values[k] = first + k * step
    return values


@inline
def ring_key(j, y, rows, reach, border):
    # What identifies padded row j in a ring: the row y that it copies, so that a mirrored row is not
    # computed twice - except under wrap, where the rows of one window may be far apart in the image
    # and only their padded positions are neighbours. Either way the keys of one window span no more
    # rows than the window, so `key % reach` never meets a key that is still needed. A ring that has a
    # place for each row of its input never does.
    return j if border == WRAP and rows > reach else y


@intrinsic
def to_int32(context, value):
    # The nearest integer, halves to even. What 32 bits do not hold is the processor's choice.
    def convert(context, builder, signature, arguments):
        (given,) = arguments
        result = IntType(32)
        kind = FunctionType(result, [given.type])
        return builder.call(
            builder.module.declare_intrinsic("llvm.lrint", [result, given.type], kind), [given]
        )

    return types.int32(value), convert


@inline
def lend(array):
    # A new array of one axis as a row, and what holds its memory.
    return address(array), array


@inline
def lend_rows(array):
    # The same of one of two axes, for `line` to take rows from.
    return lent(array), array


@inline
def load_row(source, row, left, samples):
    target = tail(row, left)
    for x in range(samples):
        target[x] = source[x]


@inline
def load_edges(
    image, rows, top, bottom, ring, first, last, origin, left, cols, channels, border, outside, outside_last
):
    # Fill pixels first..last of padded rows top..bottom from the image; a row of -1 lies outside.
    for k in range(top, bottom):
        row = line(ring, k, 0)
        for j in range(first, last):
            at = border_index(j - left, cols, border) if rows[k] >= 0 else -1
            for c in range(channels):
                if at < 0:
                    row[j * channels + c] = outside_last if c == channels - 1 else outside
                else:
                    row[j * channels + c] = image[rows[k], (origin + at) * channels + c]


@inline
def interior(left, cols, stride, reach, outputs):
    # First output whose window starts inside the row, and the first from there on that ends outside.
    first = min(outputs, -(-left // stride))
    last = min(outputs, (left + cols - reach) // stride + 1)
    return first, max(first, last)


@inline
def pad_row(row, left, cols, right, channels, border, outside, outside_last):
    # Fill the pixels left and right of the `cols` pixels that start at pixel `left`.
    for j in range(left + right):
        at = j if j < left else j + cols
        k = border_index(at - left, cols, border)
        for c in range(channels):
            if k < 0:
                row[at * channels + c] = outside_last if c == channels - 1 else outside
            else:
                row[at * channels + c] = row[(left + k) * channels + c]


@inline
def premultiply_row(row, left, cols, channels):
    for p in range(left, left + cols):
        alpha = row[p * channels + channels - 1]
        if alpha < 0:
            row[p * channels + channels - 1] = 0
            alpha = row[p * channels + channels - 1]
        for c in range(channels - 1):
            row[p * channels + c] *= alpha


__all__ = [
    "FLAGS",
    "NOTHING",
    "border_index",
    "dot",
    "dot_onto",
    "exp",
    "hold",
    "inline",
    "int32_pair",
    "integers",
    "interior",
    "lend",
    "lend_rows",
    "lent",
    "line",
    "load_edges",
    "load_row",
    "log",
    "maximum",
    "minimum",
    "numbers",
    "pad_row",
    "power",
    "prange",
    "premultiply_row",
    "ring_key",
    "rint",
    "sqrt",
    "square",
    "tail",
    "take",
    "to_int32",
    "where",
]
