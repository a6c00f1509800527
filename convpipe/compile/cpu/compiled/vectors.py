"""Weighted sums of any number of samples as vector code, in registers from the first tap to the last.

How many taps there are is known when a loop runs, so that kernels of all sizes share it. The code is written
for LLVM as it is: to leave it to LLVM's vectoriser would be to hope.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np
from llvmlite import ir
from llvmlite.ir.values import MDValue
from numba import types
from numba.extending import intrinsic
from numba.np.numpy_support import from_dtype

from convpipe.compile.cpu.compiled.simd import WORD, by_blocks, fused, overlaps, splat, word
from convpipe.compile.runtime.processor import WIDE

VECTOR = 64
"""Bytes of a vector of sums. Where the processor's are shorter, it takes several."""

GROUP = 4
"""Neighbours in a row that are taken from the same vectors."""


def sizes(dtype: str, windows: int = 1) -> tuple[int, ...]:
    """Return how many columns of sums are made at a time: as the registers hold, half of them, a vector, one.

    A sum waits for what was added to it before: of eight vectors, the first is ready when the last has begun.
    """
    lanes = VECTOR // np.dtype(dtype).itemsize
    vectors = {1: 8, 2: 4, 4: 4} if WIDE else {1: 4, 2: 2, 4: 1}
    most = vectors[windows] * lanes
    return tuple(size for size in (most, most // 2, lanes, 1) if size in (most, 1) or size % lanes == 0)


def dot_down(sample, dtype, windows):
    """Return an intrinsic that sums the rows under some windows.

    It takes rows - those under the windows, then the sums -, how many columns they have and the address of
    the parameters: how many rows a window has, how many there are from one to the next, and the weights. All
    windows have a row in common.
    """
    return _intrinsic(_Down, (sample, dtype), windows, sizes(dtype, windows))


def dot_along(sample, dtype, step):
    """Return an intrinsic that sums neighbours in a row, `step` samples apart.

    It takes rows - that of the samples, then the sum -, how many columns the sum has and the address of the
    parameters: how many taps there are, and the weights.
    """
    return _intrinsic(_Along, (sample, dtype), step, sizes(dtype))


def _intrinsic(emitter, dtypes, given, counts):
    @intrinsic
    def run(context, rows, count, parameters):
        def emit(context, builder, signature, arguments):
            rows, count, parameters = arguments

            def block(column, lanes):
                emitter(context, builder, (rows, column, parameters), (*dtypes, lanes)).emit(given)

            by_blocks(builder, count, counts, block)
            return context.get_dummy_value()

        return types.none(rows, types.int64, types.intp), emit

    return run


class _Emitter:
    """Instructions on vectors of sums, and of samples that become of their type."""

    def __init__(self, context, builder, arguments, block):
        self._builder, (sample, dtype, lanes) = builder, block
        self._rows, self._column, parameters = arguments
        self._parameters = builder.inttoptr(parameters, WORD.as_pointer())
        self._sample, self._dtype = np.dtype(sample), np.dtype(dtype)
        most = VECTOR // self._dtype.itemsize
        self._vectors, self._lanes = max(1, lanes // most), min(lanes, most)
        self._columns = range(0, lanes, self._lanes)
        self._elements = [context.get_value_type(from_dtype(each)) for each in (self._sample, self._dtype)]
        self._samples, self._sums = (ir.VectorType(each, self._lanes) for each in self._elements)
        self._convert = {"u": builder.uitofp, "i": builder.sitofp, "f": builder.fpext}[self._sample.kind]

    def _number(self, k):
        return self._builder.load(self._builder.gep(self._parameters, [word(k)]))

    def _row(self, k):
        # The address of the first column of a row.
        return self._builder.load(self._builder.gep(self._rows, [k]))

    def _loaded(self, row, columns=None):
        # Vectors of samples from some columns of a row, in the type of the sums.
        b = self._builder
        columns = self._columns if columns is None else columns
        loaded = [
            b.load(at, align=self._sample.itemsize)
            for at in self._places(row, self._samples, self._sample, columns)
        ]
        return loaded if self._sample == self._dtype else [self._convert(each, self._sums) for each in loaded]

    def _places(self, row, kind, dtype, columns):
        b = self._builder
        first = b.add(row, b.mul(self._column, word(dtype.itemsize)))
        return [b.inttoptr(b.add(first, word(at * dtype.itemsize)), kind.as_pointer()) for at in columns]

    def _store(self, row, sums):
        places = self._places(self._row(row), self._sums, self._dtype, self._columns)
        for at, each in zip(places, sums, strict=True):
            self._builder.store(each, at, align=self._dtype.itemsize)

    def _weight(self, first, k):
        # All of a vector is weight `k` of those from a word of the parameters on.
        b = self._builder
        start = b.bitcast(b.gep(self._parameters, [word(first)]), self._elements[1].as_pointer())
        return splat(b, b.load(b.gep(start, [k])), self._lanes)

    def _nothing(self):
        # Sums of nothing are -0: what is added to them stays as it is.
        zero = ir.Constant(self._sums, [ir.Constant(self._sums.element, -0.0)] * self._lanes)
        return [zero] * self._vectors

    def _fused(self, weight, samples, sums):
        return [fused(self._builder, weight, *each) for each in zip(samples, sums, strict=True)]

    def _turns(self, first, stop, step, sums, turn):
        # A loop over numbers; return what its last turn makes of the sums, or what they were.
        b = self._builder
        before = b.block
        head, body, after = (b.append_basic_block(name) for name in ("taps", "tap", "summed"))
        b.branch(head)
        b.position_at_end(head)
        k, *totals = (b.phi(kind) for kind in (WORD, *(each.type for each in sums)))
        b.cbranch(b.icmp_signed("<", k, stop), body, after)
        b.position_at_end(body)
        made = [b.add(k, word(step)), *turn(k, totals)]
        end = b.block
        _keep_rolled(b.module, b.branch(head))
        for phi, value, after_turn in zip((k, *totals), (first, *sums), made, strict=True):
            phi.add_incoming(value, before)
            phi.add_incoming(after_turn, end)
        b.position_at_end(after)
        return totals


class _Down(_Emitter):
    WEIGHTS = 2

    def emit(self, windows):
        self._taps, self._step = self._number(0), self._number(1)
        self._firsts = [self._builder.mul(self._step, word(k)) for k in range(windows)]
        if self._columns.stop == sizes(self._dtype, windows)[0]:
            self._together(windows)
        else:  # in few columns: what matters is that few instructions are to be compiled
            self._turns(word(0), word(windows), 1, [], self._alone)

    def _alone(self, window, _):
        b, reads = self._builder, self._builder.add(self._firsts[-1], self._taps)
        first = b.mul(self._step, window)
        sums = self._turns(first, b.add(first, self._taps), 1, self._nothing(), partial(self._onto, [first]))
        self._store(b.add(reads, window), sums)
        return []

    def _together(self, windows):
        stops = [self._builder.add(first, self._taps) for first in self._firsts]
        sums, size = self._nothing() * windows, self._vectors
        for first, stop, own in overlaps(self._firsts, stops):
            held, begin = slice(own.start * size, own.stop * size), self._firsts[own.start : own.stop]
            sums[held] = self._turns(first, stop, 1, sums[held], partial(self._onto, begin))
        for k in range(windows):
            self._store(self._builder.add(stops[-1], word(k)), sums[k * size : (k + 1) * size])

    def _onto(self, firsts, row, sums):
        # A row of the windows that begin with some.
        samples, size, made = self._loaded(self._row(row)), self._vectors, []
        for k, first in enumerate(firsts):
            weight = self._weight(self.WEIGHTS, self._builder.sub(row, first))
            made += self._fused(weight, samples, sums[k * size : (k + 1) * size])
        return made


class _Along(_Emitter):
    WEIGHTS = 1

    def emit(self, step):
        self._source, self._step = self._row(word(0)), step
        taps, sums, whole = self._number(0), self._nothing(), word(0)
        if WIDE and self._vectors > 1 and (GROUP - 1) * step <= self._lanes:
            whole = self._builder.and_(taps, word(-GROUP))
            sums = self._turns(word(0), whole, GROUP, sums, self._group)
        self._store(word(1), self._turns(whole, taps, 1, sums, self._onto))

    def _from(self, tap):
        return self._builder.add(
            self._source, self._builder.mul(tap, word(self._step * self._sample.itemsize))
        )

    def _onto(self, tap, sums):
        return self._fused(self._weight(self.WEIGHTS, tap), self._loaded(self._from(tap)), sums)

    def _group(self, first, sums):
        # A vector that begins between two others takes a load from two lines of the cache, or a shuffle: the
        # processor does some of both at once. The last vector ends where the samples do.
        span = (GROUP - 1) * self._step
        near = self._loaded(self._from(first), [*self._columns, self._columns.stop - self._lanes + span])
        for k in range(GROUP):
            tap = self._builder.add(first, word(k))
            if k == GROUP // 2:
                samples = self._loaded(self._from(tap))
            else:
                samples = self._shifted(near, k * self._step, span)
            sums = self._fused(self._weight(self.WEIGHTS, tap), samples, sums)
        return sums

    def _shifted(self, near, shift, span):
        lanes, kind = self._lanes, ir.VectorType(ir.IntType(32), self._lanes)
        inner = [shift + k for k in range(lanes)]
        last = [k if k < lanes else k + lanes - span for k in inner]
        masks = (ir.Constant(kind, mask) for mask in [inner] * (self._vectors - 1) + [last])
        pairs = zip(pairwise(near), masks, strict=True)
        return [self._builder.shuffle_vector(*pair, mask) for pair, mask in pairs]


def _keep_rolled(module, branch):
    # A turn has enough to do: to write out several takes as long to run, and longer to compile. What says so
    # of a loop is a list that begins with itself.
    rolled = module.add_metadata([ir.MetaDataString(module, "llvm.loop.unroll.disable")])
    of_loop = MDValue(module, [], name=str(len(module.metadata)))
    of_loop.operands = (of_loop, rolled)
    branch.set_metadata("llvm.loop", of_loop)
