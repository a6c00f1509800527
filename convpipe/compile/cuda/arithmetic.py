"""Sums whose rounding a device's compiler leaves alone; the processor's are in ``cpu.rows``.

NVVM contracts a product into a sum that follows it. It does not touch a fused multiply-add, nor the calls of
libdevice that are named for their rounding.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, attr-defined"
# ruff: noqa: D103 - compiled helpers: the comments say what the signatures cannot

from __future__ import annotations

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
    return _fused(products, 0)


@intrinsic
def dot_onto(context, *products):
    # The same, onto a sum that precedes the products.
    return _fused(products, 1)


def _rounded(name, a, b):
    # In the type of the operand that is no comparison's.
    total = a if isinstance(a, types.Float) else b

    def call(context, builder, signature, arguments):
        cast = [context.cast(builder, v, kind, total) for v, kind in zip(arguments, (a, b), strict=True)]
        return _libdevice(builder, name, total, cast)

    return total(a, b), call


def _fused(given, first):
    total = given[0]  # the type of the sum, and of every weight

    def chain(context, builder, signature, arguments):
        values = cgutils.unpack_tuple(builder, arguments[0])
        cast = [context.cast(builder, v, kind, total) for v, kind in zip(values, given, strict=True)]
        result = cast[0] if first else _libdevice(builder, "mul", total, cast[:2])
        for k in range(first or 2, len(cast), 2):
            result = builder.fma(cast[k], cast[k + 1], result)
        return result

    return total(types.StarArgTuple(given)), chain


def _libdevice(builder, name, dtype, arguments):
    kind = arguments[0].type
    function = ir.FunctionType(kind, [kind] * len(arguments))
    full = f"__nv_{LETTERS[dtype.bitwidth]}{name}_rn"
    return builder.call(cgutils.get_or_insert_function(builder.module, function, full), arguments)
