"""A square block of samples turned about its diagonal, in registers."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

SIDE = 8
"""Rows and columns of a block."""


@intrinsic
def turn_block(
    context: Any, source: Any, source_step: Any, target: Any, target_step: Any, sample: Any
) -> Any:
    """Write a block of samples at one address, turned, at another; steps are bytes from a row to the next.

    `sample` is any value of their type. Neither address needs to be aligned to more than a sample.
    """

    def emit(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        vector = ir.VectorType(context.get_value_type(sample), SIDE)
        size = context.get_abi_sizeof(context.get_value_type(sample))

        def place(first: Any, step: Any, row: int) -> Any:
            at = builder.add(first, builder.mul(step, ir.Constant(step.type, row)))
            return builder.inttoptr(at, vector.as_pointer())

        rows = [builder.load(place(values[0], values[1], row), align=size) for row in range(SIDE)]
        distance = 1
        while distance < SIDE:  # halves of pairs of rows change places, quarters, eighths
            for row in range(SIDE):
                if not row & distance:
                    rows[row], rows[row | distance] = _exchanged(builder, rows, row, distance)
            distance *= 2
        for row in range(SIDE):
            builder.store(rows[row], place(values[2], values[3], row), align=size)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, types.int64, sample), emit


def _exchanged(builder: Any, rows: Any, row: int, distance: int) -> tuple[Any, Any]:
    """Return two rows whose blocks of so many samples beside the diagonal have changed places."""
    lanes = range(SIDE)
    first = [lane if not lane & distance else SIDE + lane - distance for lane in lanes]
    second = [lane + distance if not lane & distance else SIDE + lane for lane in lanes]
    whole = ir.VectorType(ir.IntType(32), SIDE)
    above, below = rows[row], rows[row | distance]
    made = [builder.shuffle_vector(above, below, ir.Constant(whole, each)) for each in (first, second)]
    return made[0], made[1]
