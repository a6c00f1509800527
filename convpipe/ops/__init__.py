"""The few operations that every stage is lowered to; emitters know these and no filter's name.

======== ============================================================================
Stencil  linear: each bank of taps gives one response per sample
Map      a scalar expression of the responses, giving one value per sample
Reduce   such an expression that also needs the extremes of the whole image
Mix      a matrix across the channels of each pixel
Alpha    to or from colour multiplied by alpha
Cast     round to a dtype, an integer one saturating, and go on in the type of the arithmetic
======== ============================================================================

A program is a chain: each op takes what the one before it gave. A stencil gives one response per
bank; the map that follows combines them, so a stage hands exactly one value per sample on.
"""

from convpipe.ops.dtypes import COMPUTE, dtype_range, is_integer, stored
from convpipe.ops.pointwise import EXTREMES, Alpha, Cast, Map, Mix, Reduce
from convpipe.ops.taps import IDENTITY, Taps
from convpipe.ops.window import Stencil

Op = Stencil | Map | Mix | Alpha | Cast


def is_rounding(op: Op) -> bool:
    """Tell whether `op` rounds to integers."""
    return isinstance(op, Cast) and is_integer(op.dtype)


__all__ = [
    "COMPUTE",
    "EXTREMES",
    "IDENTITY",
    "Alpha",
    "Cast",
    "Map",
    "Mix",
    "Op",
    "Reduce",
    "Stencil",
    "Taps",
    "dtype_range",
    "is_integer",
    "is_rounding",
    "stored",
]
