"""Straight lines of vector code for rank windows: the lower and the higher of two, of many columns at once.

Samples are compared as integers, as :mod:`convpipe.compile.cpu.order` has them. The code is written for LLVM
as it is: Numba would take a hundred times as long to read it as Python, and to leave it to LLVM's vectoriser
would be to hope.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"
# ruff: noqa: D103 - compiled helpers: the comments say what the signatures cannot

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from convpipe.compile.cpu.compiled.addresses import row_at
from convpipe.compile.cpu.compiled.rows import inline
from convpipe.compile.cpu.order import KEYS, key_limits
from convpipe.selection import VECTOR


def layer(code, dtype, pitch):
    """Return an intrinsic that runs the code of a layer on the columns from some on.

    Parameters
    ----------
    code : str
        As of :class:`convpipe.selection.Layer`.
    dtype : str
        Of the samples.
    pitch : int
        Bytes from a slot to the next.

    Returns
    -------
    intrinsic
        It takes rows of the window and of the results, as a row of addresses, how many there are of the
        former, the address of the slots, the column, and the column counted from the first in the slots.
    """
    key = KEYS.get(dtype, dtype)
    bits = int(key.removeprefix("u").removeprefix("int"))

    @intrinsic
    def run(context, rows, windows, slots, column, own):
        def emit(context, builder, signature, arguments):
            _Emitter(builder, arguments, key, bits, key != dtype, pitch).emit(code)
            return context.get_dummy_value()

        return types.none(rows, types.int64, types.int64, types.int64, types.int64), emit

    return run


class _Emitter:
    def __init__(self, builder, arguments, key, bits, floating, pitch):
        self._builder, self._floating, self._pitch, self._bits = builder, floating, pitch, bits
        self._rows, self._windows, slots, column, own = arguments
        self._size = bits // 8
        self._kind = ir.VectorType(ir.IntType(bits), VECTOR // self._size)
        self._compare = builder.icmp_unsigned if key.startswith("u") else builder.icmp_signed
        self._column = builder.mul(column, ir.Constant(ir.IntType(64), self._size))
        own = builder.mul(own, ir.Constant(ir.IntType(64), self._size))
        self._slots = builder.inttoptr(builder.add(slots, own), ir.IntType(8).as_pointer())
        self._known = {}

    def emit(self, code):
        """Write the instructions of a layer."""
        values = []
        for instruction in code.split():
            what = instruction[0]
            first, second = map(int, instruction[1:].split(","))
            if what in "rs":
                values.append(self._load(what, first, second))
            elif what in "lh":
                a, b = values[first], values[second]
                values.append(self._builder.select(self._compare("<" if what == "l" else ">", a, b), a, b))
            elif what == "w":
                self._builder.store(values[second], self._slot(first, 0), align=1)
            else:
                value = self._turned(values[second]) if self._floating else values[second]
                number = self._builder.add(self._windows, ir.Constant(ir.IntType(64), first))
                self._builder.store(value, self._row(number, 0), align=1)

    def _load(self, what, number, sample):
        if what == "s":
            return self._builder.load(self._slot(number, sample), align=1)
        bits = self._builder.load(self._row(ir.Constant(ir.IntType(64), number), sample), align=1)
        return self._key(bits) if self._floating else bits

    def _slot(self, number, sample):
        offset = ir.Constant(ir.IntType(64), number * self._pitch + sample * self._size)
        return self._builder.bitcast(self._builder.gep(self._slots, [offset]), self._kind.as_pointer())

    def _row(self, number, sample):
        address = self._builder.load(self._builder.gep(self._rows, [number]))
        offset = ir.Constant(ir.IntType(64), sample * self._size)
        address = self._builder.add(self._builder.add(address, self._column), offset)
        return self._builder.inttoptr(address, self._kind.as_pointer())

    def _key(self, bits):
        # From the bits of floating-point numbers to their keys; any NaN to the last.
        others, infinity, last = key_limits(self._bits)
        size = self._builder.and_(bits, self._all(others))
        is_nan = self._builder.icmp_signed(">", size, self._all(infinity))
        return self._builder.select(is_nan, self._all(last), self._turned(bits))

    def _turned(self, bits):
        # A float below 0 is the smaller the larger its other bits are: these are turned over. It undoes
        # itself.
        sign = self._builder.ashr(bits, self._all(self._bits - 1))
        return self._builder.xor(bits, self._builder.lshr(sign, self._all(1)))

    def _all(self, number):
        return ir.Constant(self._kind, [ir.Constant(self._kind.element, number)] * self._kind.count)


@inline
def widen(rows, windows, count, samples, spare, pitch, dtype):  # noqa: PLR0913 - takes no objects
    # Let rows that are shorter than a vector be copies that are not; where they were stands after these.
    were = row_at(spare + count * pitch, types.int64)
    for k in range(count):
        own = row_at(spare + k * pitch, dtype)
        if k < windows:
            given = row_at(rows[k], dtype)
            for x in range(samples):
                own[x] = given[x]
        were[k], rows[k] = rows[k], spare + k * pitch


@inline
def narrow(windows, count, samples, spare, pitch, dtype):
    # Copy what was made of them to where it belongs.
    were = row_at(spare + count * pitch, types.int64)
    for k in range(windows, count):
        own, result = row_at(spare + k * pitch, dtype), row_at(were[k], dtype)
        for x in range(samples):
            result[x] = own[x]
