"""Sums of rows, then of neighbours, weighted once."""

from __future__ import annotations

import numpy as np

from convpipe.compile.common.banks import Uniform
from convpipe.compile.cpu import loops
from convpipe.compile.cpu.lanes import Windows, lanes
from convpipe.compile.cpu.shapes.columns import Columns
from convpipe.compile.cpu.shapes.part import Geometry, Part
from convpipe.compile.cpu.shapes.sums import rebased
from convpipe.compile.cpu.steps import Frame, Place, Sample


def parts(bank: Uniform, frame: Frame, given: Geometry) -> list[Part]:
    """Add the steps of a bank to `frame`; return what is left, for each row that is made."""
    if bank.tiles:
        return [_whole(bank, frame, given, row) for row in range(frame.rows)]
    dtype = bank.sums.dtype
    columns = Columns(frame, given, dtype)
    rows = bank.rows
    if given.slides(bank):
        columns.add(rows, None, "anew")
        columns.slide(len(rows))
    else:
        columns.add(rows, None)
    return [_neighbours(bank, frame, given, row, dtype) for row in columns.finished()]


def _whole(bank: Uniform, frame: Frame, given: Geometry, row: int) -> Part:
    """Leave all samples to the last loop."""
    rows, first = frame.given[0], row * given.stride[0]
    samples = [Sample(rows.sample(first + i, 0), j * rows.channels) for i in bank.rows for j in bank.cols]
    sums = lanes(given.stride[1], rows.channels).sums(rows.dtype, bank.sums.dtype)
    ones = np.ones(len(samples), np.int32)
    return Part("sum", samples, rows.dtype, ones, None, sums, bank.weights[0])


def _neighbours(bank: Uniform, frame: Frame, given: Geometry, row: Place, dtype: str) -> Part:
    """Sums of 2, 4, 8, ... neighbours, each from the ones before."""
    shift, widths = given.dilation[1] * frame.given[0].channels, {1: row}
    for width in bank.doubled:
        half, double = widths[width // 2], frame.scratch(frame.given[0].whole, dtype)
        pair = [half, half.past(width // 2 * shift, dtype), double]
        frame.call(
            loops.add(dtype, dtype, Windows(2), False), pair, frame.given[0].whole - (width - 1) * shift
        )
        widths[width] = double
    samples = [Sample(widths[width], first * shift) for width, first in bank.parts]
    rows, weights = rebased(samples, dtype), np.array(bank.weights, given.compute)
    if not bank.sums.counted:
        return Part("sum", rows, dtype, weights)
    at = lanes(given.stride[1], frame.given[0].channels)
    ones = np.ones(len(rows), np.int32)
    return Part("sum", rows, dtype, ones, None, at.sums(dtype, dtype), float(weights[0]))
