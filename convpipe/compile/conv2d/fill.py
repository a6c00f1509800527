"""Rows of the input copied for the taps to read: border filled in, split by column modulo the stride."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,untyped-decorator,call-arg,var-annotated"
# ruff: noqa: D103 - compiled helpers: the comments say what the signatures cannot

from __future__ import annotations

import numpy as np

from convpipe.compile.conv2d import layout
from convpipe.compile.cpu.compiled.addresses import row_at, tail
from convpipe.compile.cpu.compiled.rows import inline


@inline
def copy_every(target, source, count, step):
    # Every `step`-th sample. Indices that start at 0 are what the vectoriser wants.
    if step == 1:
        for i in range(count):
            target[i] = source[i]
    else:
        for i in range(count):
            target[i] = source[step * i]


@inline
def deal(first, second, source, count, more):
    # Two pieces in one pass, which vectorises more than twice as well as one after the other.
    both = min(count, more)
    for i in range(both):
        first[i] = source[2 * i]
        second[i] = source[2 * i + 1]
    copy_every(tail(first, both), tail(source, 2 * both), count - both, 2)
    copy_every(tail(second, both), tail(source, 2 * both + 1), more - both, 2)


@inline
def fill_row(table, target, source, zero):
    # One row, all of its pieces.
    stride, phases, step = table[layout.STRIDE], table[layout.PHASES], table[layout.PIECE_STEP]
    one = tail(table, table[layout.PIECES_AT])
    if stride == 2 and phases == 2:
        other, moved = tail(one, layout.PIECE), step
        if one[layout.PIECE_FROM] > other[layout.PIECE_FROM]:
            one, other, target, moved = other, one, tail(target, step), -step
        deal(
            tail(target, one[layout.PIECE_FIRST]),
            tail(target, moved + other[layout.PIECE_FIRST]),
            tail(source, one[layout.PIECE_FROM]),
            one[layout.PIECE_COUNT],
            other[layout.PIECE_COUNT],
        )
        target = tail(target, min(moved, 0))
    else:
        for p in range(phases):
            piece = tail(one, p * layout.PIECE)
            place = tail(target, p * step + piece[layout.PIECE_FIRST])
            copy_every(place, tail(source, piece[layout.PIECE_FROM]), piece[layout.PIECE_COUNT], stride)
    edges = tail(table, table[layout.EDGES_AT])
    for e in range(0, table[layout.EDGE_COUNT] * layout.EDGE, layout.EDGE):
        place = edges[e + layout.EDGE_FROM]
        target[edges[e + layout.EDGE_AT]] = source[place] if place >= 0 else zero


@inline
def fill(given, T):  # noqa: N803 - the type of the arithmetic
    # All rows that a strip reads, of all channels.
    table, strip = row_at(given[layout.TABLE], np.int64), row_at(given[layout.OF_STRIP], np.int64)
    samples, images, zero = row_at(given[layout.FILLED], T), row_at(given[layout.FROM], T), T(0)
    lines = tail(table, strip[layout.STRIP_LINES_AT])
    phases, step = table[layout.PHASES], table[layout.PIECE_STEP]
    for _ in range(table[layout.CHANNELS]):
        for line in range(0, strip[layout.STRIP_LINES] * layout.LINE, layout.LINE):
            target, place = tail(samples, lines[line + layout.LINE_AT]), lines[line + layout.LINE_FROM]
            if place >= 0:
                fill_row(table, target, tail(images, place), zero)
            else:
                for p in range(phases):
                    piece = tail(target, p * step)
                    for i in range(table[layout.PITCH]):
                        piece[i] = zero
        samples, images = tail(samples, phases * step), tail(images, table[layout.PLANE_IN])
    return 0
