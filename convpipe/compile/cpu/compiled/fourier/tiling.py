"""Pairs of tiles one after the other: their responses, shown to be right, and what becomes of these.

A tile for which that does not do is left alone, and named: `spectra` has what is done then.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg, var-annotated"
# ruff: noqa: D103 - compiled functions

from __future__ import annotations

import numpy as np
from numba import njit

from convpipe.compile.cpu.compiled.addresses import hold, place_of, row_at
from convpipe.compile.cpu.compiled.drive import call_band, call_loop
from convpipe.compile.cpu.compiled.fourier.pairs import numbers_at, words_at
from convpipe.compile.cpu.compiled.rows import FLAGS, inline
from convpipe.compile.cpu.fourier import job as at


@inline
def response(tile, size, index):
    out = words_at(tile)[at.OUT] + index * size
    return np.float64(row_at(out, np.float32)[0]) if size == 4 else numbers_at(out)[0]


@inline
def put_response(tile, size, index, value):
    out = words_at(tile)[at.OUT] + index * size
    if size == 4:
        row_at(out, np.float32)[0] = value
    else:
        numbers_at(out)[0] = value


@inline
def window_sum(job, top, left):
    # The response to a window, as the sum over it: first along its rows.
    samples, taps, cols = numbers_at(job[at.TILE]), numbers_at(job[at.TAPS]), job[at.TAP_COLS]
    pitch, total = job[at.READS], 0.0
    for i in range(job[at.TAP_ROWS]):
        along = 0.0
        for j in range(cols):
            along += samples[(top + i) * pitch + left + j] * taps[i * cols + j]
        total += along
    return total


@inline
def read_more(job, here, tile, first, last):
    # Rows of the samples of a tile, from one to before another.
    wanted, cols = words_at(job[at.WANTED]), job[at.READS]
    for row in range(first, last):
        wanted[0], wanted[1], wanted[2], wanted[3] = tile, row, 0, job[at.TILE] + row * cols * 8
        call_loop(job[at.READ_ROW], wanted, cols, here)


@inline
def note_latest(job, first, last):
    # Of each column, the last of so many rows with a sample that is not 0.
    samples, latest, cols = numbers_at(job[at.TILE]), words_at(job[at.LATEST]), job[at.READS]
    for row in range(first, last):
        for col in range(cols):
            latest[col] = row if samples[row * cols + col] != 0 else latest[col]


@inline
def settle(job, here, tile):
    # Look at the responses to a tile that are not shown to be right: 0 where a window holds nothing else,
    # right where what stands under the largest tap says so, else a sum over the window, if these are few.
    # Return whether there were more. If all of them are few, nobody asks which windows hold nothing: their
    # sums are 0.
    own, numbers = words_at(tile), numbers_at(here)
    samples, cols, latest = numbers_at(job[at.TILE]), job[at.READS], words_at(job[at.LATEST])
    for col in range(cols):
        latest[col] = -1
    limit = numbers_at(tile)[at.LIMIT] * numbers[at.UNIT] * (1 + 2.0**-20)
    shown = numbers[at.ERROR] * numbers[at.DOUBT] / numbers[at.PEAK]
    peak, taps = job[at.PEAK_ROW] * cols + job[at.PEAK_COL], job[at.TAP_ROWS] * job[at.TAP_COLS]
    left_over, seen, doubts = job[at.FEW], 0, words_at(own[at.DOUBTS])
    few = own[at.DOUBTFUL] * taps <= left_over
    for y in range(own[at.OUT_ROWS]):
        if not doubts[y]:
            continue
        top = y * job[at.ROW_STEP]
        seen = top if few and top > seen else seen
        read_more(job, here, tile, seen, top + job[at.TAP_ROWS])
        if not few:
            note_latest(job, seen, top + job[at.TAP_ROWS])
        seen, edge, last = top + job[at.TAP_ROWS], 0, -1
        for x in range(own[at.OUT_COLS]):
            left = x * job[at.COL_STEP]
            if not few:
                for col in range(edge, left + job[at.TAP_COLS]):
                    if latest[col] >= top:
                        last = col
                edge = left + job[at.TAP_COLS]
            index = (y * own[at.OUT_COLS] + x) * job[at.CHANNELS]
            if abs(response(tile, job[at.SIZE], index)) >= limit:
                continue
            if last < left and not few:
                put_response(tile, job[at.SIZE], index, 0.0)
            elif not abs(samples[top * cols + left + peak]) >= shown:
                left_over -= taps
                if left_over < 0:
                    return 1
                put_response(tile, job[at.SIZE], index, window_sum(job, top, left) * numbers[at.UNIT])
    return 0


@inline
def put_tile(job, tile, cut, channel, to):
    # Let a tile be a channel of a cut, whose responses go to an address.
    own = words_at(tile)
    own[at.IMAGE], own[at.PITCH] = job[at.SOURCE] + channel * job[at.SOURCE_SIZE], job[at.SOURCE_PITCH]
    for k in range(at.ROW_LIST, at.OUT):
        own[k] = cut[k]
    own[at.OUT] = to
    own[at.DOUBTFUL] = 0
    own[at.TARGET] = job[at.RESULT] + cut[at.TOP] * job[at.RESULT_PITCH] + cut[at.LEFT] * job[at.PIXEL]
    own[at.TARGET_PITCH] = cut[at.DOWN] * job[at.RESULT_PITCH] if cut[at.ACROSS] == 1 else 0


@inline
def put_nothing(tile):
    own = words_at(tile)
    own[at.READ_ROWS], own[at.OUT_ROWS], own[at.DOUBTFUL] = 0, 0, 0


@inline
def transform(job, here, pair, channel, to, left):
    # The responses to a channel of a pair of cuts, to an address and one after it, but those that are left
    # alone, 1 and 2; return these.
    one, two = here + 8 * at.FIRST, here + 8 * at.SECOND
    while left < 3:
        put_tile(job, one, pair[0], channel, to)
        put_tile(job, two, pair[1], channel, to + job[at.RESPONSE_BYTES])
        if left & 1:
            put_nothing(one)
        if left & 2:
            put_nothing(two)
        wrong = call_loop(job[at.PAIR], job, 0, here)
        left |= wrong
        if not wrong:
            break
    return left


@inline
def respond(job, here, first, second, left):
    # The responses to a pair of cuts but those that are left alone, 1 and 2, all channels; return these.
    one, two = here + 8 * at.FIRST, here + 8 * at.SECOND
    for channel in range(job[at.CHANNELS]):
        to = job[at.RESPONSES] + channel * job[at.SIZE]
        left = transform(job, here, (first, second), channel, to, left)
        if left < 3 and words_at(one)[at.DOUBTFUL] and call_loop(job[at.SETTLE], job, here, one):
            left |= 1
        if left < 3 and words_at(two)[at.DOUBTFUL] and call_loop(job[at.SETTLE], job, here, two):
            left |= 2
    return left


@inline
def scatter(job, cut, pixels):
    # Put what was made of a cut in its place.
    size, to = job[at.PIXEL], job[at.RESULT] + cut[at.TOP] * job[at.RESULT_PITCH]
    source, target = row_at(job[at.MADE], np.uint8), row_at(to + cut[at.LEFT] * job[at.PIXEL], np.uint8)
    for k in range(pixels):
        y, x = k // cut[at.OUT_COLS], k % cut[at.OUT_COLS]
        begin = y * cut[at.DOWN] * job[at.RESULT_PITCH] + x * cut[at.ACROSS] * size
        for byte in range(size):
            target[begin + byte] = source[k * size + byte]


@inline
def finish(job, cut, responses, tables, others):
    # What becomes of the responses to a cut; return how many NaNs became 0.
    to = job[at.RESULT] + cut[at.TOP] * job[at.RESULT_PITCH] + cut[at.LEFT] * job[at.PIXEL]
    to = to if cut[at.ACROSS] == 1 else job[at.MADE]
    first, parameters = cut[at.TABLE] * job[at.TABLE_WORDS], words_at(job[at.PARAMETERS])[cut[at.TABLE]]
    table, rows = tables[first : first + job[at.TABLE_WORDS]], cut[at.OUT_ROWS]
    nans = call_band(job[at.BAND], table, responses, to, others, parameters, 0, rows)
    if cut[at.ACROSS] != 1:
        scatter(job, cut, rows * cut[at.OUT_COLS])
    return nans


@inline
def sweep(tables, image, out, others, parameters, first, last):
    # Pairs first..last of the cuts, each of those that follow each other: fill their part of the result, and
    # say which are left alone. Called as `drive.band`; parameters say with which pair each thread begins, and
    # where its job is. Return how many NaNs became 0.
    jobs, which, nans = words_at(parameters), 0, 0
    while jobs[which] != first:
        which += 2
    here = jobs[which + 1]
    job = words_at(here)
    alone = words_at(job[at.ALONE])
    for k in range(first, last):
        one = 2 * k
        left = 0 if one + 1 < job[at.CUT_COUNT] else 2
        where = job[at.CUTS] + 8 * at.CUT_WORDS * one
        found = respond(job, here, words_at(where), words_at(where + 8 * at.CUT_WORDS * (left == 0)), left)
        for part in range(1 if left else 2):
            if found & (1 + part):
                alone[one + part] = 1
            else:
                cut = words_at(where + 8 * at.CUT_WORDS * part)
                nans += finish(job, cut, job[at.RESPONSES] + part * job[at.RESPONSE_BYTES], tables, others)
    return nans


@njit(**FLAGS)
def one_pair(words):
    # A pair that the job describes; return which of the tiles are left alone.
    here = place_of(words)
    job = words_at(here)
    wrong = call_loop(job[at.PAIR], job, 0, here)
    hold(words)
    return wrong
