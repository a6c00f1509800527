"""Vectors of the processor: the instructions that LLVM's builder has no word for.

Who writes vector code as it is - windows, layers, transforms - takes these from here.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# ruff: noqa: D103 - the names are those of the instructions

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from llvmlite import ir
from numba.core import cgutils

WORD, _INDEX = ir.IntType(64), ir.IntType(32)


def word(number):
    return ir.Constant(WORD, number)


def splat(builder, value, lanes):
    # A vector of a value in every lane.
    undefined = ir.Constant(ir.VectorType(value.type, lanes), ir.Undefined)
    first = builder.insert_element(undefined, value, _INDEX(0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(_INDEX, lanes), [0] * lanes))


def fused(builder, a, b, c):
    # a * b + c, rounded once.
    return _call(builder, f"llvm.fma.{_name(c.type)}", c.type, [a, b, c])


def permuted(builder, first, index, second):
    # The bytes of two vectors at the places, by their last 7 bits, that a third one has.
    return _call(builder, "llvm.x86.avx512.vpermi2var.qi.512", first.type, [first, index, second])


def load_masked(builder, place, mask, align):
    # The lanes of a vector that a mask has; the others are 0.
    kind = place.type.pointee
    nothing = ir.Constant(kind, [ir.Constant(kind.element, 0)] * kind.count)
    given = [place, _INDEX(align), mask, nothing]
    return _call(builder, f"llvm.masked.load.{_name(kind)}.p0", kind, given)


def store_masked(builder, value, place, mask, align):
    given = [value, place, _INDEX(align), mask]
    _call(builder, f"llvm.masked.store.{_name(value.type)}.p0", ir.VoidType(), given)


def store_past_caches(builder, value, place, size):
    # A vector of so many bytes, at a multiple of them. A cache would first read the line that it is in.
    store = builder.store(value, place, align=size)
    store.set_metadata("nontemporal", builder.module.add_metadata([_INDEX(1)]))


def by_blocks(builder, count, sizes, block):
    # A loop along a row of so many columns, over blocks as large as it has: `block` writes one, given its
    # first column and its size. The last ends where the row does, and may make columns that the one before it
    # made. To Numba, as source, each size would take as long to compile as to LLVM.
    made = cgutils.alloca_once_value(builder, word(0))
    for size, next_size in pairwise([*sizes, 0]):
        with builder.if_then(builder.icmp_signed(">=", count, word(size))):
            first, last = builder.load(made), builder.sub(count, word(size))
            end = builder.sub(count, word(next_size))
            with cgutils.for_range_slice(builder, first, end, word(size), WORD) as (column, _):
                before = builder.icmp_signed("<", column, last)
                block(builder.select(before, column, last), size)
                builder.store(builder.add(column, word(size)), made)


def _name(kind):
    # As LLVM writes the type of a vector in the name of an instruction.
    if isinstance(kind.element, ir.IntType):
        return f"v{kind.count}i{kind.element.width}"
    return f"v{kind.count}f{32 if kind.element == ir.FloatType() else 64}"


def _call(builder, name, result, given):
    kind = ir.FunctionType(result, [each.type for each in given])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), given)


def overlaps(firsts: Sequence[Any], stops: Sequence[Any]) -> Iterator[tuple[Any, Any, range]]:
    """Yield spans of rows, each with the windows that it is under: first some, then all, then the last.

    Parameters
    ----------
    firsts, stops : sequence
        Rows at which windows that have one in common begin, and those after their last.

    Examples
    --------
    >>> list(overlaps([0, 1], [5, 6]))
    [(0, 1, range(0, 1)), (1, 5, range(0, 2)), (5, 6, range(1, 2))]
    """
    count = len(firsts)
    for k, (first, stop) in enumerate(pairwise([*firsts, *stops])):
        yield first, stop, range(max(0, k + 1 - count), min(k + 1, count))
