"""Write the functions that make values integers: rounding half to even, saturating, NaN to 0."""

from __future__ import annotations

import numpy as np

from convpipe.compile.schedule import Schedule
from convpipe.compile.text import Text


def quantized(schedule: Schedule) -> list[str]:
    """Return the integer dtypes that values are rounded to."""
    dtypes = {schedule.output} | {
        step.dtype for level in schedule.levels for step in level.steps if hasattr(step, "dtype")
    }
    return sorted(dtype for dtype in dtypes if np.dtype(dtype).kind in "iu")


def quantize(text: Text, dtype: str) -> None:
    """Add the function that rounds half to even and saturates; NaN becomes 0."""
    limits = np.iinfo(dtype)
    text.function(f"quantize_{dtype}", ["v"])
    with text.indented():
        text.line("v = rint(v)")
        if limits.min < 0:
            text.line("v = v if v == v else T(0)")
        text.line(f"v = v if v > T({limits.min}) else T({limits.min})")
        text.line(f"return v if v < T({limits.max}) else T({limits.max})")


def store(text: Text, dtype: str) -> None:
    """Add the function that makes a value a sample of the result."""
    largest = np.iinfo(dtype).max  # of 32 bits: above the largest float32 that can be converted
    text.function(f"store_{dtype}", ["v"])
    with text.indented():
        text.line(f"v = quantize_{dtype}(v)")
        text.line(f"return np.{dtype}(v) if v < T({largest}) else np.{dtype}({largest})")


def store_on_processor(text: Text, dtype: str) -> None:
    """Add the same as the processor does it best, with the same result: the conversion itself rounds.

    It takes NaN, and what 32 bits do not hold, to the least number or 0.
    """
    limits = np.iinfo(dtype)
    if limits.bits > 16:
        store(text, dtype)
        return
    text.function(f"store_{dtype}", ["v"])
    with text.indented():
        if limits.min < 0:
            text.line("v = v if v == v else T(0)")
        text.line(f"v = T({limits.max}) if v > T({limits.max}) else v", "k = to_int32(v)")
        text.line(f"return np.{dtype}(k if k > np.int32({limits.min}) else np.int32({limits.min}))")
