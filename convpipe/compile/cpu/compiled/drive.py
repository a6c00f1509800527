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
from numba.np.arrayobj import make_array, populate_array

from convpipe.compile.cpu import layout
from convpipe.compile.cpu.compiled.addresses import (
    address,
    allocated,
    fetch,
    freed,
    place_of,
    row_at,
    tail,
    values,
)
from convpipe.compile.cpu.compiled.rows import FLAGS, NOTHING, border_index, inline
from convpipe.compile.cpu.compiled.signatures import BAND, LOOP
from convpipe.memory import LINE, PAGE

LLVM_LEVEL = 1
"""It follows addresses, and has no loop that vectors would do: on level 3 it runs no quicker, and takes a
fifth of a second more to compile, which a machine's first image waits for."""


@intrinsic
def call_loop(context, address, rows, count, parameters):
    # A loop, as in `loops`. It raises nothing.
    def jump(context, builder, signature, values):
        target = context.call_conv.get_function_type(types.int64, LOOP).as_pointer()
        function = builder.inttoptr(values[0], target)
        return context.call_conv.call_function(builder, function, types.int64, LOOP, values[1:])[1]

    return types.int64(types.int64, *LOOP), jump


@inline
def ask_ahead(one, image, pitch, first, rows):
    # Of the rows of an image that come under the next windows, what a strip reads: a processor foresees what
    # follows in a row, and not that a strip ends.
    for j in range(first, min(first + one[layout.AHEAD], rows)):
        row = image + j * pitch
        for place in range(row + one[layout.BEGIN], row + one[layout.END], LINE):
            fetch(place)


@inline
def find(table, base, one, row, memory, places, parameters, keys, to, k):
    # The addresses of the rows under the window of `row`, from its k-th on; return which lacks first, and
    # leave the number of that row in the place of its address.
    window, rows, border = one[layout.WINDOW], one[layout.ROWS], one[layout.BORDER]
    step, source = one[layout.DILATION], one[layout.SOURCE]
    top = row * one[layout.STRIDE] - one[layout.TOP]
    if one[layout.FIRST] != layout.EVENLY:
        (top,) = values(parameters + one[layout.FIRST], row, 1, np.int64)
    is_inside = top >= 0 and top + (window - 1) * step < rows  # as most are: no border is asked for then
    if source < 0:
        image, pitch = places[-1 - source], one[layout.PITCH]
        if is_inside:
            for k in range(window):
                to[k] = image + (top + k * step) * pitch
            ask_ahead(one, image, pitch, top + (window - 1) * step + 1, rows)
            return window
        for k in range(window):
            j = border_index(top + k * step, rows, border)
            to[k] = image + j * pitch if j >= 0 else parameters + one[layout.CONSTANT]
        return window
    below = tail(table, base + source)
    ring, pitch, slots = memory + below[layout.RING], below[layout.RING_PITCH], below[layout.RING_SLOTS]
    held = tail(keys, below[layout.KEYS])
    if is_inside:
        j = top + k * step
        slot = j % slots
        while k < window and held[slot] == j:
            to[k] = ring + slot * pitch
            k, j, slot = k + 1, j + step, slot + step
            slot = slot - slots if slot >= slots else slot
        if k < window:
            to[k] = j
        return k
    slot, before = np.int64(0), np.int64(-2)
    while k < window:
        j = border_index(top + k * step, rows, border)
        if j < 0:
            to[k] = parameters + one[layout.CONSTANT]
        else:
            slot = slot + 1 if j == before + 1 else j % slots
            slot = np.int64(0) if slot == slots else slot
            before = j
            if held[slot] != j:
                to[k] = j
                break
            to[k] = ring + slot * pitch
        k += 1
    return k


@inline
def run(table, base, level, row, memory, places, parameters, at, given, keys):
    # Make a row of a level, or as many as it makes at a time, from those under its windows.
    at[layout.WORKSPACE], at[layout.PARAMETERS] = memory, parameters
    slots, held, ring = level[layout.RING_SLOTS], tail(keys, level[layout.KEYS]), level[layout.RING]
    rows, pitch, output = level[layout.MADE_ROWS], level[layout.RING_PITCH], level[layout.OUTPUT]
    slot = row % slots if output == 0 else row
    for k in range(level[layout.MADE]):
        if row + k >= rows:
            where = memory + level[layout.SPARE]
        elif output:
            where = places[output] + ring + (row + k) * pitch
        else:
            where = memory + ring + slot * pitch
            held[slot] = row + k
            slot = np.int64(0) if slot + 1 == slots else slot + 1
        at[layout.OUT + k] = where
    if held[slots] == row - 1:  # the row that was made last
        step, steps = base + level[layout.AFTER], level[layout.AFTER_STEPS]
    else:
        step, steps = base + level[layout.ANEW], level[layout.ANEW_STEPS]
    held[slots] = row
    nans = 0
    for _ in range(steps):
        call = tail(table, step)
        place = tail(table, base + call[layout.PLACES])
        for k in range(call[layout.PLACE_COUNT]):
            given[k] = at[place[2 * k]] + place[2 * k + 1]
        own = parameters + call[layout.GIVEN] + row * call[layout.GIVEN_PITCH]
        lost = call_loop(call[layout.LOOP], given, call[layout.COUNT], own)
        nans += lost if row + call[layout.ROW] < rows else 0
        step += layout.STEP_WORDS
    return nans


@inline
def make(table, base, level, row, memory, places, parameters, addresses, given, keys, making):
    # Make a row of a level, after those that it lacks: on a stack is what is made, each for the one before:
    # which level, which row of it, and how far the rows under its window are found. A level of several inputs
    # reads a row of each, and looks at all of them again: to make one can take the place of another.
    making[0], making[1], making[2] = level, row, 0
    depth, nans = 0, 0
    while depth >= 0:
        now = tail(making, layout.MAKING_WORDS * depth)
        own, row = tail(table, now[0]), now[1]
        at = tail(addresses, own[layout.AT])
        to = tail(at, layout.OUT + own[layout.MADE])
        lacking = -1
        for i in range(own[layout.INPUT_COUNT]):
            one = tail(table, base + own[layout.INPUTS] + i * layout.INPUT_WORDS)
            k = find(table, base, one, row, memory, places, parameters, keys, to, now[2])
            if k < one[layout.WINDOW]:
                lacking, now[2] = to[k], k
                source = tail(table, base + one[layout.SOURCE])
                depth += 1
                below = tail(making, layout.MAKING_WORDS * depth)
                below[0], below[1] = base + one[layout.SOURCE], lacking - lacking % source[layout.MADE]
                below[2] = 0
                break
            to = tail(to, k)
        if lacking < 0:
            nans += run(table, base, own, row, memory, places, parameters, at, given, keys)
            depth -= 1
    return nans


@inline
def share(level, y, tallest):
    # Rows of an image that are made when `y` of the tallest are: as many as it makes at a time, or all.
    rows, made = level[layout.MADE_ROWS], level[layout.MADE]
    return rows if y == tallest else y * rows // tallest // made * made


@njit(**FLAGS)
def band(words, image, out, others, parameters, first, last):
    # Make rows first..last of the tallest image that is written, and as much of the others; return how many
    # NaNs became 0. All but the table are addresses: where there are more than one image to read and one to
    # write, `others` has those of all that are read, and then of all that are written.
    table = address(words)
    block, numbers = allocated(table[layout.MEMORY]), allocated(8 * table[layout.NUMBERS])
    if block == 0 or numbers == 0:
        freed(block)
        freed(numbers)
        raise MemoryError
    aligned = block + LINE - 1
    aligned -= aligned % LINE
    addresses = row_at(numbers, np.int64)  # of the rows that each level reads and makes
    given = tail(addresses, table[layout.ADDRESSES])  # of those that a loop is called with
    keys = tail(given, table[layout.MOST_ROWS])  # which row is in each slot of all rings
    following = tail(keys, table[layout.SLOTS])  # the next row of each image that is written
    places = tail(following, table[layout.SINKS])  # of the images
    places[0], places[1] = image, out
    for k in range(len(others)):
        places[k] = others[k]
    making = tail(places, table[layout.PLACES_OF_ALL])
    tallest, at_once, sinks = table[layout.TALLEST], table[layout.AT_ONCE], table[layout.SINKS]
    nans = 0
    for strip in range(table[layout.STRIPS]):
        base = table[layout.STRIP] + strip * table[layout.STRIP_WORDS]
        memory, stagger = aligned, tail(table, base)[layout.STAGGER]
        if stagger != layout.ANYWHERE:
            memory += (places[0] - places[0] % LINE + stagger - aligned) % PAGE
        for k in range(table[layout.SLOTS]):
            keys[k] = NOTHING
        for k in range(sinks):
            level = tail(table, base + table[layout.SINK + k])
            following[k] = share(level, first, tallest)
        y = first
        while y < last:
            y = min(y + at_once, last)
            for k in range(sinks):
                level = base + table[layout.SINK + k]
                own = tail(table, level)
                end = share(own, y, tallest)
                while following[k] < end:
                    nans += make(
                        table,
                        base,
                        level,
                        following[k],
                        memory,
                        places,
                        parameters,
                        addresses,
                        given,
                        keys,
                        making,
                    )
                    following[k] += own[layout.MADE]
    freed(block)
    freed(numbers)
    return nans


@intrinsic
def call_band(context, address, table, image, out, others, parameters, first, last):
    # `band` by its address, so that it is compiled once and not again for all that call it.
    def jump(context, builder, signature, values):
        target = context.call_conv.get_function_type(types.int64, BAND).as_pointer()
        function = builder.inttoptr(values[0], target)
        status, result = context.call_conv.call_function(builder, function, types.int64, BAND, values[1:])
        with cgutils.if_unlikely(builder, status.is_error):
            context.call_conv.return_status_propagate(builder, status)
        return result

    return types.int64(types.int64, *BAND), jump


@intrinsic(prefer_literal=True)
def array_at(context, place, count, readonly):
    # The array of so many words at an address; who gave that holds it.
    kind = types.Array(types.int64, 1, "C", readonly=readonly.literal_value)

    def view(context, builder, signature, arguments):
        array = make_array(kind)(context, builder)
        data = builder.inttoptr(arguments[0], array.data.type)
        size = context.get_constant(types.intp, 8)
        populate_array(array, data, [arguments[1]], [size], size, None)
        return array._getvalue()

    return kind(types.int64, types.int64, readonly), view


bounds = inline(layout.bounds)


@njit(**FLAGS)
def one_image(band, table, words, parameters, image, out, first, last):
    # As `one_band`, of one image that is read and one that is written: a small one takes a few microseconds,
    # and each array that Python hands over a tenth of one.
    table, nothing = array_at(table, words, True), array_at(0, 0, False)
    return call_band(band, table, place_of(image), place_of(out), nothing, parameters, first, last)


@njit(parallel=True, **FLAGS)
def shared_image(band, table, words, parameters, image, out, rows, step, count):
    # The same on all cores, as `all_bands`.
    where, to, nans = place_of(image), place_of(out), 0
    for b in prange(count):
        first, last = bounds(b, count, rows, step)
        told, nothing = array_at(table, words, True), array_at(0, 0, False)
        nans += call_band(band, told, where, to, nothing, parameters, first, last)
    return nans


@njit(**FLAGS)
def one_band(band, table, image, out, parameters, others, first, last):
    # Rows first..last of the tallest image that is written, on the calling thread.
    return call_band(band, table, place_of(image), place_of(out), others, place_of(parameters), first, last)


@njit(parallel=True, **FLAGS)
def all_bands(band, table, image, out, parameters, others, rows, step, count):
    # All rows of the tallest image that is written, in `count` bands, each of whole steps.
    where, to, given, nans = place_of(image), place_of(out), place_of(parameters), 0
    for b in prange(count):
        first, last = bounds(b, count, rows, step)
        nans += call_band(band, table, where, to, others, given, first, last)
    return nans
