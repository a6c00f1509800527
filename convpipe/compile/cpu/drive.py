"""The driver: it walks a table of levels, and calls the loops that make their rows by address.

To make a row of a level it looks for the rows under the level's window; where a ring lacks one, that is made
first, which is the same again, one level down. It is compiled once for every pipeline and type of pixels: it
knows addresses alone.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, misc, var-annotated"
# ruff: noqa: D103 - compiled functions

from __future__ import annotations

import numpy as np
from numba import njit, prange, types
from numba.core import cgutils
from numba.extending import intrinsic

from convpipe.compile.cpu import layout
from convpipe.compile.cpu.addresses import Row, address, hold, place_of, tail
from convpipe.compile.cpu.rows import FLAGS, NOTHING, border_index

LOOP = (Row(types.int64), types.int64, types.intp)


@intrinsic
def call_loop(context, address, rows, count, parameters):
    # A loop, as in `loops`. It raises nothing.
    def jump(context, builder, signature, values):
        target = context.call_conv.get_function_type(types.int64, LOOP).as_pointer()
        function = builder.inttoptr(values[0], target)
        return context.call_conv.call_function(builder, function, types.int64, LOOP, values[1:])[1]

    return types.int64(types.int64, *LOOP), jump


@njit(**FLAGS)
def band(words, image, out, parameters, first, last):
    # Make rows first..last of the result; return how many NaNs became 0. All but the table are addresses.
    table = address(words)
    block = np.empty(table[layout.MEMORY] + 64, np.uint8)
    memory = place_of(block) + 63
    memory -= memory % 64
    numbers = np.empty(table[layout.NUMBERS], np.int64)
    addresses = address(numbers)  # of the rows that each level reads and makes
    given = tail(addresses, table[layout.ADDRESSES])  # of those that a loop is called with
    keys = tail(given, table[layout.MOST_ROWS])  # which row is in each slot of all rings
    # What is being made, each for the one before: which row of which level, how far its windows are found.
    making = tail(keys, table[layout.SLOTS])
    nans = 0
    for strip in range(table[layout.STRIPS]):
        base = table[layout.STRIP] + strip * table[layout.STRIP_WORDS]
        result = base + (table[layout.LEVELS] - 1) * layout.LEVEL_WORDS
        for k in range(table[layout.SLOTS]):
            keys[k] = NOTHING
        y = first
        while y < last:
            now = making
            now[0], now[1], now[2], now[3] = result, y, 0, 0
            depth = 0
            while depth >= 0:
                now = tail(making, 4 * depth)
                level, row = tail(table, now[0]), now[1]
                at = tail(addresses, level[layout.AT])
                made = level[layout.MADE]
                # The rows under its windows.
                to = tail(at, layout.OUT + made)
                missing = False
                for i in range(level[layout.INPUT_COUNT]):
                    one = tail(table, base + level[layout.INPUTS] + i * layout.INPUT_WORDS)
                    window = one[layout.WINDOW]
                    if i >= now[2]:
                        rows, border, step = one[layout.ROWS], one[layout.BORDER], one[layout.DILATION]
                        top = row * one[layout.STRIDE] - one[layout.TOP]
                        if one[layout.SOURCE] == layout.OF_IMAGE:
                            pitch = one[layout.PITCH]
                            for k in range(window):
                                j = border_index(top + k * step, rows, border)
                                to[k] = image + j * pitch if j >= 0 else parameters + one[layout.CONSTANT]
                        else:
                            source = tail(table, base + one[layout.SOURCE])
                            ring, pitch = source[layout.RING], source[layout.RING_PITCH]
                            slots = source[layout.RING_SLOTS]
                            held = tail(keys, source[layout.KEYS])
                            slot, before = np.int64(0), np.int64(-2)
                            for k in range(now[3], window):
                                j = border_index(top + k * step, rows, border)
                                if j < 0:
                                    to[k] = parameters + one[layout.CONSTANT]
                                    continue
                                slot = slot + 1 if j == before + 1 else j % slots
                                slot = np.int64(0) if slot == slots else slot
                                before = j
                                if held[slot] != j:
                                    now[2], now[3] = i, k
                                    depth += 1
                                    below = tail(making, 4 * depth)
                                    below[0] = base + one[layout.SOURCE]
                                    below[1] = j - j % source[layout.MADE]
                                    below[2], below[3] = 0, 0
                                    missing = True
                                    break
                                to[k] = memory + ring + slot * pitch
                            if missing:
                                break
                            now[3] = 0
                    to = tail(to, window)
                if missing:
                    continue
                # The rows that are made, and how.
                at[layout.WORKSPACE], at[layout.PARAMETERS] = memory, parameters
                slots, held = level[layout.RING_SLOTS], tail(keys, level[layout.KEYS])
                for k in range(made):
                    if row + k >= level[layout.MADE_ROWS]:
                        where = memory + level[layout.SPARE]
                    elif level[layout.OUTPUT]:
                        where = out + level[layout.RING] + (row + k) * level[layout.RING_PITCH]
                    else:
                        slot = (row + k) % slots
                        where = memory + level[layout.RING] + slot * level[layout.RING_PITCH]
                        held[slot] = row + k
                    at[layout.OUT + k] = where
                if held[slots] == row - 1:  # the row that was made last
                    step, steps = base + level[layout.AFTER], level[layout.AFTER_STEPS]
                else:
                    step, steps = base + level[layout.ANEW], level[layout.ANEW_STEPS]
                held[slots] = row
                for _ in range(steps):
                    call = tail(table, step)
                    place = tail(table, base + call[layout.PLACES])
                    for k in range(call[layout.PLACE_COUNT]):
                        given[k] = at[place[2 * k]] + place[2 * k + 1]
                    values = parameters + call[layout.GIVEN]
                    lost = call_loop(call[layout.LOOP], given, call[layout.COUNT], values)
                    nans += lost if row + call[layout.ROW] < level[layout.MADE_ROWS] else 0
                    step += layout.STEP_WORDS
                depth -= 1
            y += table[result + layout.MADE]
    hold(block, numbers)
    return nans


WORDS, READ, WRITTEN = (
    types.Array(types.int64, 1, "C", readonly=True),
    *(types.Array(types.uint8, 2, "C", readonly=readonly) for readonly in (True, False)),
)
BAND = (WORDS, *[types.int64] * 5)
GIVEN = types.Array(types.uint8, 1, "C", readonly=True)
ONE = (types.int64, WORDS, READ, WRITTEN, GIVEN, types.int64, types.int64)
BANDS = (*ONE, types.int64)


@intrinsic
def call_band(context, address, table, image, out, parameters, first, last):
    # `band` by its address, so that it is compiled once and not again for all that call it.
    def jump(context, builder, signature, values):
        target = context.call_conv.get_function_type(types.int64, BAND).as_pointer()
        function = builder.inttoptr(values[0], target)
        status, result = context.call_conv.call_function(builder, function, types.int64, BAND, values[1:])
        with cgutils.if_unlikely(builder, status.is_error):
            context.call_conv.return_status_propagate(builder, status)
        return result

    return types.int64(types.int64, *BAND), jump


@njit(**FLAGS)
def one_band(band, table, image, out, parameters, first, last):
    # Rows first..last of the result on the calling thread.
    return call_band(band, table, place_of(image), place_of(out), place_of(parameters), first, last)


@njit(parallel=True, **FLAGS)
def all_bands(band, table, image, out, parameters, rows, step, count):
    # All rows of the result, in `count` bands, each of whole steps.
    where, to, given, nans = place_of(image), place_of(out), place_of(parameters), 0
    for b in prange(count):
        first, last = b * rows // count // step * step, (b + 1) * rows // count // step * step
        last = rows if b == count - 1 else last
        nans += call_band(band, table, where, to, given, first, last)
    return nans
