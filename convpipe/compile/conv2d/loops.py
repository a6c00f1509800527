"""Compiled loops of conv2d on (N, C, H, W) arrays: one program for every kernel shape, stride and dilation.

An output is a sum over *taps* (input channel, kernel row, kernel column). Rows of the input are first
copied into row buffers: border filled in, and split by column modulo the stride, so that neighbouring
outputs always read neighbouring samples. A tap is then nothing but an offset into the buffers, and the inner
loop (:func:`tile`) runs over a list of offsets with its sums - a few output channels by a few vectors of
columns - in registers. This is the indirect convolution of M. Dukhan, "The Indirect Convolution
Algorithm", 2019, with rows in place of pixels.

Every output is summed in the order of its taps by one fused multiply-add each, whatever the tile, the band
or the thread that computes it.

This file is read as text by :mod:`convpipe.compile.conv2d.correlate`, and compiled through the cache of
compiled loops.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,untyped-decorator,call-arg,var-annotated"

from __future__ import annotations

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import njit, prange, types
from numba.core import cgutils
from numba.extending import intrinsic

from convpipe.compile.cpu.addresses import address, hold, tail
from convpipe.compile.cpu.rows import FLAGS, NOTHING, border_index, inline

_FEATURES = llvm.get_host_cpu_features()
_WIDE = bool(_FEATURES.get("avx512f"))
VECTOR_BYTES = 64 if _WIDE else 32 if _FEATURES.get("avx") else 16
SUMS = 16 if _WIDE else 12
"""Vectors of sums a tile keeps in registers, of the 32 (AVX-512) or 16 there are."""
BLOCK = 4
"""Most output channels of a tile: each sample that is loaded serves all of them."""


def _width(outputs: int) -> int:
    """Return how many vectors of columns a wide tile of `outputs` channels spans."""
    return min(8, SUMS // outputs)


@intrinsic
def tile(_context, outputs, wide, whole, samples, offsets, taps, weights, bias, out, step, spare):
    """Compute one tile, in vectors: the loop vectoriser only works along the innermost loop, here the sum.

    Sets

        out[b * step + i] = bias[b] + sum over t < taps of weights[t * outputs + b] * samples[offsets[t] + i]

    for b < outputs and i < lanes * (_width(outputs) if wide else 1); if the tile is not `whole`, this is
    written to spare[b * lanes + i]. All arrays are rows (:class:`convpipe.compile.cpu.addresses.Row`).
    """
    place = types.intp
    signature = types.void(
        place, types.boolean, types.boolean, samples, offsets, place, weights, bias, out, place, spare
    )

    def generate(context, builder, signature, arguments):
        size, is_wide, is_whole, samples, offsets, taps, weights, bias, out, step, spare = arguments
        dtype = signature.args[8].dtype
        lanes = ir.Constant(size.type, VECTOR_BYTES * 8 // dtype.bitwidth)
        step, target = builder.select(is_whole, step, lanes), builder.select(is_whole, out, spare)
        place = step, taps, samples, offsets, weights, bias, target
        done = builder.append_basic_block("done")
        choice = builder.switch(size, done)
        for outputs in range(1, BLOCK + 1):
            with builder.goto_block(done):
                block = builder.append_basic_block(f"outputs_{outputs}")
            choice.add_case(size.type(outputs), block)
            builder.position_at_end(block)
            with builder.if_else(is_wide) as (then, otherwise):
                with then:
                    _emit_tile(context, builder, dtype, outputs, _width(outputs), *place)
                with otherwise:
                    _emit_tile(context, builder, dtype, outputs, 1, *place)
            builder.branch(done)
        builder.position_at_end(done)
        return context.get_dummy_value()

    return signature, generate


def _emit_tile(context, builder, dtype, outputs, vectors, step, taps, samples, offsets, weights, bias, out):
    """Emit the tile of `outputs` channels by `vectors` vectors."""
    lanes, integer = VECTOR_BYTES * 8 // dtype.bitwidth, step.type
    vector = ir.VectorType(context.get_value_type(dtype), lanes)
    name = f"llvm.fma.v{lanes}f{dtype.bitwidth}"
    fuse = cgutils.get_or_insert_function(builder.module, ir.FunctionType(vector, [vector] * 3), name)

    def splat(pointer, index):
        one = builder.load(builder.gep(pointer, [index]))
        one = builder.insert_element(ir.Constant(vector, ir.Undefined), one, integer(0))
        return builder.shuffle_vector(
            one, one, ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
        )

    def at_vector(pointer, index, v):
        moved = builder.gep(pointer, [builder.add(index, integer(v * lanes))])
        return builder.bitcast(moved, vector.as_pointer())

    sums = [[cgutils.alloca_once(builder, vector) for _ in range(vectors)] for _ in range(outputs)]
    aligned = dtype.bitwidth // 8
    for b, row in enumerate(sums):
        for total in row:
            builder.store(splat(bias, integer(b)), total)
    with cgutils.for_range(builder, taps) as loop:
        begin = builder.load(builder.gep(offsets, [loop.index]))
        loaded = [builder.load(at_vector(samples, begin, v), align=aligned) for v in range(vectors)]
        first = builder.mul(loop.index, integer(outputs))
        for b, row in enumerate(sums):
            factor = splat(weights, builder.add(first, integer(b)))
            for sample, total in zip(loaded, row, strict=True):
                builder.store(builder.call(fuse, [factor, sample, builder.load(total)]), total)
    for b, row in enumerate(sums):
        begin = builder.mul(step, integer(b))
        for v, total in enumerate(row):
            builder.store(builder.load(total), at_vector(out, begin, v), align=aligned)


WIDTHS = tuple(_width(max(outputs, 1)) for outputs in range(BLOCK + 1))


@inline
def _row(outputs, samples, offsets, taps, weights, bias, out, step, spare, lanes, cols):
    # Tiles along one output row of `outputs` channels.
    width = WIDTHS[outputs] * lanes
    x = 0
    while x < cols:
        wide, whole = cols - x >= width, cols - x >= lanes
        part = tail(samples, x)
        tile(outputs, wide, whole, part, offsets, taps, weights, bias, tail(out, x), step, spare)
        if not whole:
            for b in range(outputs):
                for i in range(cols - x):
                    out[b * step + x + i] = spare[b * lanes + i]
        x += width if wide else lanes


@inline
def _copy(target, source, step):
    # Every `step`-th sample. Indices that start at 0 are what the vectoriser wants.
    if step == 1:
        for i in range(len(target)):
            target[i] = source[i]
    else:
        for i in range(len(target)):
            target[i] = source[step * i]


@inline
def _deal(even, odd, source):
    # Two pieces in one pass, which vectorises more than twice as well as one after the other.
    both = min(len(even), len(odd))
    for i in range(both):
        even[i] = source[2 * i]
        odd[i] = source[2 * i + 1]
    _copy(even[both:], source[2 * both :], 2)
    _copy(odd[both:], source[2 * both + 1 :], 2)


@inline
def _inside(target, p, axis_x, length):
    # The part of piece p that lies inside the image.
    cols, stride, left = axis_x[0], axis_x[2], axis_x[4]
    first = min(max((left - p + stride - 1) // stride, 0), length)
    last = min(max((left + cols - p + stride - 1) // stride, first), length)
    return first, target[p * length + first : p * length + last]


@inline
def _fill(target, source, axis_x, phases, length, border):
    # One padded row, split into `phases` pieces: piece p holds the padded columns p, p + stride, ...
    cols, stride, left = axis_x[0], axis_x[2], axis_x[4]
    pair = stride == 2 and phases == 2
    if pair:
        _, even = _inside(target, left % 2, axis_x, length)
        _, odd = _inside(target, 1 - left % 2, axis_x, length)
        _deal(even, odd, source)
    for p in range(phases):
        first, inner = _inside(target, p, axis_x, length)
        if not pair and len(inner):
            _copy(inner, source[first * stride + p - left :], stride)
        for i in range(length - len(inner)):
            at = i if i < first else i + len(inner)
            x = border_index(at * stride + p - left, cols, border)
            target[p * length + at] = 0 if x < 0 else source[x]


@inline
def _fetch(k, j, x, n, group, samples, keys, axis_y, axis_x, layout, border):
    # Return the row-buffer slot of padded row j, which kernel row k reads; fill it if need be.
    slots, channels, phases, length = layout[0], layout[1], layout[2], layout[3]
    slot = j % slots if slots >= axis_y[6] else k
    if keys[slot] == j:
        return slot
    keys[slot] = j
    y = border_index(j - axis_y[4], axis_y[0], border)
    size = phases * length
    for c in range(channels):
        start = (slot * channels + c) * size
        target = samples[start : start + size]
        if y < 0:
            target[:] = 0
        else:
            _fill(target, x[n, group * channels + c, y], axis_x, phases, length, border)
    return slot


@inline
def _locate(k, slot, offsets, axis_y, axis_x, layout):
    # Write the offsets of the taps of kernel row k.
    channels, phases, length = layout[1], layout[2], layout[3]
    kernel_y, kernel_x, stride, dilation = axis_y[1], axis_x[1], axis_x[2], axis_x[3]
    for c in range(channels):
        start = (slot * channels + c) * phases * length
        for i in range(kernel_x):
            shift = i * dilation
            offsets[(c * kernel_y + k) * kernel_x + i] = start + shift % stride * length + shift // stride


@inline
def _band(x, weights, bias, out, n, group, blocks, rows, axis_y, axis_x, layout, border):
    # Output rows `rows` of the channel blocks `blocks` of one group of one image.
    lanes = VECTOR_BYTES // out.itemsize
    slots, channels, phases, length, outputs = layout[0], layout[1], layout[2], layout[3], layout[4]
    taps = channels * axis_y[1] * axis_x[1]
    # The last tile of a row reads up to a vector past its columns: into what lies behind, never used.
    samples = np.zeros(slots * channels * phases * length + lanes, out.dtype)
    keys = np.full(slots, NOTHING)
    offsets = np.empty(taps, np.int64)
    spare = np.empty(BLOCK * lanes, out.dtype)
    out_rows, cols = axis_y[5], axis_x[5]
    for y in range(rows[0], rows[1]):
        for k in range(axis_y[1]):
            j = y * axis_y[2] + k * axis_y[3]
            slot = _fetch(k, j, x, n, group, samples, keys, axis_y, axis_x, layout, border)
            _locate(k, slot, offsets, axis_y, axis_x, layout)
        for block in range(blocks[0], blocks[1]):
            first = group * outputs + block * BLOCK
            size = min(BLOCK, outputs - block * BLOCK)
            at = ((n * layout[5] * outputs + first) * out_rows + y) * cols
            _row(
                size, address(samples), address(offsets), taps, tail(address(weights), first * taps),
                tail(address(bias), first), tail(address(out), at), out_rows * cols, address(spare),
                lanes, cols,
            )  # fmt: skip
    hold(samples, offsets, spare)


@njit(parallel=True, **FLAGS)
def correlate(x, weights, bias, out, axis_y, axis_x, layout, border, splits, bands):
    """Fill flat `out`: a task is an image, a group, a part of its channel blocks and a band of rows."""
    groups, rows = layout[5], axis_y[5]
    blocks = (layout[4] + BLOCK - 1) // BLOCK
    for task in prange(x.shape[0] * groups * splits * bands):
        band, rest = task % bands, task // bands
        split, rest = rest % splits, rest // splits
        part = (split * blocks // splits, (split + 1) * blocks // splits)
        span = (band * rows // bands, (band + 1) * rows // bands)
        _band(
            x, weights, bias, out, rest // groups, rest % groups, part, span, axis_y, axis_x, layout, border
        )
    return 0
