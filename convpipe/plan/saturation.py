"""What a dtype loses of the values that it is to hold, and what would keep them."""

from __future__ import annotations

import numpy as np

from convpipe.interval import Interval
from convpipe.ops import dtype_range, is_integer


def loss(values: Interval, dtype: str, smaller: str | None, *, is_result: bool) -> str | None:
    """Say what `dtype` makes of those of `values` that it does not hold; None if it holds all of them."""
    if _holds(dtype, values):
        return None
    wider = next((name for name in ("uint16", "int16", "int32") if _holds(name, values)), "float32")
    keeps = f"{f'{smaller} or ' if smaller else ''}'dtype: {wider}' keeps them"
    instead = f"{keeps} ({_FILES.get(wider, _TIFF_ALONE)})" if is_result else keeps
    if not is_integer(dtype):
        return f"{dtype} makes those beyond {np.finfo(dtype).max:.6g} infinite; {instead}"
    limits = dtype_range(dtype)
    return f"{dtype} holds {limits.low:.10g} to {limits.high:.10g} and saturates the others; {instead}"


_TIFF_ALONE = "in a file with 'format: tiff'; PNG and JPEG do not hold it"
_FILES = {"uint16": "in a file with 'format: png' or tiff; JPEG does not hold it"}
"""Which files hold a result of a type, as `convpipe.images` has it."""


def _holds(dtype: str, values: Interval) -> bool:
    """Tell whether `dtype` holds all of `values`, rounded; wide floating types hold what is computed."""
    if is_integer(dtype):
        limits = dtype_range(dtype)
        return values.within(Interval(limits.low - 0.5, limits.high + 0.5))
    largest = float(np.finfo(dtype).max)
    return dtype != "float16" or values.within(Interval(-largest, largest))
