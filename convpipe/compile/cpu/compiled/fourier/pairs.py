"""Two tiles of an image through Fourier transforms, as the real and the imaginary part of one.

The kernel is real, so what its transform makes of the two parts stays apart: the responses to the first tile
are the real part of the product's, those to the second the imaginary part. A tile never stands in memory as
samples: LANES of its rows are read, transformed in the L1 cache and written to the columns of a plane. Of
that LANES rows at a time are transformed along the other axis, multiplied, and transformed back; and then, as
columns again, back to responses. So all of it but the reading and the writing of the plane is done in L1.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg, var-annotated"
# ruff: noqa: D103 - compiled functions

from __future__ import annotations

import math

import numpy as np

from convpipe.compile.cpu.compiled.addresses import fetch, fetch_to_write, row_at, tail
from convpipe.compile.cpu.compiled.drive import call_loop
from convpipe.compile.cpu.compiled.fourier.complexes import (
    accumulate,
    add_squares,
    assign,
    exchange,
    move,
    multiply,
)
from convpipe.compile.cpu.compiled.rows import inline
from convpipe.compile.cpu.fourier import job as at
from convpipe.compile.cpu.fourier.job import BESIDE, LANES, POINT, SUMS

SMALLEST = 2.0**-800
"""Sums of squares of samples are exact enough between this and its inverse."""

AHEAD = 16
"""So many rows before they are read samples are asked for: no processor foresees a tile's next row."""


@inline
def words_at(place):
    return row_at(place, np.int64)


@inline
def numbers_at(place):
    return row_at(place, np.float64)


@inline
def read_row(wanted, count, here):
    # `count` samples as numbers less the origin, of the tile, its row, from the column and to the address
    # that are `wanted`; those that the tile has not are 0.
    job, own = words_at(here), words_at(wanted[0])
    row, left, samples = wanted[1], wanted[2], numbers_at(wanted[3])
    held = own[at.READ_COLS] - left if row < own[at.READ_ROWS] else 0
    held = count if held > count else 0 if held < 0 else held
    source = words_at(own[at.ROW_LIST])[row] if held > 0 else -1
    if source >= 0:
        given = words_at(job[at.GIVEN])
        given[0], given[1] = own[at.IMAGE] + source * own[at.PITCH], wanted[3]
        given[2] = own[at.COL_LIST] + left * 8
        given[3] = own[at.COL_FIRST] + left if own[at.COL_FIRST] >= 0 else -1
        given[4], given[5] = job[at.CONSTANT], job[at.ORIGIN]
        call_loop(job[at.LOADER], given, held, job[at.GIVEN] + 24)
        if own[at.COL_FIRST] >= 0 and row + AHEAD < own[at.READ_ROWS]:
            later = own[at.IMAGE] + words_at(own[at.ROW_LIST])[row + AHEAD] * own[at.PITCH]
            for x in range(given[3] * job[at.SOURCE_SIZE], (given[3] + held) * job[at.SOURCE_SIZE], 64):
                fetch(later + x)
    constant = numbers_at(here)[at.CONSTANT] - numbers_at(here)[at.ORIGIN]
    for x in range(0 if source < 0 else held, count):
        samples[x] = constant if x < held else 0.0
    return 0


@inline
def read_lines(here, tile, row, left, to):
    # LANES rows of a tile side by side: a part of as many points, from `to` on.
    job = words_at(here)
    cols, wanted, samples = job[at.COLS], words_at(job[at.WANTED]), numbers_at(job[at.SAMPLES])
    pitch = cols + BESIDE
    for lane in range(LANES):
        wanted[0], wanted[1], wanted[2], wanted[3] = (
            tile,
            row + lane,
            left,
            job[at.SAMPLES] + lane * pitch * 8,
        )
        call_loop(job[at.READ_ROW], wanted, cols, here)
    for x in range(0, cols, LANES):
        exchange(tail(to, x * POINT), POINT, tail(samples, x), pitch)


@inline
def squares(line, count, found, sums):
    # Add the squares of LANES rows of both tiles to what was found, row after row.
    for k in range(SUMS * POINT):
        sums[k] = 0.0
    for x in range(0, count, SUMS):
        for k in range(SUMS):
            add_squares(sums, k * POINT, line, x + k)
    for part in range(2):
        for k in range(part * LANES, part * LANES + LANES):
            found[part] += (sums[k] + sums[k + POINT]) + (sums[k + 2 * POINT] + sums[k + 3 * POINT])


@inline
def along_rows(rows_of, block, here):
    # The plane: samples that a block of the kernel reads, transformed along their rows; of both tiles.
    job, place = words_at(here), words_at(words_at(here)[at.PLACES] + 16 * block)
    found = numbers_at(here + 8 * at.FOUND)
    first, second = here + 8 * at.FIRST, here + 8 * at.SECOND
    rows, cols, top, left = job[at.ROWS], job[at.COLS], place[0], place[1]
    held, other = words_at(first)[at.READ_ROWS], words_at(second)[at.READ_ROWS]
    held = (held if held > other else other) - top
    line, plane, pitch = numbers_at(job[at.ROW]), numbers_at(job[at.PLANE]), 2 * rows + BESIDE
    for row in range(0, rows, LANES):
        if row < held:
            read_lines(here, first, top + row, left, line)
            read_lines(here, second, top + row, left, tail(line, LANES))
            squares(line, cols, found, numbers_at(job[at.SAMPLES]))
            call_loop(job[at.FORWARD], tail(job, at.ROW), 0, 0)
            for x in range(cols):
                move(tail(plane, x * pitch + row), rows, tail(line, x * POINT), LANES)
        else:
            for x in range(cols):
                for k in range(LANES):
                    plane[x * pitch + row + k] = 0.0
                    plane[x * pitch + row + rows + k] = 0.0
    return 0


@inline
def along_cols(rows_of, block, here):
    # The plane transformed along the columns of the tile, multiplied, and back again with the last block.
    job = words_at(here)
    rows, cols = job[at.ROWS], job[at.COLS]
    line, plane, pitch = numbers_at(job[at.COLUMN]), numbers_at(job[at.PLANE]), 2 * rows + BESIDE
    for col in range(0, cols, LANES):
        own = tail(plane, col * pitch)
        spectrum = numbers_at(job[at.SPECTRA] + 16 * (block * cols + col) * rows)
        total = numbers_at(job[at.TOTAL] + 16 * col * rows)
        for row in range(0, rows, LANES):
            exchange(tail(line, row * POINT), POINT, tail(own, row), pitch)
            exchange(tail(line, row * POINT + LANES), POINT, tail(own, rows + row), pitch)
        call_loop(job[at.FORWARD], tail(job, at.COLUMN), 0, 0)
        if job[at.MAKES_SPECTRUM]:
            for row in range(rows):
                assign(spectrum, line, row)
            continue
        for row in range(rows):
            multiply(line, spectrum, row)
        if block > 0:
            for row in range(rows):
                accumulate(line, total, row)
        if block + 1 < job[at.BLOCKS]:
            for row in range(rows):
                assign(total, line, row)
            continue
        call_loop(job[at.BACKWARD], tail(job, at.COLUMN), 0, 0)
        for row in range(0, rows, LANES):
            exchange(tail(own, row), pitch, tail(line, row * POINT), POINT)
            exchange(tail(own, rows + row), pitch, tail(line, row * POINT + LANES), POINT)
    return 0


@inline
def write_row(here, tile, row, samples):
    # A row of responses, if the tile wants it; count those that are so small that they may be wrong.
    job, own, given = words_at(here), words_at(tile), words_at(words_at(here)[at.GIVEN])
    y, count = row // job[at.ROW_STEP], own[at.OUT_COLS]
    if row != y * job[at.ROW_STEP] or y >= own[at.OUT_ROWS]:
        return
    if own[at.TARGET_PITCH]:
        target = own[at.TARGET] + y * own[at.TARGET_PITCH]
        for x in range(0, count * job[at.PIXEL], 64):
            fetch_to_write(target + x)
    given[0], given[1] = samples, own[at.OUT] + y * count * job[at.CHANNELS] * job[at.SIZE]
    given[2] = own[at.LIMIT]
    given[3] = 1 if job[at.WHOLE] and numbers_at(tile)[at.LIMIT] == 0 else 0
    given[4], given[5], given[6] = job[at.UNIT], job[at.COL_STEP], job[at.CHANNELS]
    doubtful = call_loop(job[at.WRITER], given, count, job[at.GIVEN] + 16)
    own[at.DOUBTFUL] += doubtful
    words_at(own[at.DOUBTS])[y] = doubtful


@inline
def write(rows_of, n, here):
    # The responses of both tiles.
    job = words_at(here)
    first, second = here + 8 * at.FIRST, here + 8 * at.SECOND
    rows, cols = job[at.ROWS], job[at.COLS]
    line, plane = numbers_at(job[at.ROW]), numbers_at(job[at.PLANE])
    samples, pitch = numbers_at(job[at.SAMPLES]), cols + BESIDE
    made, other = words_at(first)[at.OUT_ROWS], words_at(second)[at.OUT_ROWS]
    made = made if made > other else other
    words_at(first)[at.DOUBTFUL], words_at(second)[at.DOUBTFUL] = 0, 0
    for row in range(0, (made - 1) * job[at.ROW_STEP] + 1, LANES):
        for x in range(cols):
            move(tail(line, x * POINT), LANES, tail(plane, x * (2 * rows + BESIDE) + row), rows)
        call_loop(job[at.BACKWARD], tail(job, at.ROW), 0, 0)
        for part in range(2):
            for x in range(0, cols, LANES):
                exchange(tail(samples, x), pitch, tail(line, x * POINT + part * LANES), POINT)
            for lane in range(LANES):
                write_row(here, second if part else first, row + lane, job[at.SAMPLES] + lane * pitch * 8)
    return 0


@inline
def pair(job, n, here):
    # The transforms of a pair, and its responses; return which of the tiles, 1 and 2, have samples for which
    # there is no bound: then there are no responses.
    numbers, found = numbers_at(here), numbers_at(here + 8 * at.FOUND)
    first, second = here + 8 * at.FIRST, here + 8 * at.SECOND
    one, two, error = 0.0, 0.0, 0.0
    for block in range(job[at.BLOCKS]):
        found[0], found[1] = 0.0, 0.0
        call_loop(job[at.ALONG_ROWS], job, block, here)
        one, two = one + found[0], two + found[1]
        error += numbers[at.ROUNDING] * numbers_at(job[at.NORMS])[block] * math.sqrt(found[0] + found[1])
        wrong = (0 if one < 1 / SMALLEST else 1) + (0 if two < 1 / SMALLEST else 2)
        if wrong:
            return wrong
        call_loop(job[at.ALONG_COLS], job, block, here)
    wrong = 1 if one <= SMALLEST and words_at(first)[at.READ_ROWS] > 0 else 0
    wrong += 2 if two <= SMALLEST and words_at(second)[at.READ_ROWS] > 0 else 0
    limit = 0.0 if job[at.WHOLE] and error < 0.25 else error * numbers[at.DOUBT]
    numbers_at(first)[at.LIMIT], numbers_at(second)[at.LIMIT], numbers[at.ERROR] = limit, limit, error
    if wrong == 0 and not job[at.MAKES_SPECTRUM]:
        call_loop(job[at.WRITE], job, 0, here)
    return wrong
