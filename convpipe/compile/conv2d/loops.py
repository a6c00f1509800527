"""Compiled loops of conv2d on (N, C, H, W) arrays: one program for every kernel shape, stride and dilation.

An output is a sum over *taps* (input channel, kernel row, kernel column). Rows of the input are first
copied: border filled in, and split by row and column modulo the stride, so that neighbouring outputs always
read neighbouring samples. A tap is then nothing but an offset, and a strip of output rows is one long row of
*places*, with a few between its rows that belong to none. The inner loop
(:mod:`convpipe.compile.conv2d.tile`) runs over a list of offsets with its sums - a few output channels by a
few vectors of places - in registers. This is the indirect convolution of M. Dukhan, "The Indirect Convolution
Algorithm", 2019, with rows in place of pixels. Where there is no stride and no padding, nothing is copied.

Every output is summed in the order of its taps by one fused multiply-add each, whatever the tile, the strip
or the thread that computes it.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,untyped-decorator,call-arg,var-annotated"
# ruff: noqa: D103 - compiled helpers: the comments say what the signatures cannot

from __future__ import annotations

import numpy as np

from convpipe.compile.conv2d import layout
from convpipe.compile.conv2d.tile import PANEL_BYTES, STACK
from convpipe.compile.conv2d.vectors import MASKED, move_vector
from convpipe.compile.cpu.compiled.addresses import address, hold, place_of, row_at, tail
from convpipe.compile.cpu.compiled.drive import call_loop
from convpipe.compile.cpu.compiled.rows import inline
from convpipe.compile.runtime.processor import VECTOR_BYTES


@inline
def copy_part(target, source, count, lanes):
    # A few samples; the last vector meets the one before.
    if count < lanes:
        for i in range(count):
            target[i] = source[i]
    else:
        for i in range(0, count - lanes, lanes):
            move_vector(tail(target, i), tail(source, i))
        move_vector(tail(target, count - lanes), tail(source, count - lanes))


@inline
def scatter(panel, step, out, x, count, size, shape, lanes):
    # The first `count` of `step` places in `size` channels, from where they were made to their rows; they
    # begin at column x.
    cols, pitch, plane = shape
    done = 0
    while done < count:
        part = min(cols - x, count - done)
        for b in range(size):
            copy_part(tail(out, b * plane), tail(panel, b * step + done), part, lanes)
        done, out, x = done + pitch - x, tail(out, cols - x), 0


@inline
def choose(run, rest, total, lanes):
    # How many vectors the next tile spans. The last may meet those before, but begins in the strip.
    wide, half = run[layout.RUN_WIDE], run[layout.RUN_HALF]
    if rest > (half + 1) * lanes and wide * lanes <= total:
        return wide
    return half if rest > lanes and 0 < half * lanes <= total else 1


LONG = 4
"""Tiles of a row from which on rows are not laid end to end: little is left over, and stores stay aligned."""


@inline
def run_strip(words, rows, given, T):  # noqa: N803 - the type of the arithmetic
    # A strip of rows, in neighbouring blocks of channels: row by row where these are long.
    table, run = row_at(words[layout.TABLE], np.int64), row_at(words[layout.OF_RUN], np.int64)
    samples, out, panel = words[layout.READ], words[layout.MADE], words[layout.PANEL]
    width, cols, pitch = table[layout.ITEM], table[layout.COLS_OUT], table[layout.PITCH]
    line = rows
    if cols != pitch and cols * width >= LONG * run[layout.RUN_WIDE] * VECTOR_BYTES:
        line = 1
    for row in range(0, rows, line):
        moved = samples + row * pitch * width, out + row * cols * width
        places = moved[0], words[layout.WEIGHED], words[layout.BEGUN], moved[1], panel
        run_tiles(table, run, row_at(given, np.int64), places, line, T)
    return 0


@inline
def run_tiles(table, run, given, places, rows, T):  # noqa: N803 - the type of the arithmetic
    # All places of a strip, in neighbouring blocks of channels; `places` are addresses.
    samples, weights, bias, out, panel = places
    width, size, plane = table[layout.ITEM], run[layout.RUN_SIZE], table[layout.PLANE_OUT]
    lanes, cols, pitch = VECTOR_BYTES // width, table[layout.COLS_OUT], table[layout.PITCH]
    total, place = (rows - 1) * pitch + cols, 0
    if cols == pitch:  # nothing lies between the rows: they are one
        cols = pitch = total
    masked = MASKED and pitch >= lanes and total >= lanes
    while place < total:
        vectors = choose(run, total - place, total, lanes)
        step = vectors * lanes
        place = max(0, min(place, total - step))
        y = place // pitch
        x = place - y * pitch
        whole = masked or x + step <= cols
        given[layout.COLUMN], given[layout.COLS], given[layout.GAP] = x, cols, pitch - cols
        if not whole:
            given[layout.COLUMN], given[layout.COLS] = 0, step
        given[layout.STEP] = plane if whole else step
        given[layout.SAMPLES] = samples + place * width
        first = run[layout.RUN_FIRST]
        for f in range(first, first + run[layout.RUN_BLOCKS] * size, size):
            given[layout.WEIGHTS] = weights + f * given[layout.TAP_COUNT] * width
            given[layout.BIAS] = bias + f * width
            target = out + (f * plane + y * cols + x) * width
            given[layout.TARGET] = target if whole else panel
            call_loop(run[layout.RUN_TILE], given, vectors, 0)
            if not whole:
                count, shape = min(step, total - place), (cols, pitch, plane)
                scatter(row_at(panel, T), step, row_at(target, T), x, count, size, shape, lanes)
        place += step


@inline
def run_stacks(table, given, places, rows):
    # All places of a strip of one channel, in stacks of rows. The last may meet those before, both ways.
    samples, weights, bias, out, _ = places
    width, cols, pitch = table[layout.ITEM], table[layout.COLS_OUT], table[layout.PITCH]
    step = table[layout.STACK_VECTORS] * (VECTOR_BYTES // width)
    given[layout.WEIGHTS], given[layout.BIAS], given[layout.STEP] = weights, bias, cols
    for row in range(0, rows, STACK):
        y = min(row, rows - STACK)
        for column in range(0, cols, step):
            x = max(0, min(column, cols - step))
            given[layout.SAMPLES] = samples + (y * pitch + x) * width
            given[layout.TARGET], given[layout.COLS] = out + (y * cols + x) * width, cols - x
            call_loop(table[layout.STACK_TILE], given, 0, 0)


@inline
def share(words, image, out, others, first, last):
    # Units first..last: a unit is a strip of rows of an image and a group, and a part of its channels. All
    # but the words are addresses; `others` are those of the weights and of the bias. What takes a strip is
    # called by its address: inside, LLVM would go through it once more, and once more inside the driver.
    table = address(words)
    width, taps, filters = table[layout.ITEM], table[layout.TAPS], table[layout.FILTERS]
    strips, splits = table[layout.STRIPS], table[layout.SPLITS]
    block = np.empty(table[layout.MEMORY], np.uint8)
    panel = place_of(block)
    panel += -panel % VECTOR_BYTES
    numbers = np.empty(layout.TILE + layout.RUNNING, np.int64)
    given, own = address(numbers), place_of(words)
    called = tail(given, layout.TILE)
    called[layout.TABLE] = own
    given[layout.OFFSETS], given[layout.TAP_COUNT] = place_of(words) + table[layout.OFFSETS_AT] * 8, taps
    given[layout.KERNEL_ROWS], given[layout.KERNEL_COLS] = table[layout.KERNEL_Y], table[layout.KERNEL_X]
    given[layout.CHANNELS_IN] = table[layout.CHANNELS]
    filled = -1
    for unit in range(first, last):
        mine = unit // splits  # a strip of an image and a group
        bank = mine // strips
        of_strip = table[layout.STRIPS_AT] + (mine - bank * strips) * layout.STRIP
        strip = tail(table, of_strip)
        split = tail(table, table[layout.SPLITS_AT] + (unit - mine * splits) * layout.SPLIT)
        samples = image + bank * table[layout.CHANNELS] * table[layout.PLANE_IN] * width
        top = strip[layout.STRIP_TOP]
        if table[layout.IN_PLACE]:
            samples += top * table[layout.COLS_IN] * width
        else:
            if mine != filled:
                called[layout.OF_STRIP] = own + of_strip * 8
                called[layout.FILLED], called[layout.FROM] = panel + PANEL_BYTES, samples
                call_loop(table[layout.FILL], called, 0, 0)
                filled = mine
            samples = panel + PANEL_BYTES
        f = bank % table[layout.GROUPS] * filters
        places = (
            samples,
            others[0] + f * taps * width,
            others[1] + f * width,
            out + (bank * filters * table[layout.PLANE_OUT] + top * table[layout.COLS_OUT]) * width,
            panel,
        )
        if table[layout.STACK_TILE]:
            run_stacks(table, given, places, strip[layout.STRIP_ROWS])
        else:
            called[layout.READ], called[layout.WEIGHED], called[layout.BEGUN] = places[:3]
            called[layout.MADE], called[layout.PANEL] = places[3:]
            for k in range(split[layout.SPLIT_RUNS]):
                called[layout.OF_RUN] = own + (split[layout.SPLIT_RUNS_AT] + k * layout.RUN) * 8
                call_loop(table[layout.RUN_STRIP], called, strip[layout.STRIP_ROWS], place_of(numbers))
    hold(block, numbers)
    return 0
