"""The phases of a row as vector code: of its pixels every second, third, ..., from each of the first ones on.

What sums along a row at a stride would sort vectors for each of its taps: LLVM does so for groups of at most
two samples well. Once in phases, all taps read samples that follow each other. Source: P. P. Vaidyanathan,
"Multirate Systems and Filter Banks", 1993, section 4.3, on polyphase components.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg"

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from convpipe.compile.cpu.compiled.simd import by_blocks, word
from convpipe.compile.cpu.phases import VECTOR, sizes


def phases(dtype, stride, channels):
    """Return an intrinsic that makes samples of each phase, of rows that have as many as a block at least.

    It takes rows - that of the pixels, then one for each phase - and how many samples of each are to be made,
    all of a pixel.
    """

    @intrinsic
    def run(context, rows, count):
        def emit(context, builder, signature, arguments):
            rows, count = arguments

            def block(first, size):
                _Emitter(builder, (rows, first), np.dtype(dtype), stride, channels).emit(size)

            by_blocks(builder, count, sizes(dtype, channels), block)
            return context.get_dummy_value()

        return types.none(rows, types.int64), emit

    return run


class _Emitter:
    def __init__(self, builder, arguments, dtype, stride, channels):
        self._builder, (self._rows, self._first) = builder, arguments
        self._size, self._stride, self._channels = dtype.itemsize, stride, channels
        self._lanes = VECTOR // dtype.itemsize
        self._kind = ir.VectorType(ir.IntType(8 * dtype.itemsize), self._lanes)

    def emit(self, count):
        read = self._places(0, self._stride, range(0, self._stride * count, self._lanes))
        vectors = [self._builder.load(place, align=self._size) for place in read]
        for phase in range(self._stride):
            made = self._places(1 + phase, 1, range(0, count, self._lanes))
            for first, place in zip(range(0, count, self._lanes), made, strict=True):
                origins = [self._origin(phase, first + k) for k in range(self._lanes)]
                self._builder.store(self._gathered(vectors, origins), place, align=self._size)

    def _origin(self, phase, sample):
        # Where a sample of a phase is among those of the row.
        pixel, channel = divmod(sample, self._channels)
        return (pixel * self._stride + phase) * self._channels + channel

    def _gathered(self, vectors, origins):
        # Samples that ascend, each to its lane: out of the first two vectors, then out of these and the next.
        lanes = self._lanes
        first, last = origins[0] // lanes, origins[-1] // lanes
        made = vectors[first]
        for number in range(first + 1, last + 1):
            mask = []
            for lane, (own, at) in enumerate(divmod(origin, lanes) for origin in origins):
                here = at if number == first + 1 else lane
                mask.append(lanes + at if own == number else here)
            chosen = ir.Constant(ir.VectorType(ir.IntType(32), lanes), mask)
            made = self._builder.shuffle_vector(made, vectors[number], chosen)
        return made

    def _places(self, row, stride, samples):
        # Where vectors of a row begin.
        b = self._builder
        begin = b.mul(self._first, word(stride * self._size))
        address = b.add(b.load(b.gep(self._rows, [word(row)])), begin)
        return [b.inttoptr(b.add(address, word(at * self._size)), self._kind.as_pointer()) for at in samples]
