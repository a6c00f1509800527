"""What the loops of warps are written in: sums of products, each operation of which is rounded by itself.

Each is one call to Numba, and none has a branch: of a function of many statements, or blocks, Numba takes
longer than LLVM does.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg"
# ruff: noqa: D103 - compiled helpers: the comments say what the signatures cannot

from __future__ import annotations

from functools import reduce

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


@intrinsic
def select(context, condition, a, b):
    # One of two numbers of a type, as a conditional expression gives, in one instruction.
    def selected(context, builder, signature, arguments):
        return builder.select(*arguments)

    return (a(types.boolean, a, b), selected) if a == b else None


def product(builder, weight, sample):
    return builder.fmul(weight, sample)


def known_product(builder, weight, sample):
    zero = filled(weight.type, 0.0)
    return builder.select(builder.fcmp_unordered("!=", weight, zero), product(builder, weight, sample), zero)


def product_by_alpha(builder, weight, alpha, sample):
    zero = filled(weight.type, 0.0)
    counts = builder.fcmp_unordered("!=", weight, zero)
    counts = builder.and_(counts, builder.fcmp_ordered(">", alpha, zero))
    return builder.select(counts, builder.fmul(weight, builder.fmul(alpha, sample)), zero)


def limited(builder, alpha):
    # What is below 0, or no number, is 0.
    zero = filled(alpha.type, 0.0)
    return builder.select(builder.fcmp_ordered(">", alpha, zero), alpha, zero)


def filled(kind, number):
    # A number as a constant, or as all of a vector.
    if isinstance(kind, ir.VectorType):
        return ir.Constant(kind, [ir.Constant(kind.element, number)] * kind.count)
    return ir.Constant(kind, number)


def _sum(term):
    # An intrinsic that sums the terms of w0, s0, w1, s1, ..., from the first to the last. All are numbers of
    # the type of the first one, or become it.
    def sum_(context, *given):
        kind = given[0]

        def chain(context, builder, signature, arguments):
            values = zip(cgutils.unpack_tuple(builder, arguments[0]), given, strict=True)
            cast = [context.cast(builder, value, own, kind) for value, own in values]
            return reduce(builder.fadd, (term(builder, *pair) for pair in _pairs(cast)))

        return kind(types.StarArgTuple(given)), chain

    return intrinsic(sum_)


def _pairs(values):
    return zip(values[::2], values[1::2], strict=True)


products, known_products = _sum(product), _sum(known_product)
"""Of w0, s0, w1, s1, ...: the sum of the products. Samples that can be no numbers are known to a weight: by
one of 0 a product is 0."""
