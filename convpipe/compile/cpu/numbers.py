"""Numbers of an image of bytes, found of its counts in a loop, and put among the parameters of others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from convpipe.compile.cpu.executable import Fused
from convpipe.compile.cpu.in_turn import Call, Place, Word
from convpipe.statistics import Cumulative, Measured

VALUES = 256
"""Of bytes."""

_LOOP = """\
import numpy as np

from convpipe.compile.cpu.compiled.addresses import row_at
from convpipe.compile.cpu.compiled.rows import inline
from {module} import {function}

of_counts = inline({function})
T = np.{dtype}


@inline
def find(words, image, out, others, parameters, first, last):
    # Words: how many tables of counts are at `image`; how many bytes of parameters are at `parameters`, to
    # be copied to `out`; how many numbers are found; the address of what is told, and how many that are; and
    # then where numbers go, from which on, and how many.
    counts, table = np.zeros(256, np.int64), row_at(image, np.uint32)
    for k in range(words[0]):
        for value in range(256):
            counts[value] += table[256 * k + value]
    low, high = 0, 255
    while low < 255 and counts[low] == 0:
        low += 1
    while high > low and counts[high] == 0:
        high -= 1
    given, to = row_at(parameters, np.uint8), row_at(out, np.uint8)
    for k in range(words[1]):
        to[k] = given[k]
    numbers, told, own = np.empty(words[2]), np.empty(words[4]), row_at(words[3], np.float64)
    for k in range(words[4]):
        told[k] = own[k]
    told[0] = low
    of_counts(counts[low : high + 1], np.arange(np.float64(low), np.float64(high + 1)), told, numbers)
    for k in range(5, len(words), 3):
        row = row_at(out + words[k], T)
        for n in range(words[k + 2]):
            row[n] = T(numbers[words[k + 1] + n])
    return 0
"""


def has_loop(statistics: Sequence[Measured]) -> bool:
    """Tell whether a loop finds these numbers of an image of bytes."""
    (one, *others) = statistics
    is_narrow = isinstance(one, Cumulative) and (type(one) is not Cumulative or one.entries < VALUES)
    return not (others or is_narrow or one.loop is None or one.channel is not None)


def call_of_numbers(
    statistics: Sequence[Measured], fused: Fused, counts: Place, tables: int, parameters: Place
) -> Call:
    """Return what finds the numbers.

    Parameters
    ----------
    statistics : sequence of Statistic or Cumulative
        For which :func:`has_loop` holds.
    fused : Fused
        Whose parameters they are.
    counts : Place
    tables : int
        Of counts, one after the other.
    parameters : Place
        Where they go.
    """
    loop, table, as_they_are = statistics[0].loop, fused.table, fused.parameters
    assert loop is not None
    names = {"module": loop.function.__module__, "function": loop.function.__name__}
    source = _LOOP.format(**names, dtype=fused.program.compute)
    places = [word for at, first, many in table.measured for word in (at, first, many)]
    told = np.array([0.0, 1.0, *loop.told])
    words: list[Word] = [tables, as_they_are.nbytes, loop.size, told, len(told), *places]
    return Call((source, "find"), words, 1, 1, counts, parameters, as_they_are)
