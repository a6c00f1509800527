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

from convpipe.compile.cpu import job as at
from convpipe.compile.cpu.addresses import placed, tail
from convpipe.compile.cpu.complexes import (
    LANES,
    POINT,
    accumulate,
    add_squares,
    assign,
    exchange,
    move,
    multiply,
)
from convpipe.compile.cpu.drive import call_loop
from convpipe.compile.cpu.rows import inline

BESIDE = 8
"""Numbers beside each row of a plane, so that its columns do not all fall on the same lines of a cache."""

SMALLEST = 2.0**-800
"""Sums of squares of samples are exact enough between this and its inverse."""

ROUNDS = 1.5 * 2.0**52
"""Added and taken away again it leaves an integer, of a number below 2**51."""

SUMS = 4
"""Sums of squares along a row: of every so many columns one, since each has to wait for the one before."""


@inline
def words_at(place):
    return placed(place, np.int64)


@inline
def numbers_at(place):
    return placed(place, np.float64)


@inline
def read_row(here, tile, row, left, to, count):
    # `count` samples of a row of a tile, from column `left` on, to an address; those that it has not are 0.
    job, own = words_at(here), words_at(tile)
    held = min(count, own[at.READ_COLS] - left) if row < own[at.READ_ROWS] else 0
    samples = numbers_at(to)
    if held > 0:
        source = words_at(own[at.ROW_LIST])[row]
        if source >= 0:
            given = words_at(job[at.GIVEN])
            given[0], given[1] = own[at.IMAGE] + source * own[at.PITCH], to
            given[2] = own[at.COL_LIST] + left * 8
            given[3] = own[at.COL_FIRST] + left if own[at.COL_FIRST] >= 0 else -1
            given[4] = job[at.CONSTANT]
            call_loop(job[at.LOADER], given, held, job[at.GIVEN] + 24)
        else:
            constant = numbers_at(here)[at.CONSTANT]
            for x in range(held):
                samples[x] = constant
    for x in range(max(held, 0), count):
        samples[x] = 0.0


@inline
def read_lines(here, tile, row, left, to):
    # LANES rows of a tile side by side: a part of as many points, from `to` on.
    job = words_at(here)
    cols = job[at.COLS]
    pitch = cols + BESIDE
    samples = numbers_at(job[at.SAMPLES])
    for lane in range(LANES):
        read_row(here, tile, row + lane, left, job[at.SAMPLES] + lane * pitch * 8, cols)
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
    held = max(words_at(first)[at.READ_ROWS], words_at(second)[at.READ_ROWS]) - top
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
def put_row(here, tile, samples, responses):
    # Write responses in their type; return how many are so small that they may be wrong.
    job, count = words_at(here), words_at(tile)[at.OUT_COLS]
    step, pitch = job[at.COL_STEP], job[at.CHANNELS]
    unit, limit, doubtful = numbers_at(here)[at.UNIT], numbers_at(tile)[at.LIMIT], 0
    if step == 1 and pitch == 1:
        for x in range(count):
            value = samples[x]
            responses[x] = value * unit
            doubtful += 0 if abs(value) >= limit else 1
    else:
        for x in range(count):
            value = samples[x * step]
            responses[x * pitch] = value * unit
            doubtful += 0 if abs(value) >= limit else 1
    return doubtful


@inline
def write_row(here, tile, row, samples):
    # A row of responses, if the tile wants it.
    job, own = words_at(here), words_at(tile)
    y = row // job[at.ROW_STEP]
    if row != y * job[at.ROW_STEP] or y >= own[at.OUT_ROWS]:
        return
    if job[at.WHOLE] and numbers_at(tile)[at.LIMIT] == 0:
        for x in range((own[at.OUT_COLS] - 1) * job[at.COL_STEP] + 1):
            samples[x] = (samples[x] + ROUNDS) - ROUNDS
    out = own[at.OUT] + y * own[at.OUT_COLS] * job[at.CHANNELS] * job[at.SIZE]
    if job[at.SIZE] == 4:
        own[at.DOUBTFUL] += put_row(here, tile, samples, placed(out, np.float32))
    else:
        own[at.DOUBTFUL] += put_row(here, tile, samples, numbers_at(out))


@inline
def write(rows_of, n, here):
    # The responses of both tiles.
    job = words_at(here)
    first, second = here + 8 * at.FIRST, here + 8 * at.SECOND
    rows, cols = job[at.ROWS], job[at.COLS]
    line, plane = numbers_at(job[at.ROW]), numbers_at(job[at.PLANE])
    samples, pitch = numbers_at(job[at.SAMPLES]), cols + BESIDE
    made = max(words_at(first)[at.OUT_ROWS], words_at(second)[at.OUT_ROWS])
    words_at(first)[at.DOUBTFUL], words_at(second)[at.DOUBTFUL] = 0, 0
    for row in range(0, min((made - 1) * job[at.ROW_STEP] + 1, rows), LANES):
        for x in range(cols):
            move(tail(line, x * POINT), LANES, tail(plane, x * (2 * rows + BESIDE) + row), rows)
        call_loop(job[at.BACKWARD], tail(job, at.ROW), 0, 0)
        for part in range(2):
            for x in range(0, cols, LANES):
                exchange(tail(samples, x), pitch, tail(line, x * POINT + part * LANES), POINT)
            for lane in range(LANES):
                write_row(here, second if part else first, row + lane, tail(samples, lane * pitch))
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
