"""Taps as they are: all of a rectangle in blocks of outputs, or some of them at a time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from convpipe.compile.common.banks import Bank, Dense
from convpipe.compile.cpu import loops
from convpipe.compile.cpu.blocks import HEAD, block_of
from convpipe.compile.cpu.shapes.part import Geometry, Part
from convpipe.compile.cpu.shapes.sums import PASS_TAPS, weighted
from convpipe.compile.cpu.steps import Frame, Sample

FEWEST_TAPS = 10
"""From so many taps on outputs are summed in blocks: nine of 3x3 written out take 0.7 of the time for uint8,
and the same for float32, which waits for memory; sixteen of 4x4 take 1.2 and 1.5 times as long."""


def parts(bank: Dense, frame: Frame, given: Geometry) -> list[Part]:
    """Add the steps of a bank to `frame`; return what is left, for each row that is made."""
    if _in_blocks(bank, given):
        return _blocks(bank, frame, given)
    return [_part(bank, frame, given, row) for row in range(frame.rows)]


def _in_blocks(bank: Bank, given: Geometry) -> bool:
    """Tell whether outputs of several rows and columns are summed at once: under a rectangle of taps."""
    rectangle = isinstance(bank, Dense) and len(bank.taps) >= FEWEST_TAPS and bank.is_rectangle
    return rectangle and given.stride[1] == 1 and not bank.sums.weighted


def _blocks(bank: Dense, frame: Frame, given: Geometry) -> list[Part]:
    """Sum all taps; nothing is left."""
    rows, sums = frame.given[0], bank.sums.dtype
    count, height, width = frame.cols * rows.channels, len(bank.rows), len(bank.cols)
    targets = [frame.out(k) if given.stores else frame.scratch(count, sums) for k in range(frame.rows)]
    at_once = frame.rows
    while (at_once - 1) * given.stride[0] >= height:  # no row of samples is under all windows
        at_once //= 2
    block = block_of(at_once, given.stride[0], sums)
    numbers = np.zeros(HEAD, np.int64)
    numbers[:3] = height, width, given.dilation[1] * rows.channels
    weights = bank.values(given.compute).astype(sums).reshape(height, width).T
    parameters = np.frombuffer(numbers.tobytes() + weights.tobytes(), np.uint8)
    for first in range(0, frame.rows, at_once):
        top = given.lead + first * given.stride[0] + bank.rows[0]
        read = [rows.sample(top + k, bank.cols[0] * given.dilation[1]) for k in range(height + block.ramp)]
        made = targets[first : first + at_once]
        loop = loops.blocks(rows.dtype, sums, block, given.stores and frame.streams)
        frame.call(loop, [*read, *made], count, parameters)
    return [Part("dot", [], sums, total=target, worth=bank.worth) for target in targets]


def _part(bank: Dense, frame: Frame, given: Geometry, row: int) -> Part:
    first = given.lead + row * given.stride[0]
    rows, step = frame.given[0], given.dilation[1] * frame.given[0].channels
    samples = [Sample(rows.sample(first + i, 0), j * step) for i, j in bank.taps]
    return weighted(frame, given, bank, samples, rows.dtype, _rowwise(bank))


def _rowwise(bank: Dense) -> list[tuple[int, int]]:
    """Return the pieces of a dense kernel: whole rows, all but the first alike, so that they share a loop."""
    cols = bank.taps[-1][1] + 1
    if not bank.whole or cols > PASS_TAPS + 2:
        return []
    step = cols * ((PASS_TAPS + 2) // cols)
    lead = len(bank.taps) % step or step
    return list(pairwise([0, *range(lead, len(bank.taps) + 1, step)]))
