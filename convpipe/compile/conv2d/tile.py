"""The tiles of a correlation: a few output channels, or rows of one, by a few vectors, sums in registers.

They are written for LLVM as vector code: the loop vectoriser works along the innermost loop alone, which is
the sum. Every sum begins with the bias and takes the taps in their order, by one fused multiply-add each.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,untyped-decorator,call-arg,var-annotated"

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from convpipe.compile.conv2d import layout
from convpipe.compile.conv2d.vectors import MASKED, SUMS, Emitter
from convpipe.compile.cpu.compiled.addresses import Row
from convpipe.compile.cpu.compiled.simd import WORD, overlaps
from convpipe.compile.runtime.processor import VECTOR_BYTES

BLOCK = 4
"""Most output channels of a tile: each sample that is loaded serves all of them."""

STACK = 3
"""Rows of a stack: a sample that is loaded serves as many kernel rows."""

PANEL_BYTES = (SUMS + 1) * VECTOR_BYTES
"""What a tile makes, and the vector that is read after its last places."""


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
            emitter = Emitter(context, builder, given, dtype)
            done = builder.append_basic_block("done")
            choice = builder.switch(vectors, done)
            for width in sorted({*widths(outputs), 1} - {0}):
                with builder.goto_block(done):
                    block = builder.append_basic_block(f"vectors_{width}")
                choice.add_case(vectors.type(width), block)
                builder.position_at_end(block)
                _emit_tile(emitter, outputs, width)
                builder.branch(done)
            builder.position_at_end(done)
            return context.get_dummy_value()

        return types.void(Row(types.int64), types.int64), generate

    return tile


def _emit_tile(emitter, outputs, vectors):
    builder, taps = emitter.builder, emitter.word(layout.TAP_COUNT)
    samples = emitter.pointer(layout.SAMPLES, ir.IntType(8))
    offsets = emitter.pointer(layout.OFFSETS, WORD)
    weights, bias = (emitter.pointer(at, emitter.scalar) for at in (layout.WEIGHTS, layout.BIAS))
    rows = [builder.gep(weights, [builder.mul(taps, WORD(b))]) for b in range(outputs)]
    sums = emitter.begin([builder.gep(bias, [WORD(b)]) for b in range(outputs)], vectors)
    with cgutils.for_range(builder, taps) as loop:
        offset = builder.load(builder.gep(offsets, [loop.index]))
        emitter.add(samples, offset, [builder.gep(row, [loop.index]) for row in rows], sums)
    column, cols, gap = (emitter.word(at) for at in (layout.COLUMN, layout.COLS, layout.GAP))
    targets = _targets(emitter, outputs)
    if not MASKED:
        emitter.store(sums, targets)
        return
    whole = builder.icmp_signed("<=", builder.add(column, WORD(vectors * emitter.lanes)), cols)
    with builder.if_else(whole) as (then, otherwise):
        with then:
            emitter.store(sums, targets)
        with otherwise:
            emitter.store_rows(sums, targets, column, cols, gap)


def stack_of(vectors, dtype):
    """Return an intrinsic that computes a stack of output rows, one above the other, of one channel.

    It takes the words of the tile. Offsets are those of a kernel that is STACK - 1 rows higher: as many as it
    sees. Output row b has the taps of its own rows, and of the others none. The first `cols` of all places
    are set.
    """

    @intrinsic
    def stack(context, given):
        def generate(context, builder, signature, arguments):
            _emit_stack(Emitter(context, builder, arguments[0], dtype), vectors)
            return context.get_dummy_value()

        return types.void(Row(types.int64)), generate

    return stack


def _emit_stack(emitter, vectors):
    builder = emitter.builder
    kernel, across = emitter.word(layout.KERNEL_ROWS), emitter.word(layout.KERNEL_COLS)
    samples = emitter.pointer(layout.SAMPLES, ir.IntType(8))
    offsets = emitter.pointer(layout.OFFSETS, WORD)
    weights, bias = (emitter.pointer(at, emitter.scalar) for at in (layout.WEIGHTS, layout.BIAS))
    sums = emitter.begin([bias] * STACK, vectors)
    firsts = [WORD(row) for row in range(STACK)]
    stops = [builder.add(kernel, first) for first in firsts]
    taps, seen = builder.mul(kernel, across), builder.mul(builder.add(kernel, WORD(STACK - 1)), across)
    with cgutils.for_range(builder, emitter.word(layout.CHANNELS_IN)) as channel:
        places = builder.gep(offsets, [builder.mul(channel.index, seen)])
        filters = builder.gep(weights, [builder.mul(channel.index, taps)])
        for first, last, active in overlaps(firsts, stops):
            begin, end = builder.mul(first, across), builder.mul(last, across)
            with cgutils.for_range_slice(builder, begin, end, WORD(1), WORD) as (tap, _):
                own = [builder.gep(filters, [builder.sub(tap, builder.mul(across, WORD(b)))]) for b in active]
                offset = builder.load(builder.gep(places, [tap]))
                emitter.add(samples, offset, own, [sums[b] for b in active])
    cols, targets = emitter.word(layout.COLS), _targets(emitter, STACK)
    if not MASKED:
        emitter.store(sums, targets)
        return
    with builder.if_else(builder.icmp_signed("<=", WORD(vectors * emitter.lanes), cols)) as (then, otherwise):
        with then:
            emitter.store(sums, targets)
        with otherwise:
            emitter.store_first(sums, targets, cols)


def _targets(emitter, count):
    target, step = emitter.pointer(layout.TARGET, emitter.scalar), emitter.word(layout.STEP)
    return [emitter.builder.gep(target, [emitter.builder.mul(step, WORD(b))]) for b in range(count)]
