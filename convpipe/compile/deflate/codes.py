"""Huffman codes of a block of deflate, and the head of the block that says them (RFC 1951, 3.2.2 and 3.2.7).

Sources: A. Moffat and J. Katajainen, "In-place calculation of minimum-redundancy codes", WADS 1995. Codes
that are too long are shortened as in miniz: each such is paid for by a shorter one that becomes longer.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc"
# ruff: noqa: D103 - compiled functions

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

SYMBOLS = 286
"""Bytes, the end of a block, and lengths of runs."""

LONGEST = 14
"""Bits of a code. Deflate has up to 15; without these, 16 symbols are left to say lengths, of 4 bits each."""

FLAGS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}

inline = njit(inline="always", **FLAGS)
"""Decorator of a function that is put into its caller before types are found. Where that has the most to
compile, it is compiled once so, and not again for every function around it."""

_INNER = {**FLAGS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}

called = njit(**_INNER)
"""Decorator of any other that nobody calls from Python."""


@called
def sort_used(counts, keys):
    # The symbols that occur, rarest first, as count << 9 | symbol; return how many. A shell sort.
    used = 0
    for symbol in range(SYMBOLS):
        if counts[symbol]:
            keys[used] = counts[symbol] << 9 | symbol
            used += 1
    gap = 121
    while gap:
        for i in range(gap, used):
            key, j = keys[i], i
            while j >= gap and keys[j - gap] > key:
                keys[j] = keys[j - gap]
                j -= gap
            keys[j] = key
        gap //= 3
    return used


@called
def find_depths(a, n):
    # Counts that rise, n of them, at least 2, become the lengths of their codes, which fall.
    root, leaf = 0, 2
    a[0] += a[1]
    for k in range(1, n - 1):
        total = 0
        for _ in range(2):
            if leaf >= n or (root < k and a[root] < a[leaf]):
                total += a[root]
                a[root] = k
                root += 1
            else:
                total += a[leaf]
                leaf += 1
        a[k] = total
    a[n - 2] = 0
    for k in range(n - 3, -1, -1):
        a[k] = a[a[k]] + 1
    free, depth, root, k = 1, 0, n - 2, n - 1
    while free > 0:
        inner = 0
        while root >= 0 and a[root] == depth:
            inner += 1
            root -= 1
        while free > inner:
            a[k] = depth
            k -= 1
            free -= 1
        free, depth = 2 * inner, depth + 1


@called
def shorten(per_length):
    # Of how many codes there are of each length, none longer than LONGEST, and all of them a complete code.
    for length in range(LONGEST + 1, len(per_length)):
        per_length[LONGEST] += per_length[length]
    taken = 0
    for length in range(1, LONGEST + 1):
        taken += per_length[length] << (LONGEST - length)
    while taken > 1 << LONGEST:
        per_length[LONGEST] -= 1
        length = LONGEST - 1
        while not per_length[length]:
            length -= 1
        per_length[length] -= 1
        per_length[length + 1] += 2
        taken -= 1


@inline
def make_codes(counts, lengths, codes):
    # The lengths of the codes of the symbols that occur, at least two, and the codes, first bit lowest.
    keys = np.empty(SYMBOLS, np.int64)
    used = sort_used(counts, keys)
    depths = np.empty(SYMBOLS, np.int64)
    for k in range(used):
        depths[k] = keys[k] >> 9
    find_depths(depths, used)
    per_length = np.zeros(SYMBOLS, np.int64)
    for k in range(used):
        per_length[depths[k]] += 1
    shorten(per_length)
    lengths[:] = 0
    k = 0
    for length in range(LONGEST, 0, -1):
        for _ in range(per_length[length]):
            lengths[keys[k] & 511] = length
            k += 1
    following = np.zeros(LONGEST + 2, np.int64)
    for length in range(1, LONGEST + 1):
        following[length + 1] = (following[length] + per_length[length]) << 1
    for symbol in range(SYMBOLS):
        length, code, turned = lengths[symbol], following[lengths[symbol]], 0
        following[length] += 1
        for _ in range(length):
            turned, code = turned << 1 | code & 1, code >> 1
        codes[symbol] = turned
