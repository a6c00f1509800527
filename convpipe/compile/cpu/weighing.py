"""What the loops of warps are written in: sums of products, each operation of which is rounded by itself.

Each is one call to Numba, and none has a branch: of a function of many statements, or blocks, Numba takes
longer than LLVM does.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg"
# ruff: noqa: D103 - compiled helpers: the comments say what the signatures cannot

from __future__ import annotations

from functools import reduce

from llvmlite.ir import Constant
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


@intrinsic
def select(context, condition, a, b):
    # One of two numbers of a type, as a conditional expression gives, in one instruction.
    def selected(context, builder, signature, arguments):
        return builder.select(*arguments)

    return (a(types.boolean, a, b), selected) if a == b else None


def _sum(width, term):
    # An intrinsic that sums terms, each of so many arguments, from the first to the last. All are numbers of
    # the type of the first one, or become it.
    def sum_(context, *given):
        kind = given[0]

        def chain(context, builder, signature, arguments):
            values = zip(cgutils.unpack_tuple(builder, arguments[0]), given, strict=True)
            cast = [context.cast(builder, value, own, kind) for value, own in values]
            terms = [term(builder, *cast[k : k + width]) for k in range(0, len(cast), width)]
            return reduce(builder.fadd, terms)

        return kind(types.StarArgTuple(given)), chain

    return intrinsic(sum_)


def _product(builder, weight, sample):
    return builder.fmul(weight, sample)


def _known_product(builder, weight, sample):
    zero = Constant(weight.type, 0.0)
    return builder.select(builder.fcmp_unordered("!=", weight, zero), _product(builder, weight, sample), zero)


def _product_by_alpha(builder, weight, alpha, sample):
    zero = Constant(weight.type, 0.0)
    counts = builder.fcmp_unordered("!=", weight, zero)
    counts = builder.and_(counts, builder.fcmp_ordered(">", alpha, zero))
    return builder.select(counts, builder.fmul(weight, builder.fmul(alpha, sample)), zero)


products = _sum(2, _product)
"""Of w0, s0, w1, s1, ...: the sum of the products."""

known_products = _sum(2, _known_product)
"""The same, of samples that can be no numbers: by a weight of 0 a product is 0."""

products_by_alpha = _sum(3, _product_by_alpha)
"""Of w0, alpha0, s0, ...: the sum of products of all three, of alphas above 0 and weights that are not 0."""


@intrinsic
def alpha_of(context, number, sample):
    # A sample as alpha, in the type of a number: what is below 0, or none, is 0.
    def limited(context, builder, signature, arguments):
        value = context.cast(builder, arguments[1], sample, number)
        zero = Constant(value.type, 0.0)
        return builder.select(builder.fcmp_ordered(">", value, zero), value, zero)

    return number(number, sample), limited


@intrinsic(prefer_literal=True)
def spread(context, row, index, count, value):
    # Of a row as many samples from an index on become a value of its type.
    def store(context, builder, signature, arguments):
        row, index, _, value = arguments
        for k in range(count.literal_value):
            builder.store(value, builder.gep(row, [builder.add(index, Constant(index.type, k))]))
        return context.get_dummy_value()

    return types.void(row, types.intp, count, row.dtype), store
