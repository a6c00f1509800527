"""Blocks of outputs whose sums the registers hold: see :mod:`convpipe.compile.cpu.compiled.blocks`."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from convpipe.compile.runtime.processor import VECTOR_BYTES, WIDE

HEAD = 8
"""Numbers before the weights in the parameters of a block: rows and columns of the kernel, and samples from
one column to the next; the others are not in use, so that weights are aligned as a vector is."""


class Block(NamedTuple):
    """The outputs whose sums are in registers at the same time.

    Parameters
    ----------
    rows : int
    step : int
        Rows of the samples from one of them to the next.
    vectors : int
        In each row.
    lanes : int
        Columns of a vector.
    """

    rows: int
    step: int
    vectors: int
    lanes: int

    @property
    def columns(self) -> int:
        """In each row."""
        return self.vectors * self.lanes

    @property
    def ramp(self) -> int:
        """Rows of samples above those that are under all of its windows; and below."""
        return (self.rows - 1) * self.step


@cache
def block_of(rows: int, step: int, compute: str) -> Block:
    """Return the block of so many rows, in sums of type `compute`, that fits the processor's registers."""
    vectors = (4 if WIDE else 2) * (2 if rows <= 2 else 1)  # of 32 registers, or 16
    return Block(rows, step, vectors, VECTOR_BYTES // np.dtype(compute).itemsize)
