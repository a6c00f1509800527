"""Run a compiled band function over bands of rows, on every core.

The band function comes by address, so that this loop is compiled once for each pair of dtypes and not again
for each pipeline: Numba takes longer over a parallel loop than over all that the band function does.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg"
# ruff: noqa: D103 - compiled functions

from __future__ import annotations

from numba import njit, prange, types
from numba.core import cgutils
from numba.extending import intrinsic

from convpipe.compile.cpu.rows import FLAGS


@intrinsic
def call(context, address, image, out, first, last, geometry, w, c, outside):
    arguments = (image, out, types.int64, types.int64, geometry, w, c, outside)

    def jump(context, builder, signature, values):
        target = context.call_conv.get_function_type(types.int64, arguments).as_pointer()
        function = builder.inttoptr(values[0], target)
        status, result = context.call_conv.call_function(
            builder, function, types.int64, arguments, values[1:]
        )
        with cgutils.if_unlikely(builder, status.is_error):
            context.call_conv.return_status_propagate(builder, status)
        return result

    return types.int64(types.uintp, *arguments), jump


@njit(parallel=True, **FLAGS)
def parallel(address, image, out, bands, geometry, w, c, outside):
    nans = 0
    for b in prange(bands):
        first, last = b * out.shape[0] // bands, (b + 1) * out.shape[0] // bands
        nans += call(address, image, out, first, last, geometry, w, c, outside)
    return nans
