"""Loops that run one after the other by one call: where they find what they are told, and what they count."""

import numpy as np
import pytest

from convpipe.compile.cpu.in_turn import IMAGE, RESULT, ROOM, Call, InTurn

LOOPS = """\
import numpy as np

from convpipe.compile.cpu.compiled.addresses import row_at
from convpipe.compile.cpu.compiled.rows import inline


@inline
def double(words, image, out, others, parameters, first, last):
    s, d, n = row_at(image, np.uint8), row_at(out, np.int64), words[0]
    for unit in range(first, last):
        for k in range(unit * n, unit * n + n):
            d[k] = 2 * np.int64(s[k])
    return last - first


@inline
def pick(words, image, out, others, parameters, first, last):
    s, d, given = row_at(words[0], np.int64), row_at(words[1], np.uint8), row_at(words[2], np.int64)
    d[0] = np.uint8(s[0] + given[1] + row_at(parameters, np.uint8)[0])
    return 100
"""


@pytest.mark.parametrize("threads", [1, 2])
def test_addresses_are_those_of_the_call(threads):
    """The same loops, over other images, results and room; what one writes there another reads."""
    picked = (ROOM + 8 * 5, RESULT + 3, np.array([0, 9]))
    loops = InTurn(
        [
            Call((LOOPS, "double"), (2,), 4, threads, IMAGE, ROOM),
            Call((LOOPS, "pick"), picked, parameters=IMAGE + 1),
        ]
    )
    for first in (1, 20):
        image, room = np.arange(first, first + 8, dtype=np.uint8)[None], np.zeros(64, np.uint8)
        result = np.zeros((1, 4), np.uint8)
        assert loops(image, result, room) == 104
        np.testing.assert_array_equal(room.view(np.int64), 2 * image[0].astype(int))
        assert result.tolist() == [[0, 0, 0, 2 * (first + 5) + 9 + first + 1]]
