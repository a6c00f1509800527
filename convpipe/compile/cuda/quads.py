"""Four samples beside each other, read or written by one instruction, at a whole multiple of four."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, attr-defined"
# ruff: noqa: D103 - compiled helpers: the comments say what the signatures cannot

from __future__ import annotations

from llvmlite import ir
from numba.cuda import cgutils, types
from numba.cuda.extending import intrinsic

WIDEST = 16
"""Bytes of the widest access there is: more are several."""


@intrinsic
def four(context, array, place):
    # A tuple of the samples from `place` on: a position in memory, or a row and a column.
    def load(context, builder, signature, arguments):
        where = _pointer(context, builder, signature, arguments)
        samples = builder.load(where, align=_alignment(context, array))
        each = [builder.extract_element(samples, ir.Constant(ir.IntType(32), k)) for k in range(4)]
        return context.make_tuple(builder, signature.return_type, each)

    return types.UniTuple(array.dtype, 4)(array, place), load


@intrinsic
def put_four(context, array, place, samples):
    def store(context, builder, signature, arguments):
        where = _pointer(context, builder, signature, arguments)
        vector = ir.Constant(where.type.pointee, ir.Undefined)
        for k, (sample, kind) in enumerate(
            zip(cgutils.unpack_tuple(builder, arguments[2]), samples.types, strict=True)
        ):
            cast = context.cast(builder, sample, kind, array.dtype)
            vector = builder.insert_element(vector, cast, ir.Constant(ir.IntType(32), k))
        builder.store(vector, where, align=_alignment(context, array))
        return context.get_dummy_value()

    return types.void(array, place, samples), store


def _pointer(context, builder, signature, arguments):
    array, place = signature.args[:2]
    given = context.make_array(array)(context, builder, arguments[0])
    several = isinstance(place, types.BaseTuple)
    indices = cgutils.unpack_tuple(builder, arguments[1]) if several else [arguments[1]]
    kinds = place.types if several else [place]
    cast = [context.cast(builder, i, kind, types.intp) for i, kind in zip(indices, kinds, strict=True)]
    if several:
        first = cgutils.get_item_pointer(context, builder, array, given, cast)
    else:
        first = builder.gep(given.data, cast)
    vector = ir.VectorType(context.get_data_type(array.dtype), 4)
    return builder.bitcast(first, ir.PointerType(vector, first.type.addrspace))


def _alignment(context, array):
    return min(4 * context.get_abi_sizeof(context.get_data_type(array.dtype)), WIDEST)
