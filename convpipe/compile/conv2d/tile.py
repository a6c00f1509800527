"""The tile of a correlation: a few output channels by a few vectors of places, with their sums in registers.

It is written for LLVM as vector code: the loop vectoriser only works along the innermost loop, which is here
the sum. Every sum begins with the bias and takes the taps in their order, by one fused multiply-add each.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,untyped-decorator,call-arg,var-annotated"

from __future__ import annotations

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from convpipe.compile.conv2d import layout
from convpipe.compile.cpu.addresses import Row

_FEATURES = llvm.get_host_cpu_features()
_WIDE = bool(_FEATURES.get("avx512f"))
VECTOR_BYTES = 64 if _WIDE else 32 if _FEATURES.get("avx") else 16

SUMS = 24 if _WIDE else 12
"""Vectors of sums a tile keeps in registers, of the 32 (AVX-512) or 16 there are."""

BLOCK = 4
"""Most output channels of a tile: each sample that is loaded serves all of them."""


PANEL_BYTES = (SUMS + 1) * VECTOR_BYTES
"""What a tile makes, and the vector that is read after its last places."""

MASKED = _WIDE
"""Whether a part of a vector is stored as quickly as a whole one."""


def widths(outputs: int) -> tuple[int, int]:
    """Return how many vectors a wide and a middle tile of `outputs` channels span; a narrow one spans 1."""
    wide = min(12, SUMS // outputs)
    return wide, wide // 2


def tile_of(outputs, dtype):
    """Return an intrinsic that computes a tile of `outputs` channels by so many vectors.

    It takes the words of the tile (:mod:`convpipe.compile.conv2d.layout`), and sets

        target[b * step + i] = bias[b] + sum over t < taps of weights[b * taps + t] * samples[offsets[t] + i]

    for b < outputs and i < lanes * vectors. Place i is at column (column + i) % (cols + gap): where that is
    none of `cols`, nothing is set, and what follows comes `gap` samples earlier. Without MASKED, all are set.
    """

    @intrinsic
    def tile(context, given, vectors):
        def generate(context, builder, signature, arguments):
            given, vectors = arguments
            emitter = _Emitter(context, builder, given, outputs, dtype)
            done = builder.append_basic_block("done")
            choice = builder.switch(vectors, done)
            for width in sorted({*widths(outputs), 1} - {0}):
                with builder.goto_block(done):
                    block = builder.append_basic_block(f"vectors_{width}")
                choice.add_case(vectors.type(width), block)
                builder.position_at_end(block)
                emitter.emit(width)
                builder.branch(done)
            builder.position_at_end(done)
            return context.get_dummy_value()

        return types.void(Row(types.int64), types.int64), generate

    return tile


class _Emitter:
    def __init__(self, context, builder, given, outputs, dtype):
        self._builder, self._given, self._outputs = builder, given, outputs
        self._scalar = context.get_value_type(dtype)
        self._size = dtype.bitwidth // 8
        self._lanes = VECTOR_BYTES // self._size
        self._vector = ir.VectorType(self._scalar, self._lanes)
        name = f"llvm.fma.v{self._lanes}f{dtype.bitwidth}"
        kind = ir.FunctionType(self._vector, [self._vector] * 3)
        self._fuse = cgutils.get_or_insert_function(builder.module, kind, name)

    def emit(self, vectors):
        """Write the tile of so many vectors."""
        builder, word = self._builder, ir.IntType(64)
        taps = self._word(layout.TAP_COUNT)
        samples = self._pointer(layout.SAMPLES, ir.IntType(8))
        offsets = self._pointer(layout.OFFSETS, word)
        weights, bias = (self._pointer(at, self._scalar) for at in (layout.WEIGHTS, layout.BIAS))
        rows = [builder.gep(weights, [builder.mul(taps, word(b))]) for b in range(self._outputs)]
        sums = [
            [cgutils.alloca_once(builder, self._vector) for _ in range(vectors)] for _ in range(self._outputs)
        ]
        for b, totals in enumerate(sums):
            for total in totals:
                builder.store(self._splat(builder.gep(bias, [word(b)])), total)
        with cgutils.for_range(builder, taps) as loop:
            offset = builder.load(builder.gep(offsets, [loop.index]))
            begin = builder.bitcast(builder.gep(samples, [offset]), self._scalar.as_pointer())
            loaded = [builder.load(self._at(begin, v), align=self._size) for v in range(vectors)]
            for row, totals in zip(rows, sums, strict=True):
                factor = self._splat(builder.gep(row, [loop.index]))
                for sample, total in zip(loaded, totals, strict=True):
                    builder.store(builder.call(self._fuse, [factor, sample, builder.load(total)]), total)
        self._store([[builder.load(total) for total in totals] for totals in sums], vectors)

    def _store(self, sums, vectors):
        builder, word = self._builder, ir.IntType(64)
        target, step = self._pointer(layout.TARGET, self._scalar), self._word(layout.STEP)
        column, cols, gap = (self._word(at) for at in (layout.COLUMN, layout.COLS, layout.GAP))
        begins = [builder.gep(target, [builder.mul(step, word(b))]) for b in range(self._outputs)]
        end = builder.add(column, word(vectors * self._lanes))
        whole = builder.icmp_signed("<=", end, cols)
        if not MASKED:
            self._store_whole(sums, begins)
            return
        with builder.if_else(whole) as (then, otherwise):
            with then:
                self._store_whole(sums, begins)
            with otherwise:
                self._store_parts(sums, begins, column, cols, gap)

    def _store_whole(self, sums, begins):
        for begin, totals in zip(begins, sums, strict=True):
            for v, total in enumerate(totals):
                self._builder.store(total, self._at(begin, v), align=self._size)

    def _store_parts(self, sums, begins, column, cols, gap):
        # A vector meets two rows at most: its first part is of one, and its last of the next.
        builder, word = self._builder, ir.IntType(64)
        pitch, moved = builder.add(cols, gap), word(0)
        for v in range(len(sums[0])):
            first = self._mask("<", builder.sub(cols, column))
            last = self._mask(">=", builder.sub(pitch, column))
            for begin, totals in zip(begins, sums, strict=True):
                place = builder.gep(begin, [moved])
                self._store_masked(totals[v], self._at(place, v), first)
                place = builder.gep(place, [builder.neg(gap)])
                self._store_masked(totals[v], self._at(place, v), last)
            column = builder.add(column, word(self._lanes))
            over = builder.icmp_signed(">=", column, pitch)
            column = builder.select(over, builder.sub(column, pitch), column)
            moved = builder.select(over, builder.sub(moved, gap), moved)

    def _mask(self, relation, bound):
        # Which lanes are below a bound, or not.
        builder, index = self._builder, ir.IntType(32)
        kind = ir.VectorType(index, self._lanes)
        bound = builder.trunc(self._clamped(bound), index)
        one = builder.insert_element(ir.Constant(kind, ir.Undefined), bound, index(0))
        all_bounds = builder.shuffle_vector(one, one, ir.Constant(kind, [0] * self._lanes))
        return builder.icmp_signed(relation, ir.Constant(kind, list(range(self._lanes))), all_bounds)

    def _clamped(self, bound):
        most = ir.Constant(bound.type, self._lanes)
        return self._builder.select(self._builder.icmp_signed("<", bound, most), bound, most)

    def _store_masked(self, value, pointer, mask):
        builder, index = self._builder, ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [value.type, pointer.type, index, mask.type])
        name = f"llvm.masked.store.v{self._lanes}f{self._size * 8}.p0v{self._lanes}f{self._size * 8}"
        store = cgutils.get_or_insert_function(builder.module, kind, name)
        builder.call(store, [value, pointer, index(self._size), mask])

    def _word(self, at):
        return self._builder.load(self._builder.gep(self._given, [ir.Constant(ir.IntType(64), at)]))

    def _pointer(self, at, kind):
        return self._builder.inttoptr(self._word(at), kind.as_pointer())

    def _at(self, begin, v):
        moved = self._builder.gep(begin, [ir.Constant(ir.IntType(64), v * self._lanes)])
        return self._builder.bitcast(moved, self._vector.as_pointer())

    def _splat(self, pointer):
        builder, index = self._builder, ir.IntType(32)
        one = builder.load(pointer)
        one = builder.insert_element(ir.Constant(self._vector, ir.Undefined), one, index(0))
        return builder.shuffle_vector(
            one, one, ir.Constant(ir.VectorType(index, self._lanes), [0] * self._lanes)
        )


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
