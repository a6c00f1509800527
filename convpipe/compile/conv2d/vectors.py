"""What the tiles of a correlation are written with: vectors for LLVM, their sums, and how they are stored."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,untyped-decorator,call-arg,var-annotated"

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from convpipe.compile.cpu.compiled.simd import WORD, fused, splat, store_masked
from convpipe.compile.runtime.processor import VECTOR_BYTES, WIDE

SUMS = 24 if WIDE else 12
"""Vectors of sums a tile keeps in registers, of the 32 (AVX-512) or 16 there are."""

MASKED = WIDE
"""Whether a part of a vector is stored as quickly as a whole one."""


class Emitter:
    """Writes a tile: its words, its sums and its stores.

    Parameters
    ----------
    context, builder
        Of Numba and of llvmlite.
    given : value
        Address of the words of the tile (:mod:`convpipe.compile.conv2d.layout`).
    dtype : numba type
        Of the samples.
    """

    def __init__(self, context, builder, given, dtype):
        self.builder, self._given = builder, given
        self.scalar = context.get_value_type(dtype)
        self._size = dtype.bitwidth // 8
        self.lanes = VECTOR_BYTES // self._size
        self._vector = ir.VectorType(self.scalar, self.lanes)

    def word(self, at):
        """Return a word of the tile."""
        return self.builder.load(self.builder.gep(self._given, [WORD(at)]))

    def pointer(self, at, kind):
        """Return a word of the tile that is an address."""
        return self.builder.inttoptr(self.word(at), kind.as_pointer())

    def begin(self, biases, vectors):
        """Return sums of so many vectors for each bias, which they begin with."""
        sums = [[cgutils.alloca_once(self.builder, self._vector) for _ in range(vectors)] for _ in biases]
        for bias, totals in zip(biases, sums, strict=True):
            for total in totals:
                self.builder.store(self._splat(bias), total)
        return sums

    def add(self, samples, offset, weights, sums):
        """Add the products of a tap: samples at an offset in bytes, times a weight for each of the sums."""
        builder = self.builder
        begin = builder.bitcast(builder.gep(samples, [offset]), self.scalar.as_pointer())
        loaded = [builder.load(self._at(begin, v), align=self._size) for v in range(len(sums[0]))]
        for weight, totals in zip(weights, sums, strict=True):
            factor = self._splat(weight)
            for sample, total in zip(loaded, totals, strict=True):
                builder.store(fused(builder, factor, sample, builder.load(total)), total)

    def store(self, sums, targets):
        """Store sums whole, each at its target."""
        for target, totals in zip(targets, sums, strict=True):
            for v, total in enumerate(totals):
                self.builder.store(self.builder.load(total), self._at(target, v), align=self._size)

    def store_first(self, sums, targets, count):
        """Store the first `count` lanes of sums."""
        for v in range(len(sums[0])):
            mask = self._mask("<", self.builder.sub(count, WORD(v * self.lanes)))
            for target, totals in zip(targets, sums, strict=True):
                self._store_masked(totals[v], self._at(target, v), mask)

    def store_rows(self, sums, targets, column, cols, gap):
        """Store what lies in rows of `cols` columns, from `column` on, with a gap between rows.

        A vector meets two rows at most: its first part is of one, and its last of the next.
        """
        builder = self.builder
        pitch, moved = builder.add(cols, gap), WORD(0)
        for v in range(len(sums[0])):
            first = self._mask("<", builder.sub(cols, column))
            last = self._mask(">=", builder.sub(pitch, column))
            for target, totals in zip(targets, sums, strict=True):
                place = builder.gep(target, [moved])
                self._store_masked(totals[v], self._at(place, v), first)
                place = builder.gep(place, [builder.neg(gap)])
                self._store_masked(totals[v], self._at(place, v), last)
            column = builder.add(column, WORD(self.lanes))
            over = builder.icmp_signed(">=", column, pitch)
            column = builder.select(over, builder.sub(column, pitch), column)
            moved = builder.select(over, builder.sub(moved, gap), moved)

    def _at(self, begin, v):
        moved = self.builder.gep(begin, [WORD(v * self.lanes)])
        return self.builder.bitcast(moved, self._vector.as_pointer())

    def _splat(self, pointer):
        return splat(self.builder, self.builder.load(pointer), self.lanes)

    def _mask(self, relation, bound):
        # Which lanes are below a bound, or not.
        builder, index = self.builder, ir.IntType(32)
        kind = ir.VectorType(index, self.lanes)
        most = WORD(self.lanes)
        bound = builder.select(builder.icmp_signed("<", bound, most), bound, most)
        bounds = splat(builder, builder.trunc(bound, index), self.lanes)
        return builder.icmp_signed(relation, ir.Constant(kind, list(range(self.lanes))), bounds)

    def _store_masked(self, total, pointer, mask):
        store_masked(self.builder, self.builder.load(total), pointer, mask, self._size)


@intrinsic
def move_vector(context, target, source):
    """Copy one vector from a row to another."""

    def generate(context, builder, signature, arguments):
        dtype = target.dtype
        kind = ir.VectorType(context.get_value_type(dtype), VECTOR_BYTES * 8 // dtype.bitwidth)
        to, given = (builder.bitcast(row, kind.as_pointer()) for row in arguments)
        builder.store(builder.load(given, align=dtype.bitwidth // 8), to, align=dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(target, source), generate
