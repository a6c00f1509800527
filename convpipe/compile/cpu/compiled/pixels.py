"""The four samples of a pixel at once, where pixels that are read are apart."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from convpipe.compile.cpu.compiled import simd
from convpipe.compile.cpu.sizes import PIXEL


@intrinsic
def put_pixel(context, out, index, *products):
    """Put weighted sums of pixels into a row, from an index on: as `rows.dot` of each sample.

    `products` are weights, and each with it the row of a pixel and where that begins; all of one type.
    """

    def emit(context, builder, signature, arguments):
        kind = ir.VectorType(context.get_value_type(out.dtype), PIXEL)
        values, total = cgutils.unpack_tuple(builder, arguments[2]), None

        def at(row, index):
            return builder.bitcast(builder.gep(row, [index]), kind.as_pointer())

        align = out.dtype.bitwidth // 8
        for weight, row, index in zip(values[::3], values[1::3], values[2::3], strict=True):
            weights, samples = simd.splat(builder, weight, PIXEL), builder.load(at(row, index), align=align)
            if total is None:
                total = builder.fmul(weights, samples)
            else:
                total = simd.fused(builder, weights, samples, total)
        builder.store(total, at(arguments[0], arguments[1]), align=align)
        return context.get_dummy_value()

    return types.void(out, types.intp, types.StarArgTuple(products)), emit
