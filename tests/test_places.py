"""Where rows lie in their pages, and which bytes a strip asks for ahead, as the driver has it."""

import interpreted
import numpy as np
import pytest

from convpipe import stage
from convpipe.compile.cpu import layout
from convpipe.compile.cpu.graphs import compile_plan
from convpipe.memory import PAGE
from convpipe.plan import make_plan, rings
from convpipe.plan.rings import STAGGER, staggered

OUTER = (np.outer(range(1, 6), [1, -2, 3, 2, 1]) + np.outer([1, 2, 3, 4, 1], [2, 1, 1, 5, 1])).tolist()
"""Of rank 2: sums over columns go to two rows, and are read from there."""


def driven(kernel, shape, dtype, shift=0, times=1):
    """Drive a kernel, so many times, over an image that begins `shift` bytes into a page.

    Return the address of the image, the rows of it and of the band that each loop is called with,
    and the places asked for.
    """
    run = compile_plan(make_plan([stage("custom", "k", kernel=kernel)] * times, shape, dtype=dtype))
    memory, table, given, asked = interpreted.Memory(), run.table, [], []
    nbytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
    block = memory.add(np.zeros(nbytes + 2 * PAGE, np.uint8))
    at = interpreted.address(block) + -interpreted.address(block) % PAGE + shift
    out, parameters = memory.add(run.outcome.picture.empty()), memory.add(table.parameters)
    words = table.with_loops([interpreted.FIRST_LOOP + k for k in range(len(table.loops))])

    def recorder(loop):
        places = next(len(step.places) for steps in table.steps for step in steps if step.loop == loop)

        def record(rows, count, parameters):
            own = next(first for first, flat, *_ in memory.arrays if len(flat) == words[layout.MEMORY])
            found = [int(rows[k]) for k in range(places)]
            given.append(
                [row for row in found if 0 <= row - own < words[layout.MEMORY] or 0 <= row - at < nbytes]
            )
            return 0

        return record

    driver = interpreted.band(memory, [recorder(loop) for loop in table.loops])
    driver.__globals__["fetch"] = asked.append
    numbers = [interpreted.address(out), np.empty(0, np.int64), interpreted.address(parameters)]
    driver(words, at, *numbers, 0, shape[0])
    return at, given, asked


def places(at, given, nbytes):
    """Return, of each call that reads rows of the image, how far in a page its other rows lie from these."""
    for rows in given:
        read = [row for row in rows if at <= row < at + nbytes]
        if read:
            yield [(row - read[0]) % PAGE for row in rows if row not in read]


@pytest.mark.parametrize("shift", [0, 16, 1040, 3000])
def test_rows_that_are_written_lie_far_from_rows_of_an_image_in_their_pages(shift):
    at, given, _ = driven(OUTER, (12, 1024), "float32", shift)
    apart_by = [place for call in places(at, given, 12 * 4096) for place in call]
    assert len(apart_by) >= 12
    assert all(1024 <= place <= PAGE - 1024 for place in apart_by)


@pytest.mark.parametrize("narrowest", [5, 1 << 20])
def test_the_memory_of_a_band_begins_with_a_line_of_the_caches(monkeypatch, narrowest):
    monkeypatch.setattr(rings, "NARROWEST", narrowest)
    monkeypatch.setattr(rings, "CACHE", 1)
    run = compile_plan(make_plan([stage("blur", "gaussian", sigma=2)], (40, 1100), dtype="float32"))
    words, strips = run.table.words, run.table.words[layout.STRIPS]
    places = words[words[layout.STRIP] + layout.STAGGER :: words[layout.STRIP_WORDS]][:strips]
    assert (strips > 1) == (narrowest == 5)
    assert not (places % 64).any()


def test_rows_that_are_written_faster_than_an_image_is_read_lie_anywhere():
    seen = [
        max((row - at) % PAGE for row in given[0])
        for shift in (0, 512, 1024)
        for at, given, _ in [driven(OUTER, (12, 4096), "uint8", shift, times=2)]
    ]
    assert len(set(seen)) > 1


def test_a_strip_asks_for_the_rows_that_come_next(monkeypatch):
    monkeypatch.setattr(rings, "NARROWEST", 300)
    monkeypatch.setattr(rings, "CACHE", 1)
    at, _, asked = driven(OUTER, (20, 900), "float32")
    rows, cols = np.divmod(np.array(asked) - at, 3600)
    assert {*range(7, 20)} <= {*rows}  # the first windows read those before
    strips = [{*cols[rows == row]} for row in range(7, 20)]
    assert all(strip == strips[0] for strip in strips)
    read = [(0, 302 * 4), (298 * 4, 602 * 4), (598 * 4, 900 * 4)]
    assert strips[0] == {place for begin, end in read for place in range(begin, end, 64)}


def test_whole_rows_are_foreseen():
    assert driven(OUTER, (20, 900), "float32")[2] == []


def test_rows_used_together_keep_apart_in_their_pages():
    found = []
    for _ in range(9):
        found.append(staggered(0, 4000, found))
    for number, row in enumerate(found):
        for other in found[max(0, number - 3) : number]:
            assert STAGGER <= (row - other) % PAGE <= PAGE - STAGGER
    assert staggered(4000, 4000, [64]) == 4096 + 64 + STAGGER
    assert staggered(4000, PAGE // 2 - 1, [0]) == 4032
