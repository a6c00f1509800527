"""Sums under a window in blocks: some rows of as many columns as the registers hold, at once.

A sample that is loaded meets a tap for each row of the block, and a tap that is loaded meets each vector of
columns: so multiply-adds wait for no load. The taps are walked by two loops, row by row, so that one piece of
code does for kernels of every size. It is written for LLVM as it is: LLVM's own vectoriser takes one row at a
time. Source: K. Goto and R. A. van de Geijn, "Anatomy of high-performance matrix multiplication", ACM
Transactions on Mathematical Software 34(3), 2008.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg"

from __future__ import annotations

from contextlib import contextmanager
from functools import reduce

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from convpipe.compile.cpu.blocks import HEAD, Block
from convpipe.compile.cpu.compiled.simd import (
    WORD,
    fused,
    load_masked,
    overlaps,
    splat,
    store_masked,
    store_past_caches,
    word,
)
from convpipe.memory import LINE


def whole(sample, compute, block, streams=False):
    """Return an intrinsic that makes a block; as :func:`part`, whose last argument it ignores.

    With `streams` sums go past the caches where they fill lines of these.
    """
    return _intrinsic(_Streamed if streams else _Whole, sample, compute, Block(*block))


def part(sample, compute, block):
    """Return an intrinsic that makes the first vector of a block, as far as rows reach.

    Parameters
    ----------
    sample, compute : str
        Types of the samples, and of their sums.
    block : tuple
        As :class:`Block`.

    Returns
    -------
    intrinsic
        It takes the rows of the samples and then those of the sums, as a row of addresses; the address of the
        parameters, which are `HEAD` numbers and the weights, column by column; the column; and how many
        columns there are.
    """
    return _intrinsic(_Part, sample, compute, Block(*block))


def _intrinsic(emitter, sample, compute, block):
    @intrinsic
    def run(context, rows, parameters, column, count):
        def emit(context, builder, signature, arguments):
            emitter(builder, arguments, np.dtype(sample), np.dtype(compute), block).emit()
            return context.get_dummy_value()

        return types.none(rows, types.int64, types.int64, types.int64), emit

    return run


class _Whole:
    """Writes the code of a block: the rows under some of its windows, those under all, those under some."""

    def __init__(self, builder, arguments, sample, compute, block):
        self._builder, self._block = builder, block
        self._rows, parameters, self._column, self._count = arguments
        self._sample, self._size = sample, compute.itemsize
        self._real = ir.FloatType() if compute == np.float32 else ir.DoubleType()
        self._kind = ir.VectorType(self._real, block.lanes)
        self._vectors = range(block.vectors)
        head = builder.inttoptr(parameters, WORD.as_pointer())
        self._height, self._width, pitch = (builder.load(builder.gep(head, [word(k)])) for k in range(3))
        self._pitch = self._times(pitch, sample.itemsize)
        self._weights = builder.add(parameters, word(HEAD * 8))
        self._next = self._times(self._height, self._size)  # weight of the same row

    def emit(self):
        """Write all of it."""
        # A multiply-add onto -0 is a product, -0 too.
        first = ir.Constant(self._kind, [ir.Constant(self._real, -0.0)] * self._block.lanes)
        self._sums = [
            [cgutils.alloca_once_value(self._builder, first) for _ in self._vectors]
            for _ in range(self._block.rows)
        ]
        self._sum()
        first = self._builder.add(self._height, word(self._block.ramp))
        numbers = [self._builder.add(first, word(row)) for row in range(self._block.rows)]
        self._keep([self._address(number, self._size) for number in numbers])

    def _keep(self, addresses):
        """Store the sums in their rows, of which these are the addresses."""
        self._keep_by(self._store, addresses)

    def _keep_by(self, store, addresses):
        for address, sums in zip(addresses, self._sums, strict=True):
            for k, total in enumerate(sums):
                place = self._place(address, k, self._kind, self._size)
                store(self._builder.load(total), place)

    def _sum(self):
        """Add rows of samples under the first windows, then under all, then under the last."""
        firsts = [word(row * self._block.step) for row in range(self._block.rows)]
        stops = [self._builder.add(self._height, first) for first in firsts]
        for first, stop, rows in overlaps(firsts, stops):
            with self._loop(first, stop) as i:
                self._add(i, rows)

    def _add(self, i, rows):
        """Row `i` of the samples times the taps that it meets in the windows of `rows`."""
        builder = self._builder
        samples, weights = self._address(i, self._sample.itemsize), [self._weights_at(i, row) for row in rows]
        with self._loop(word(0), self._width) as j:
            loaded = self._loaded(builder.add(samples, builder.mul(j, self._pitch)))
            further = builder.mul(j, self._next)
            for row, first in zip(rows, weights, strict=True):
                place = builder.inttoptr(builder.add(first, further), self._real.as_pointer())
                weight = self._splat(builder.load(place))
                for total, each in zip(self._sums[row], loaded, strict=True):
                    builder.store(self._accumulated(row, weight, each, builder.load(total)), total)

    def _accumulated(self, row, weight, samples, total):
        """A sum of `row` with a tap more."""
        return fused(self._builder, weight, samples, total)

    def _weights_at(self, i, row):
        """Where the weight of row `i` of the samples is in the window of `row`, in the first column."""
        further = self._builder.sub(i, word(row * self._block.step))
        return self._builder.add(self._weights, self._times(further, self._size))

    def _loaded(self, address):
        """The samples from an address on, as numbers of the type of the sums."""
        kind = self._of_samples()
        places = [self._place(address, k, kind, self._sample.itemsize) for k in self._vectors]
        return [self._converted(self._load(place)) for place in places]

    def _of_samples(self):
        element = ir.IntType(8 * self._sample.itemsize)
        if self._sample.kind == "f":
            element = ir.FloatType() if self._sample == np.float32 else ir.DoubleType()
        return ir.VectorType(element, self._block.lanes)

    def _converted(self, samples):
        if samples.type == self._kind:
            return samples
        convert = {"u": self._builder.uitofp, "i": self._builder.sitofp, "f": self._builder.fpext}
        return convert[self._sample.kind](samples, self._kind)

    def _load(self, place):
        return self._builder.load(place, align=self._sample.itemsize)

    def _store(self, sums, place):
        self._builder.store(sums, place, align=self._size)

    def _address(self, number, size):
        """Where the first column of a row is."""
        address = self._builder.load(self._builder.gep(self._rows, [number]))
        return self._builder.add(address, self._times(self._column, size))

    def _place(self, address, number, kind, size):
        """Where a vector is, of those from an address on."""
        place = self._builder.add(address, word(number * kind.count * size))
        return self._builder.inttoptr(place, kind.as_pointer())

    def _times(self, number, size):
        return self._builder.mul(number, word(size))

    def _splat(self, value):
        return splat(self._builder, value, self._block.lanes)

    @contextmanager
    def _loop(self, first, end):
        """Open a loop from `first` to before `end`, which is above it."""
        builder = self._builder
        before, body = builder.basic_block, builder.append_basic_block("block")
        builder.branch(body)
        builder.position_at_end(body)
        number = builder.phi(WORD)
        number.add_incoming(first, before)
        yield number
        following = builder.add(number, word(1))
        number.add_incoming(following, builder.basic_block)
        after = builder.append_basic_block("after")
        builder.cbranch(builder.icmp_signed("<", following, end), body, after)
        builder.position_at_end(after)


class _Streamed(_Whole):
    """Writes the code of a block of a result that is larger than the caches.

    A line of them that is written is read before, which is a third of all that goes to and from memory; past
    them it is not, if all of it is written at once.
    """

    def _keep(self, addresses):
        builder = self._builder
        bits = reduce(builder.or_, addresses)
        lines = builder.icmp_signed("==", builder.and_(bits, word(LINE - 1)), word(0))
        with builder.if_else(lines) as (then, otherwise):
            with then:
                self._keep_by(self._store_past_caches, addresses)
            with otherwise:
                self._keep_by(self._store, addresses)

    def _store_past_caches(self, sums, place):
        store_past_caches(self._builder, sums, place, self._block.lanes * self._size)


class _Part(_Whole):
    """Writes the code of the columns of a block that rows reach, one vector of them.

    Every row of samples is alike: for the windows that it is not under it leaves the sums as they are.
    """

    def __init__(self, builder, arguments, sample, compute, block):
        super().__init__(builder, arguments, sample, compute, block)
        self._vectors = range(1)
        columns = ir.Constant(ir.VectorType(WORD, block.lanes), list(range(block.lanes)))
        left = builder.sub(self._count, self._column)
        self._mask = builder.icmp_signed("<", columns, self._splat(left))

    def _sum(self):
        rows = range(self._block.rows)
        with self._loop(word(0), self._builder.add(self._height, word(self._block.ramp))) as i:
            self._is_under = [self._splat(self._lies_in(i, row)) for row in rows]
            self._add(i, rows)

    def _lies_in(self, i, row):
        further = self._builder.sub(i, word(row * self._block.step))
        return self._builder.icmp_unsigned("<", further, self._height)

    def _accumulated(self, row, weight, samples, total):
        more = super()._accumulated(row, weight, samples, total)
        return self._builder.select(self._is_under[row], more, total)

    def _weights_at(self, i, row):
        further = self._builder.sub(i, word(row * self._block.step))
        own = self._builder.select(self._lies_in(i, row), further, word(0))
        return self._builder.add(self._weights, self._times(own, self._size))

    def _load(self, place):
        return load_masked(self._builder, place, self._mask, self._sample.itemsize)

    def _store(self, sums, place):
        store_masked(self._builder, sums, place, self._mask, self._size)
