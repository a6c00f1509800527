"""Taps as they are, in loops of some of them at a time."""

from __future__ import annotations

from itertools import pairwise

from convpipe.compile.common.banks import Dense
from convpipe.compile.cpu.shapes.part import Geometry, Part
from convpipe.compile.cpu.shapes.sums import PASS_TAPS, weighted
from convpipe.compile.cpu.steps import Frame, Sample


def parts(bank: Dense, frame: Frame, given: Geometry) -> list[Part]:
    """Add the steps of a bank to `frame`; return what is left, for each row that is made."""
    return [_part(bank, frame, given, row) for row in range(frame.rows)]


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
