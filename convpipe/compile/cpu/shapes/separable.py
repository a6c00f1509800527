"""A column pass over whole rows, then the row factor."""

from __future__ import annotations

import numpy as np

from convpipe.compile.common.banks import Separable
from convpipe.compile.cpu.shapes.columns import Columns
from convpipe.compile.cpu.shapes.part import Geometry, Part
from convpipe.compile.cpu.shapes.sums import along
from convpipe.compile.cpu.steps import Frame


def parts(bank: Separable, frame: Frame, given: Geometry) -> list[Part]:
    """Add the steps of a bank to `frame`; return what is left, for each row that is made."""
    dtype = bank.sums.dtype
    columns = Columns(frame, given, dtype)
    columns.add(bank.column, bank.values(given.compute)[np.newaxis, : len(bank.column)])
    made = columns.in_phases()
    return [along(frame, given, bank, sums.samples(bank.row), row) for row, sums in enumerate(made)]
