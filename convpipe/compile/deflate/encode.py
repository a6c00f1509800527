"""Rows of a PNG, filtered and deflated: the average filter on all of them, bytes and runs of one byte.

Photographs, and what filters make of them, have few repeated strings, so nearly all that deflate can do for
them is to give frequent bytes short codes. zlib takes 5 ns a byte for that. Here a block is counted, coded
and written in about 1.4: several codes go into a word before any of it is stored.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc, assignment"
# ruff: noqa: D103 - compiled functions

from __future__ import annotations

import numpy as np
from numba import njit, types

from convpipe.compile.deflate.codes import FLAGS, LONGEST, SYMBOLS, called, inline, make_codes

BLOCK = 65_528
"""Bytes of a block, at most: whole words, and what a block can store as they are."""

END = 256
AVERAGE = 3
LONGEST_RUN = 256
"""Bytes; runs are of whole words."""

TABLES = 4
"""Of counts, so that two equal bytes side by side do not wait for each other."""

ROOM = 288
"""Of a table of symbols."""

MODULUS = 65_521
"""Of Adler-32."""

ADDED = 4096
"""Bytes whose sums, weighted, fit into 32 bits."""

STATE = 3
BITS, COUNT, PLACE = range(STATE)
"""What goes on from block to block: bits that are not written yet, how many, and words that are."""

HEAD = np.array([(SYMBOLS - 257, 5), (0, 5), (14, 4), (0, 3), (0, 3), *[(4, 3)] * 16])
"""Of a block, with the bits of each: how many symbols, one distance, and of 16, 17, 18, 0, 8, 7, ... 1 how
long the codes are that say lengths. 16 have 4 bits, so that of these no code has to be made."""

ROWS = types.Array(types.uint8, 2, "C", readonly=True)
OUT = types.Array(types.uint32, 1, "C")
DEFLATE = (ROWS, types.int64, OUT)


@called
def filter_row(rows, y, pixel, out, at):
    # The filter's number, and what each byte is more than the mean of that to the left and that above.
    out[at] = AVERAGE
    at += 1
    size, there = rows.shape[1], 255 if y else 0
    row, above = rows[y], rows[max(y - 1, 0)]
    for x in range(min(pixel, size)):
        out[at + x] = row[x] - ((above[x] & there) >> 1)
    left, row, above, to = row[: size - pixel], row[pixel:], above[pixel:], out[at + pixel : at + size]
    for x in range(len(to)):
        up = above[x] & there
        to[x] = row[x] - ((left[x] & up) + ((left[x] ^ up) >> 1))


@called
def add_up(data, size, checksum):
    # Adler-32 (RFC 1950).
    low, high = checksum & 0xFFFF, checksum >> 16
    for begin in range(0, size, ADDED):
        end = min(size, begin + ADDED)
        total, weighted, left = np.uint32(0), np.uint32(0), np.uint32(end - begin)
        for i in range(begin, end):
            total += np.uint32(data[i])
            weighted += np.uint32(data[i]) * left
            left -= np.uint32(1)
        high = (high + (end - begin) * low + np.int64(weighted)) % MODULUS
        low = (low + np.int64(total)) % MODULUS
    return high << 16 | low


@called
def run_at(words, i, last):
    # How many words from the i-th on repeat the byte before them, up to the longest run.
    if i == 0:
        return 0
    word = (words[i - 1] >> np.uint64(56)) * np.uint64(0x0101010101010101)
    end = min(last, i + LONGEST_RUN // 8)
    j = i
    while j < end and words[j] == word:
        j += 1
    return j - i


@called
def length_code(run):
    # The symbol of a run's length, how many bits follow it, and these (RFC 1951, 3.2.5).
    extra, rest = 0, run - 3
    while rest >> extra >= 8:
        extra += 1
    return 257 + 4 * extra + (rest >> extra), extra, rest & ((1 << extra) - 1)


@called
def count_symbols(block, counts):
    # Return how many bits follow codes: of lengths, and of distances, which are all 1.
    data, words, begin, end = block
    tables = np.zeros((TABLES, ROOM), np.int64)
    tables[0, END] = 1
    bits, i, last = 0, begin >> 3, end >> 3
    while i < last:
        word = words[i]
        run = run_at(words, i, last)
        if run:
            symbol, extra, _ = length_code(8 * run)
            tables[0, symbol] += 1
            bits += extra + 1
            i += run
        else:
            for k in range(8):
                tables[k % TABLES, (word >> np.uint64(8 * k)) & np.uint64(255)] += 1
            i += 1
    for k in range(last << 3, end):
        tables[0, data[k]] += 1
    for symbol in range(SYMBOLS):
        counts[symbol] = tables[0, symbol] + tables[1, symbol] + tables[2, symbol] + tables[3, symbol]
    return bits


@called
def put(to, value, count):
    # Up to 32 bits.
    state, out = to
    waiting = state[COUNT] + count
    bits = state[BITS] | value << state[COUNT]
    if waiting >= 32:
        out[state[PLACE]] = bits & 0xFFFFFFFF
        state[PLACE] += 1
        bits >>= 32
        waiting -= 32
    state[BITS], state[COUNT] = bits, waiting


@called
def put_head(to, lengths):
    # Lengths of codes: 16 symbols of 4 bits, so that of these no code has to be made.
    for k in range(len(HEAD)):
        put(to, HEAD[k, 0], HEAD[k, 1])
    symbol = 0
    while symbol <= SYMBOLS:
        zeros = 0
        while symbol + zeros < SYMBOLS and lengths[symbol + zeros] == 0 and zeros < 138:
            zeros += 1
        rank = 1 if symbol == SYMBOLS else lengths[symbol]
        rank = LONGEST + 1 if zeros >= 11 else rank
        put(to, (rank & 1) << 3 | (rank & 2) << 1 | (rank & 4) >> 1 | rank >> 3, np.int64(4))
        if zeros >= 11:
            put(to, zeros - 11, np.int64(7))
            symbol += zeros
        else:
            symbol += 1


@called
def put_symbols(to, block, lengths, codes):
    # Bytes two by two: their codes fit into a word beside 31 bits that wait. What is full is stored, and what
    # is not is stored over.
    (state, out), (data, words, begin, end) = to, block
    bits, count, place = np.uint64(state[BITS]), np.uint64(state[COUNT]), np.uint64(state[PLACE])
    packed = np.empty(ROOM, np.uint64)
    for symbol in range(SYMBOLS):
        packed[symbol] = codes[symbol] << 4 | lengths[symbol]
    four, low = np.uint64(4), np.uint64(15)
    i, last = begin >> 3, end >> 3
    while i < last:
        word = words[i]
        run = run_at(words, i, last)
        if run:
            symbol, extra, rest = length_code(8 * run)
            bits |= np.uint64(codes[symbol] | rest << lengths[symbol]) << count
            count += np.uint64(lengths[symbol] + extra + 1)  # and a 0, the code of distance 1
            i += run
            out[place] = bits & np.uint64(0xFFFFFFFF)
            full = count >> np.uint64(5)
            place += full
            bits >>= full << np.uint64(5)
            count &= np.uint64(31)
        else:
            for _ in range(4):
                one, other = packed[word & np.uint64(255)], packed[(word >> np.uint64(8)) & np.uint64(255)]
                word >>= np.uint64(16)
                bits |= (one >> four) << count
                count += one & low
                bits |= (other >> four) << count
                count += other & low
                out[place] = bits & np.uint64(0xFFFFFFFF)
                full = count >> np.uint64(5)
                place += full
                bits >>= full << np.uint64(5)
                count &= np.uint64(31)
            i += 1
    state[BITS], state[COUNT], state[PLACE] = np.int64(bits), np.int64(count), np.int64(place)
    for k in range(last << 3, end + 1):
        symbol = np.int64(data[k]) if k < end else np.int64(END)
        put(to, codes[symbol], lengths[symbol])


@inline
def put_block(to, block, last):
    # As codes, or as it is where that is shorter.
    data, _, begin, end = block
    counts, lengths = np.empty(SYMBOLS, np.int64), np.empty(SYMBOLS, np.int64)
    codes = np.empty(SYMBOLS, np.int64)
    bits = count_symbols(block, counts)
    make_codes(counts, lengths, codes)
    for symbol in range(SYMBOLS):
        bits += counts[symbol] * lengths[symbol]
    if bits < 8 * (end - begin):
        put(to, 4 | last, np.int64(3))
        put_head(to, lengths)
        put_symbols(to, block, lengths, codes)
        return
    put(to, last, np.int64(3))
    put(to, np.int64(0), -to[0][COUNT] & 7)
    put(to, end - begin, np.int64(16))
    put(to, end - begin ^ 0xFFFF, np.int64(16))
    for k in range(begin, end):
        put(to, np.int64(data[k]), np.int64(8))


@njit(**FLAGS)
def deflate_rows(rows, pixel, out):
    # Filter and deflate rows of bytes, `pixel` bytes a pixel; return the bytes of the zlib stream in `out`.
    size = rows.shape[1] + 1
    group = max(1, BLOCK // size)
    words = np.empty((group * size + 7) // 8, np.uint64)
    data = words.view(np.uint8)
    state = np.zeros(STATE, np.int64)
    to = state, out
    put(to, np.int64(0x0178), np.int64(16))
    checksum = np.int64(1)
    for first in range(0, len(rows), group):
        last = min(len(rows), first + group)
        for y in range(first, last):
            filter_row(rows, y, pixel, data, (y - first) * size)
        end = (last - first) * size
        checksum = add_up(data, end, checksum)
        for begin in range(0, end, BLOCK):
            final = last == len(rows) and begin + BLOCK >= end
            put_block(to, (data, words, begin, min(end, begin + BLOCK)), np.int64(final))
    put(to, np.int64(0), -to[0][COUNT] & 7)
    for shift in (24, 16, 8, 0):
        put(to, checksum >> shift & 255, np.int64(8))
    written = 4 * state[PLACE] + (state[COUNT] >> 3)
    put(to, np.int64(0), np.int64(31))  # what is left
    return written
