"""Bytes by a table of 256, many at once."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from convpipe.compile.cpu.compiled import simd


@intrinsic
def look_up(context, table, where, to):
    """Look 64 bytes up in a table of 256: in each half of it, and of these by the highest bit."""
    kind = ir.VectorType(ir.IntType(8), 64)

    def at(builder, address, offset=0):
        place = builder.add(address, ir.Constant(address.type, offset))
        return builder.inttoptr(place, kind.as_pointer())

    def made(context, builder, signature, arguments):
        table, where, to = arguments
        quarters = [builder.load(at(builder, table, 64 * k), align=1) for k in range(4)]
        index = builder.load(at(builder, where), align=1)
        low = simd.permuted(builder, quarters[0], index, quarters[1])
        high = simd.permuted(builder, quarters[2], index, quarters[3])
        is_high = builder.icmp_signed("<", index, ir.Constant(kind, [0] * 64))
        builder.store(builder.select(is_high, high, low), at(builder, to), align=1)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), made
