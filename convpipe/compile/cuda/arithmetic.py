"""Sums whose rounding a device's compiler leaves alone; the processor's are in ``cpu.rows``.

NVVM contracts a product into a sum that follows it. It does not touch a fused multiply-add, nor the calls of
libdevice that are named for their rounding.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, attr-defined"
# ruff: noqa: D103 - compiled helpers: the comments say what the signatures cannot

from __future__ import annotations

from itertools import chain

from llvmlite import ir
from numba.cuda import cgutils, types
from numba.cuda.extending import intrinsic

LETTERS = {32: "f", 64: "d"}
"""How libdevice names the functions of a floating-point type of as many bits."""


@intrinsic
def add(context, a, b):
    return _rounded("add", a, b)


@intrinsic
def subtract(context, a, b):
    return _rounded("sub", a, b)


@intrinsic
def dot(context, *products):
    # w0, s0, w1, s1, ...: a product and then fused multiply-adds, each rounded once.
    return _fused(products)


@intrinsic
def dot_onto(context, *products):
    # The same, onto a sum that precedes the products.
    return _fused(products)


@intrinsic
def weighted(context, weights, samples):
    # The same of two tuples: Numba takes a fifth of the time to infer what it is of many.
    return _weighted(weights, samples)


@intrinsic
def weighted_onto(context, before, weights, samples):
    return _weighted(weights, samples, before)


def _weighted(weights, samples, *before):
    given = (*before, *_in_pairs(weights.types, samples.types))

    def sum_(context, builder, signature, arguments):
        *first, factors, terms = arguments
        pairs = _in_pairs(cgutils.unpack_tuple(builder, factors), cgutils.unpack_tuple(builder, terms))
        return _sum(context, builder, given, [*first, *pairs])

    return given[0](*before, weights, samples), sum_


def _in_pairs(weights, samples):
    return chain.from_iterable(zip(weights, samples, strict=True))


def _rounded(name, a, b):
    # In the type of the operand that is no comparison's.
    total = a if isinstance(a, types.Float) else b

    def call(context, builder, signature, arguments):
        cast = [context.cast(builder, v, kind, total) for v, kind in zip(arguments, (a, b), strict=True)]
        return _libdevice(builder, name, total, cast)

    return total(a, b), call


def _fused(given):
    def sum_(context, builder, signature, arguments):
        return _sum(context, builder, given, cgutils.unpack_tuple(builder, arguments[0]))

    return given[0](types.StarArgTuple(given)), sum_


def _sum(context, builder, given, values):
    # Of an odd number of values the first is a sum that precedes the products.
    total = given[0]  # the type of the sum, and of every weight
    cast = [context.cast(builder, v, kind, total) for v, kind in zip(values, given, strict=True)]
    onto = len(cast) % 2
    result = cast[0] if onto else _libdevice(builder, "mul", total, cast[:2])
    for k in range(onto or 2, len(cast), 2):
        result = builder.fma(cast[k], cast[k + 1], result)
    return result


def _libdevice(builder, name, dtype, arguments):
    kind = arguments[0].type
    function = ir.FunctionType(kind, [kind] * len(arguments))
    full = f"__nv_{LETTERS[dtype.bitwidth]}{name}_rn"
    return builder.call(cgutils.get_or_insert_function(builder.module, function, full), arguments)
