"""Rows of samples as addresses, which nobody counts.

A slice of a NumPy array counts one more and one less who looks into it, and allows for negative indices. No
loop needs either: its arrays live until the band is done. At 64 columns that took half of a row's time.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, attr-defined, misc"
# ruff: noqa: D101, D103 - compiled helpers: the comments say what the signatures cannot

from __future__ import annotations

import operator

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from convpipe.compile.cpu.sizes import GATHERED


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


class Source(Row):
    # A row that is read alone, in a loop that writes none of what it reads.
    def __init__(self, dtype):
        super().__init__(dtype)
        self.name = f"Source({dtype})"


class Target(Row):
    # A row that a loop writes, and no other row of it meets; its number tells it from others of them.
    def __init__(self, dtype, number):
        super().__init__(dtype)
        self.name, self.number = f"Target({dtype}, {number})", number


register_model(Source)(_Address)
register_model(Target)(_Address)

MOST_TARGETS = 8
"""Rows that a loop may write."""


def _scopes(builder, numbers):
    # What LLVM calls the scopes of what is written through targets. It need not compare addresses then before
    # a loop: with more than some eight rows it would leave the loop scalar rather than do so.
    module = builder.module
    domain = module.add_metadata([ir.MetaDataString(module, "convpipe rows")])
    names = [ir.MetaDataString(module, f"target {number}") for number in numbers]
    return module.add_metadata([module.add_metadata([name, domain]) for name in names])


def _told_apart(builder, access, number):
    """Say of a load or a store that it meets the rows of no other target."""
    access.set_metadata("noalias", _scopes(builder, [k for k in range(MOST_TARGETS) if k != number]))
    if number is not None:
        access.set_metadata("alias.scope", _scopes(builder, [number]))
    return access


@lower_builtin(operator.getitem, Source, types.intp)
def _get_source(context, builder, signature, arguments):
    row, index = arguments
    return _told_apart(builder, builder.load(builder.gep(row, [index])), None)


@lower_builtin(operator.getitem, Target, types.intp)
def _get_target(context, builder, signature, arguments):
    row, index = arguments
    return _told_apart(builder, builder.load(builder.gep(row, [index])), signature.args[0].number)


@lower_builtin(operator.setitem, Target, types.intp, types.Any)
def _set_target(context, builder, signature, arguments):
    row, index, sample = arguments
    _told_apart(builder, builder.store(sample, builder.gep(row, [index])), signature.args[0].number)
    return context.get_dummy_value()


def _pointer_at(context, builder, address, index, kind):
    """The element of an array of `kind` at `address`, both given as values."""
    array = builder.inttoptr(address, context.get_value_type(kind).as_pointer())
    return builder.gep(array, [index])


def _among(kind):
    # An intrinsic that takes a row of some kind from the addresses of a loop's rows.
    def take(context, rows, index, dtype):
        result = kind(dtype.instance_type, getattr(index, "literal_value", 0))

        def load(context, builder, signature, arguments):
            rows, index, _ = arguments
            address = builder.load(builder.gep(rows, [index]))
            return builder.inttoptr(address, context.get_value_type(result))

        return result(rows, index, dtype), load

    return intrinsic(prefer_literal=True)(take)


source = _among(lambda dtype, number: Source(dtype))
target = _among(lambda dtype, number: Target(dtype, number % MOST_TARGETS))
row = _among(lambda dtype, number: Row(dtype))


def _one_of(which, count):
    # An intrinsic that takes a sample out of a word of 2 or 4, of which it is the `which`th, as the
    # processors have them: the first in the low bits. So a loop over every other sample, or fourth, reads
    # words one after the other, and need not sort samples.
    def take(context, row, index):
        sample = row.dtype
        bits = count * sample.bitwidth
        word = ir.IntType(bits)
        result = types.Integer.from_bitwidth(min(bits, 32), signed=True)

        def part(context, builder, signature, arguments):
            place = builder.gep(arguments[0], [arguments[1]])
            loaded = builder.load(builder.bitcast(place, word.as_pointer()), align=sample.bitwidth // 8)
            if isinstance(row, Source):
                _told_apart(builder, loaded, None)
            after = bits - (which + 1) * sample.bitwidth
            loaded = builder.shl(loaded, ir.Constant(word, after)) if after else loaded
            others = ir.Constant(word, bits - sample.bitwidth)
            loaded = (builder.ashr if sample.signed else builder.lshr)(loaded, others)
            return builder.trunc(loaded, ir.IntType(result.bitwidth)) if bits > result.bitwidth else loaded

        return result(row, types.intp), part

    return intrinsic(take)


low, high = (_one_of(which, 2) for which in range(2))
"""The samples at an index of a row, and after it: both are read at once, and are twice as wide."""

four0, four1, four2, four3 = (_one_of(which, 4) for which in range(4))
"""The samples at an index of a row and after it, of 8 or 16 bits: all are read at once, and have 32."""


@intrinsic(prefer_literal=True)
def values(context, parameters, first, count, dtype):
    # As many of a loop's parameters, from `first` on: each read alone takes Numba as long as all.
    kind = dtype.instance_type
    size = count.literal_value
    result = types.UniTuple(kind, size)

    def loads(context, builder, signature, arguments):
        start = _pointer_at(context, builder, arguments[0], arguments[1], kind)
        at = [ir.Constant(ir.IntType(64), k) for k in range(size)]
        return context.make_tuple(builder, result, [builder.load(builder.gep(start, [k])) for k in at])

    return result(parameters, types.intp, count, dtype), loads


@intrinsic
def listed(context, parameters, first, dtype):
    # The row that a loop's parameters are, as numbers of a type, from one on.
    result = Source(dtype.instance_type)

    def load(context, builder, signature, arguments):
        return _pointer_at(context, builder, arguments[0], arguments[1], dtype.instance_type)

    return result(parameters, types.intp, dtype), load


@intrinsic(prefer_literal=True)
def scratch(context, count, dtype):
    # A row of so many samples on the stack: nothing else meets it, as LLVM sees.
    result = Row(dtype.instance_type)

    def reserve(context, builder, signature, arguments):
        array = ir.ArrayType(context.get_data_type(result.dtype), count.literal_value)
        place = cgutils.alloca_once(builder, array)
        place.align = 64
        return builder.bitcast(place, context.get_value_type(result))

    return result(count, dtype), reserve


@intrinsic(prefer_literal=True)
def move(context, row, index, where, count):
    # So many samples from an address to an index of a row, as one word, which need not be aligned.
    word = ir.IntType(8 * np.dtype(str(row.dtype)).itemsize * count.literal_value)

    def copy(context, builder, signature, arguments):
        row, index, where, _ = arguments
        loaded = builder.load(builder.inttoptr(where, word.as_pointer()), align=1)
        builder.store(loaded, builder.bitcast(builder.gep(row, [index]), word.as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(row, types.intp, types.int64, count), copy


@intrinsic(prefer_literal=True)
def gather(context, row, index, where, found, taps):
    # Of that many numbers of a row, from an index on, what they are the distance of from an address: as many
    # samples each, as a word, to the row of samples.
    word = ir.IntType(taps.literal_value * 8 * np.dtype(str(row.dtype)).itemsize)
    words = ir.VectorType(word, GATHERED)

    def copy(context, builder, signature, arguments):
        row, index, where, found, _ = arguments
        gathered = ir.Constant(words, ir.Undefined)
        for k in range(GATHERED):
            number = builder.load(builder.gep(found, [builder.add(index, index.type(k))]))
            place = builder.inttoptr(builder.add(where, number), word.as_pointer())
            gathered = builder.insert_element(gathered, builder.load(place, align=1), ir.IntType(32)(k))
        place = builder.gep(row, [builder.mul(index, index.type(taps.literal_value))])
        builder.store(gathered, builder.bitcast(place, words.as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(row, types.intp, types.int64, found, taps), copy


@intrinsic
def row_at(context, where, dtype):
    # The row at an address.
    result = Row(dtype.instance_type)

    def point(context, builder, signature, arguments):
        return builder.inttoptr(arguments[0], context.get_value_type(result))

    return result(where, dtype), point


def _fetch(writes, cache):
    # An intrinsic that asks for the line of memory at an address, long before it is read or written. LLVM
    # counts caches from the far ones on.
    def fetch(context, where):
        def hint(context, builder, signature, arguments):
            place, word = ir.IntType(8).as_pointer(), ir.IntType(32)
            kind = ir.FunctionType(ir.VoidType(), [place, word, word, word])
            function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
            builder.call(
                function, [builder.inttoptr(arguments[0], place), *map(word, (int(writes), cache, 1))]
            )
            return context.get_dummy_value()

        return types.void(types.int64), hint

    return intrinsic(fetch)


fetch, fetch_to_write, fetch_near = _fetch(False, 2), _fetch(True, 2), _fetch(False, 3)


def _in_c(name, result, argument):
    # A function of the C library, which has one argument.
    def call(builder, given):
        kind = ir.FunctionType(result, [argument])
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), [given])

    return call


_MEMORY, _WORD = ir.IntType(8).as_pointer(), ir.IntType(64)
_malloc, _free = _in_c("malloc", _MEMORY, _WORD), _in_c("free", ir.VoidType(), _MEMORY)


@intrinsic
def allocated(context, nbytes):
    # The address of so many bytes, aligned for any number; 0 where there are none.
    def take(context, builder, signature, arguments):
        return builder.ptrtoint(_malloc(builder, arguments[0]), _WORD)

    return types.int64(types.int64), take


@intrinsic
def freed(context, where):
    # Give such bytes back.
    def give(context, builder, signature, arguments):
        _free(builder, builder.inttoptr(arguments[0], _MEMORY))
        return context.get_dummy_value()

    return types.void(types.int64), give


@intrinsic
def address(context, array):
    # The row that an array of one axis is.
    def data(context, builder, signature, arguments):
        return context.make_array(array)(context, builder, arguments[0]).data

    return Row(array.dtype)(array), data


@intrinsic
def place_of(context, array):
    # The address of the first element of an array, or of a row.
    def data(context, builder, signature, arguments):
        (first,) = arguments
        if not isinstance(array, Row):
            first = context.make_array(array)(context, builder, first).data
        return builder.ptrtoint(first, ir.IntType(64))

    return types.int64(array), data


@intrinsic
def tail(context, row, first):
    # The row from sample `first` on.
    def advance(context, builder, signature, arguments):
        return builder.gep(arguments[0], [arguments[1]])

    return row(row, types.intp), advance


@intrinsic
def settle(context):
    # Whoever is told that rows are written finds them, those that went past the caches, too.
    def fence(context, builder, signature, arguments):
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), fence


@intrinsic
def hold(context, *arrays):
    # Numba gives memory back after the last line that names it: this is that line.
    def nothing(context, builder, signature, arguments):
        return context.get_dummy_value()

    return types.void(types.StarArgTuple(arrays)), nothing
