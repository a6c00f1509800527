"""Pairs of tiles one after the other: responses to a template, over how much each window varies.

Sums over windows, of samples and of their squares, are made of samples in them alone. Down the rows they are
of the rows up to one in every so many as the template has, and of those from it on (M. van Herk, "A fast
algorithm for local minimum and maximum filters", 1992); along a row they are of 1, 2, 4, ... neighbours. So
what is rounded off is a share of what lies in a window. Where that, or what transforms round off, could be
seen in a score, it is computed again, in two passes over its window.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg, var-annotated"
# ruff: noqa: D103 - compiled functions

from __future__ import annotations

import math

import numpy as np

from convpipe.compile.cpu.compiled.addresses import row_at, tail
from convpipe.compile.cpu.compiled.drive import call_loop
from convpipe.compile.cpu.compiled.fourier.pairs import numbers_at, words_at
from convpipe.compile.cpu.compiled.fourier.tiling import put_tile, transform
from convpipe.compile.cpu.compiled.rows import inline, where
from convpipe.compile.cpu.fourier import job as at
from convpipe.compile.cpu.fourier.match_job import (
    ABOVE,
    BELOW,
    CARE,
    CHANNELS,
    ERROR,
    INVERSE,
    IS_READ,
    LEAST,
    LINE,
    NORM,
    NORMS,
    PITCH,
    ROOM,
    SIZE,
    SPARE,
    SPECTRA,
    SPECTRUM_BYTES,
    SURE,
    TAPS,
    TOLERANCE,
    TOTAL,
    WINDOW,
)


@inline
def respond(job, here, first, second, lone):
    # The responses to a pair of cuts, or to the first alone: all channels, onto each other.
    told, error = words_at(job[at.MATCH]), 0.0
    for channel in range(told[CHANNELS]):
        job[at.SPECTRA] = told[SPECTRA] + channel * told[SPECTRUM_BYTES]
        job[at.NORMS] = told[NORMS] + channel * job[at.BLOCKS] * 8
        to = job[at.RESPONSES] if channel == 0 else told[ROOM]
        left = transform(job, here, (first, second), channel, to, 2 if lone else 0)
        if left < 3:
            error += numbers_at(here)[at.ERROR]
        for part in range(1 if lone else 2):
            cut, beyond = second if part else first, part * job[at.RESPONSE_BYTES]
            total, own = numbers_at(job[at.RESPONSES] + beyond), numbers_at(to + beyond)
            put_channel(total, own, cut[at.OUT_ROWS] * cut[at.OUT_COLS], left & (1 + part), channel)
    numbers_at(job[at.MATCH])[ERROR] = error


@inline
def put_channel(total, own, count, is_dark, channel):
    # Add the responses of a channel to those before it: 0 of a tile that has nothing else.
    if is_dark and channel == 0:
        for k in range(count):
            total[k] = 0.0
    if channel > 0 and not is_dark:
        for k in range(count):
            total[k] += own[k]


@inline
def read(job, here, cut, row, channel, to):
    # A row of a channel of a cut, as numbers.
    tile, wanted = here + 8 * at.FIRST, words_at(job[at.WANTED])
    put_tile(job, tile, cut, channel, 0)
    wanted[0], wanted[1], wanted[2], wanted[3] = tile, row, 0, to
    call_loop(job[at.READ_ROW], wanted, cut[at.READ_COLS], here)


@inline
def add_row(job, here, cut, row, before, after):
    # Sums and squares with those of a row, all of its channels.
    told = words_at(job[at.MATCH])
    line, pitch = numbers_at(told[LINE]), told[PITCH]
    for channel in range(told[CHANNELS]):
        read(job, here, cut, row, channel, told[LINE])
        sums, squares = before if channel == 0 else after, tail(before if channel == 0 else after, pitch)
        to, more = after, tail(after, pitch)
        for x in range(cut[at.READ_COLS]):
            to[x] = sums[x] + line[x]
        for x in range(cut[at.READ_COLS]):
            more[x] = squares[x] + line[x] * line[x]


@inline
def along(line, spare, total, count, taps):
    # The sum of so many neighbours from each number on.
    width, at_ = 1, 0
    while True:
        if taps & width:
            if at_ == 0:
                for x in range(count - width + 1):
                    total[x] = line[x]
            else:
                for x in range(count - at_ - width + 1):
                    total[x] += line[at_ + x]
            at_ += width
        if 2 * width > taps:
            return
        for x in range(count - 2 * width + 1):
            spare[x] = line[x] + line[x + width]
        line, spare, width = spare, line, 2 * width


@inline
def spread(total, square, known):
    # How far a window and the template vary, 0 of one that is flat; and whether a score by that is sure.
    norm, inverse, least, sure, apart = known
    variance = square - total * total * inverse
    varies = variance > least * square
    root = math.sqrt(where(varies, variance, 0.0) * norm)
    return root, (not varies) | ((variance >= sure * square) & (root >= apart))


@inline
def clipped(value):
    return where(value > 1.0, 1.0, where(value < -1.0, -1.0, value))


@inline
def score(job, here, cut, row, responses):
    # The scores of a row of windows.
    told, given, count = words_at(job[at.MATCH]), numbers_at(job[at.MATCH]), cut[at.OUT_COLS]
    sums, squares = numbers_at(told[TOTAL]), tail(numbers_at(told[TOTAL]), told[PITCH])
    known = given[NORM], given[INVERSE], given[LEAST], given[SURE], given[ERROR] / given[TOLERANCE]
    scores, doubtful = numbers_at(told[SPARE]), 0
    for x in range(count):
        root, is_sure = spread(sums[x], squares[x], known)
        varies = root > 0.0
        found = clipped(responses[row * count + x] / where(varies, root, 1.0))
        scores[x] = where(varies, found, 0.0)
        doubtful += 0 if is_sure else 1
    if doubtful > 0:
        read_all(job, here, cut)
        for x in range(count):
            if not spread(sums[x], squares[x], known)[1]:
                scores[x] = in_two_passes(job, cut, row, x)
    to = job[at.RESULT] + (cut[at.TOP] + row) * job[at.RESULT_PITCH] + cut[at.LEFT] * job[at.PIXEL]
    if told[SIZE] == 4:
        put(scores, row_at(to, np.float32), count, job[at.PIXEL] // 4)
    else:
        put(scores, numbers_at(to), count, job[at.PIXEL] // 8)


@inline
def put(scores, to, count, step):
    if step == 1:
        for x in range(count):
            to[x] = scores[x]
    else:
        for x in range(count):
            to[x * step] = scores[x]


@inline
def read_all(job, here, cut):
    # All samples of a cut, once.
    told = words_at(job[at.MATCH])
    if told[IS_READ]:
        return
    for channel in range(told[CHANNELS]):
        for row in range(cut[at.READ_ROWS]):
            place = told[CARE] + (channel * cut[at.READ_ROWS] + row) * cut[at.READ_COLS] * 8
            read(job, here, cut, row, channel, place)
    told[IS_READ] = 1


@inline
def in_two_passes(job, cut, top, left):
    # The score of a window, by how far its samples are from their mean.
    told, given = words_at(job[at.MATCH]), numbers_at(job[at.MATCH])
    samples, taps = numbers_at(told[CARE]), numbers_at(told[TAPS])
    rows, cols, pitch = job[at.TAP_ROWS], job[at.TAP_COLS], cut[at.READ_COLS]
    planes = rows * told[CHANNELS]
    middle, likeness, squares = 0.0, 0.0, 0.0
    for again in range(2):
        for k in range(planes):
            channel, row = k // rows, k % rows
            begin = (channel * cut[at.READ_ROWS] + top + row) * pitch + left
            for x in range(cols):
                v = samples[begin + x] - middle
                squares += v if again == 0 else v * v
                likeness += taps[k * cols + x] * v
        if again == 0:
            middle, likeness, squares = squares * given[INVERSE], 0.0, 0.0
    if squares == 0.0:
        return 0.0
    return clipped(likeness / math.sqrt(squares * given[NORM]))


@inline
def finish(job, here, cut, responses):
    # Sums over the windows of a cut, and their scores.
    told, rows = words_at(job[at.MATCH]), cut[at.OUT_ROWS]
    taps, pitch, below = job[at.TAP_ROWS], told[PITCH], numbers_at(told[BELOW])
    above, window, total = numbers_at(told[ABOVE]), numbers_at(told[WINDOW]), numbers_at(told[TOTAL])
    told[IS_READ] = 0
    for top in range(0, rows, taps):
        for x in range(2 * pitch):
            above[taps * 2 * pitch + x], below[x] = 0.0, 0.0
        for k in range(taps - 1, -1, -1):
            add_row(job, here, cut, top + k, tail(above, (k + 1) * 2 * pitch), tail(above, k * 2 * pitch))
        for k in range(min(taps, rows - top)):
            if k > 0:
                add_row(job, here, cut, top + taps + k - 1, below, below)
            own = tail(above, k * 2 * pitch)
            for x in range(2 * pitch):
                window[x] = own[x] + below[x]
            along(window, numbers_at(told[SPARE]), total, 2 * pitch, job[at.TAP_COLS])
            score(job, here, cut, top + k, responses)


@inline
def sweep(tables, image, out, others, parameters, first, last):
    # Pairs first..last of the cuts, called as `tiling.sweep`.
    jobs, which = words_at(parameters), 0
    while jobs[which] != first:
        which += 2
    here = jobs[which + 1]
    job = words_at(here)
    for k in range(first, last):
        lone = 2 * k + 1 == job[at.CUT_COUNT]
        place = job[at.CUTS] + 16 * at.CUT_WORDS * k
        one, two = words_at(place), words_at(place + (0 if lone else 8 * at.CUT_WORDS))
        respond(job, here, one, two, lone)
        finish(job, here, one, numbers_at(job[at.RESPONSES]))
        if not lone:
            finish(job, here, two, numbers_at(job[at.RESPONSES] + job[at.RESPONSE_BYTES]))
    return 0
