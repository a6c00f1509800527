"""What the loops of the processor are written in: rows, sums that round once, stores that saturate."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"
# ruff: noqa: D103 - compiled helpers: the comments say what the signatures cannot

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite.ir import Constant, FloatType, FunctionType, IntType
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from convpipe import geometry
from convpipe.compile.common import scalars
from convpipe.compile.common.elementary import angles, exponentials
from convpipe.compile.cpu.compiled.addresses import high, listed, low, row, source, tail, target, values
from convpipe.compile.cpu.compiled.loop_compiler import LoopCompiler

FLAGS: dict[str, Any] = {
    # No fast-math: every operation rounds as it is written, so that the bytes are the ops' and not LLVM's.
    # What is to be fused says so: see `dot`.
    "error_model": "numpy",
    "nogil": True,
    "pipeline_class": LoopCompiler,
}

_INNER = {**FLAGS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}

inline = njit(**_INNER)
"""Decorator of a function that is compiled into its callers; nobody calls it from Python, and without the
wrappers for that a pipeline compiles a quarter faster."""

NOTHING = -(2**62)
"""Key of a ring slot that holds no row yet."""

OUTSIDE = -1
"""Where a pixel comes from that a constant border holds."""

border_index = inline(geometry.border_index)
square, power, minimum, maximum, where = (inline(function) for function in scalars.VOCABULARY)
sqrt = math.sqrt


@inline
def looked_up(table, low, unit, last, value, T):  # noqa: N803 - as in the loops
    # What a table holds for a value, on the line from one entry to the next; beyond it, its ends.
    at = (value - low) * unit
    at = at if at > T(0) else T(0)
    at = at if at < last else last
    first = np.int64(at)
    second = np.int64(at + T(1)) if at < last else first
    found = table[first] + (at - T(first)) * (table[second] - table[first])
    return found if value == value else value


@intrinsic
def dot(context, *products):
    # w0, s0, w1, s1, ...: the sum of the products in their order, a product and then fused multiply-adds,
    # each rounded once; of integers modulo what their type holds. Samples become the weights' type first.
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

        times, onto = builder.fmul, builder.fma
        if isinstance(total, types.Integer):
            times, onto = builder.mul, lambda a, b, c: builder.add(c, builder.mul(a, b))
        result = values[0] if first else times(values[0], cast(1))
        for k in range(first or 2, len(values), 2):
            result = onto(values[k], cast(k + 1), result)
        return result

    return total(types.StarArgTuple(given)), chain


@intrinsic
def plus(context, total, *samples):
    # Samples onto a total, in its type: to Numba sums of short integers have 64 bits, and take longer.
    return _accumulated(total, samples, "add")


@intrinsic
def minus(context, total, *samples):
    # The same, taken away.
    return _accumulated(total, samples, "sub")


def _accumulated(total, samples, verb):
    verb = verb if isinstance(total, types.Integer) else f"f{verb}"

    def chain(context, builder, signature, arguments):
        result, values = arguments[0], cgutils.unpack_tuple(builder, arguments[1])
        for value, kind in zip(values, samples, strict=True):
            result = getattr(builder, verb)(result, context.cast(builder, value, kind, total))
        return result

    return total(total, types.StarArgTuple(samples)), chain


@intrinsic
def bits_float64(context, v):
    # The bits of a number as an integer.
    return types.int64(types.float64), _cast_bits


@intrinsic
def number_float64(context, v):
    # The number that has these bits.
    return types.float64(types.int64), _cast_bits


def _cast_bits(context, builder, signature, arguments):
    return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))


sin, cos, arctan2 = angles(inline, dot_onto)
exp, log = exponentials(inline, dot_onto, bits_float64, number_float64)


@intrinsic(prefer_literal=True)
def half_even(context, value, bits):
    # An integer without so many of its last bits, rounded half to even: a half goes up where it meets an odd
    # number. Source: H. S. Warren, "Hacker's Delight", 2nd edition 2012, on shifts that round.
    shift = bits.literal_value

    def rounded(context, builder, signature, arguments):
        (value, _) = arguments
        move = builder.ashr if signature.args[0].signed else builder.lshr
        last = move(value, Constant(value.type, shift))
        odd = builder.and_(last, Constant(value.type, 1))
        return move(
            builder.add(builder.add(value, Constant(value.type, 2 ** (shift - 1) - 1)), odd),
            Constant(value.type, shift),
        )

    return value(value, bits), rounded


# Rounding half to even and saturating, NaN to 0, of every integer type: as `quantize_uint8` a value in the
# type of the arithmetic, as `store_uint8` a sample, and as `store_small_uint8` one of a number that is known
# to be NaN or within 32 bits. They are intrinsics, which no loop compiles anew.


def _call(builder, name, result, value):
    kind = FunctionType(result, [value.type])
    return builder.call(builder.module.declare_intrinsic(name, [value.type], kind), [value])


def _limit(builder, value, comparison, bound):
    """What a conditional expression gives: the value where it compares to the bound, else the bound."""
    limit = Constant(value.type, float(bound))
    return builder.select(builder.fcmp_ordered(comparison, value, limit), value, limit)


def _number(builder, value):
    """NaN becomes 0."""
    return builder.select(builder.fcmp_ordered("==", value, value), value, Constant(value.type, 0.0))


def _whole(instruction):
    """Numbers without a fraction: down, or to the nearest, of two the even one."""

    def whole(context, value):
        def rounded(context, builder, signature, arguments):
            return _call(builder, instruction, arguments[0].type, arguments[0])

        return value(value), rounded

    return intrinsic(whole)


floor, round = _whole("llvm.floor"), _whole("llvm.rint")


@intrinsic
def ldexp(context, value, exponent):
    # value * 2**exponent, of a whole number, where both and the result are normal numbers: the exponent is
    # added to that of the value.
    bits, fraction = (32, 23) if value == types.float32 else (64, 52)

    def scaled(context, builder, signature, arguments):
        kind = IntType(bits)
        value, exponent = arguments
        steps = builder.shl(builder.fptosi(exponent, kind), Constant(kind, fraction))
        return builder.bitcast(builder.add(builder.bitcast(value, kind), steps), value.type)

    return value(value, exponent), scaled


def _quantized(builder, value, limits):
    value = _call(builder, "llvm.rint", value.type, value)
    value = _number(builder, value) if limits.min < 0 else value
    return _limit(builder, _limit(builder, value, ">", limits.min), "<", limits.max)


def _quantize(dtype):
    limits = np.iinfo(dtype)

    def whole(context, value):
        def rounded(context, builder, signature, arguments):
            return _quantized(builder, arguments[0], limits)

        return value(value), rounded

    return intrinsic(whole)


def _store(dtype):
    """8 and 16 bits, where the conversion itself rounds: it takes NaN to the least number or 0."""
    limits = np.iinfo(dtype)
    kind = IntType(limits.bits)
    result = types.Integer.from_bitwidth(limits.bits, limits.min < 0)

    def store(context, value):
        if isinstance(value, types.Integer):
            return result(value), _narrowed(limits, value)

        def narrow(context, builder, signature, arguments):
            value = _number(builder, arguments[0]) if limits.min < 0 else arguments[0]
            most = Constant(value.type, float(limits.max))
            value = builder.select(builder.fcmp_ordered(">", value, most), most, value)
            whole, least = _to_int32(builder, value), Constant(IntType(32), limits.min)
            whole = builder.select(builder.icmp_signed(">", whole, least), whole, least)
            return builder.trunc(whole, kind)

        def wide(context, builder, signature, arguments):
            value = _quantized(builder, arguments[0], limits)  # the limit, rounded up, cannot be converted
            held = builder.fcmp_ordered("<", value, Constant(value.type, float(limits.max)))
            convert = builder.fptosi if limits.min < 0 else builder.fptoui
            return builder.select(held, convert(value, kind), Constant(kind, limits.max))

        return result(value), narrow if limits.bits <= 16 else wide

    return intrinsic(store)


def _narrowed(limits, given):
    """What saturates an integer."""
    own = np.iinfo(given.name)

    def narrowed(context, builder, signature, arguments):
        (value,) = arguments
        compare = builder.icmp_signed if given.signed else builder.icmp_unsigned
        for bound, comparison in ((limits.min, ">"), (limits.max, "<")):
            if own.min < bound < own.max:
                bound = Constant(value.type, bound)
                value = builder.select(compare(comparison, value, bound), value, bound)
        return context.cast(builder, value, given, signature.return_type)

    return narrowed


def _store_small(dtype):
    """8 and 16 bits, of what fits 32: saturating as an integer takes an instruction less."""
    limits = np.iinfo(dtype)
    result = types.Integer.from_bitwidth(limits.bits, limits.min < 0)

    def store(context, value):
        saturate = _narrowed(limits, types.int32)

        def small(context, builder, signature, arguments):
            value = _number(builder, arguments[0]) if limits.min < 0 else arguments[0]
            whole = _to_int32(builder, value)
            return saturate(context, builder, result(types.int32), [whole])

        return result(value), small

    return intrinsic(store)


def _to_int32(builder, value):
    result = IntType(32)
    kind = FunctionType(result, [value.type])
    return builder.call(builder.module.declare_intrinsic("llvm.lrint", [result, value.type], kind), [value])


def _single(context, value):
    # Rounded to float32.
    def rounded(context, builder, signature, arguments):
        (value,) = arguments
        return (
            value
            if value.type == FloatType()
            else builder.fpext(builder.fptrunc(value, FloatType()), value.type)
        )

    return value(value), rounded


def _half(context, value):
    # Rounded to float16, half to even; what it does not hold becomes infinite.
    #
    # A sum with a number so large that its last bit is worth the last bit of float16 rounds there. That bit
    # follows from a power of two below the value. Source: S. M. Rump, T. Ogita and S. Oishi, "Accurate
    # floating-point summation part I", SIAM J. Sci. Comput. 31, 2008, algorithm 3.5.
    own, half = np.finfo(value.name), np.finfo(np.float16)
    bits = own.nmant + 1
    overflow = float(half.max) + 2.0 ** (half.maxexp - half.nmant - 2)

    def rounded(context, builder, signature, arguments):
        (value,) = arguments

        def number(of):
            return Constant(value.type, float(of))

        size = _call(builder, "llvm.fabs", value.type, value)
        fits = builder.fcmp_ordered("<", size, number(overflow))
        held = builder.select(fits, size, number(0))
        far = builder.fmul(number(2 ** (bits - 1) + 1), held)
        unit = builder.fsub(far, builder.fmul(number(1 - 2.0**-bits), far))
        unit = _limit(builder, unit, ">", half.tiny)
        large = builder.fmul(unit, number(1.5 * 2.0 ** (own.nmant - half.nmant)))
        result = builder.fsub(builder.fadd(held, large), large)
        is_number = builder.fcmp_ordered("==", size, size)
        result = builder.select(fits, result, builder.select(is_number, number(np.inf), size))
        kind = FunctionType(value.type, [value.type] * 2)
        sign = builder.module.declare_intrinsic("llvm.copysign", [value.type], kind)
        return builder.call(sign, [result, value])

    return value(value), rounded


INTEGERS = ("uint8", "int8", "uint16", "int16", "uint32", "int32")

for _dtype in INTEGERS:
    globals()[f"quantize_{_dtype}"] = _quantize(_dtype)
    globals()[f"store_{_dtype}"] = _store(_dtype)
    globals()[f"store_small_{_dtype}"] = _store_small(_dtype) if "32" not in _dtype else _store(_dtype)
quantize_float16, quantize_float32 = intrinsic(_half), intrinsic(_single)

__all__ = [
    "FLAGS",
    "NOTHING",
    "OUTSIDE",
    "arctan2",
    "border_index",
    "cos",
    "dot",
    "dot_onto",
    "exp",
    "floor",
    "half_even",
    "high",
    "inline",
    "ldexp",
    "listed",
    "log",
    "looked_up",
    "low",
    "maximum",
    "minimum",
    "minus",
    "plus",
    "power",
    "quantize_float16",
    "quantize_float32",
    "round",
    "row",
    "sin",
    "source",
    "sqrt",
    "square",
    "tail",
    "target",
    "values",
    "where",
    *(f"{verb}_{dtype}" for dtype in INTEGERS for verb in ("store", "store_small")),
    *(f"quantize_{dtype}" for dtype in INTEGERS),
]
