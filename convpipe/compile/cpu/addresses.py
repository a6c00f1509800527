"""Rows of samples as addresses, which nobody counts.

A slice of a NumPy array counts one more and one less who looks into it, and allows for negative indices. No
loop needs either: its arrays live until the band is done. At 64 columns that took half of a row's time.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, attr-defined, misc"
# ruff: noqa: D101, D103 - compiled helpers: the comments say what the signatures cannot

from __future__ import annotations

import operator

from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model
from numba.np.arrayobj import make_array


class Row(types.Type):
    def __init__(self, dtype):
        self.dtype = dtype
        super().__init__(f"Row({dtype})")


@register_model(Row)
class _Address(models.PrimitiveModel):
    def __init__(self, manager, row):
        super().__init__(manager, row, manager.lookup(row.dtype).get_data_type().as_pointer())


@infer_global(operator.getitem)
class _Get(AbstractTemplate):
    def generic(self, args, kws):
        row, _ = args
        return signature(row.dtype, row, types.intp) if isinstance(row, Row) else None


@infer_global(operator.setitem)
class _Set(AbstractTemplate):
    def generic(self, args, kws):
        row, *_ = args
        return signature(types.none, row, types.intp, row.dtype) if isinstance(row, Row) else None


@lower_builtin(operator.getitem, Row, types.intp)
def _get(context, builder, signature, arguments):
    row, index = arguments
    return builder.load(builder.gep(row, [index]))


@lower_builtin(operator.setitem, Row, types.intp, types.Any)
def _set(context, builder, signature, arguments):
    row, index, sample = arguments
    builder.store(sample, builder.gep(row, [index]))


@intrinsic
def address(context, array):
    # The row that an array of one axis is.
    def data(context, builder, signature, arguments):
        return make_array(array)(context, builder, arguments[0]).data

    return Row(array.dtype)(array), data


@intrinsic
def tail(context, row, first):
    # The row from sample `first` on.
    def advance(context, builder, signature, arguments):
        return builder.gep(arguments[0], [arguments[1]])

    return row(row, types.intp), advance


@intrinsic
def line(context, array, row, first):
    # A row of a C-contiguous array of two axes, from sample `first` on.
    def advance(context, builder, signature, arguments):
        view = make_array(array)(context, builder, arguments[0])
        _, cols = cgutils.unpack_tuple(builder, view.shape)
        return builder.gep(view.data, [builder.add(builder.mul(arguments[1], cols), arguments[2])])

    return Row(array.dtype)(array, types.intp, types.intp), advance


@intrinsic
def lent(context, array):
    # The same array with nobody counting who looks into it; somebody else has to hold it.
    # Of one type whether or not it may be written, so that one loop serves the image and scratch rows.
    result = array.copy(readonly=False)

    def uncounted(context, builder, signature, arguments):
        view = make_array(result)(context, builder, arguments[0])
        view.meminfo = view.parent = cgutils.get_null_value(view.meminfo.type)
        return view._getvalue()

    return result(array), uncounted


@intrinsic
def hold(context, *arrays):
    # Numba gives memory back after the last line that names it: this is that line.
    def nothing(context, builder, signature, arguments):
        return context.get_dummy_value()

    return types.void(types.StarArgTuple(arrays)), nothing
