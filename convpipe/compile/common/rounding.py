"""Write the functions that make values integers: rounding half to even, saturating, NaN to 0."""

from __future__ import annotations

import numpy as np

from convpipe.compile.common.levels import Program
from convpipe.compile.common.text import Text
from convpipe.ops import Cast, is_integer


def rounding(text: Text, program: Program, *, converts: bool) -> None:
    """Add the functions that a program's casts and stores call.

    Parameters
    ----------
    text : Text
    program : Program
    converts : bool
        Whether a conversion to a 32-bit integer rounds by itself, as the processor's does.
    """
    output = program.output
    converted = converts and is_integer(output) and np.iinfo(output).bits <= 16
    casts = {step.dtype for level in program.levels for step in level.steps if isinstance(step, Cast)}
    for dtype in sorted(casts | (set() if converted else {output})):
        if is_integer(dtype):
            _quantize(text, dtype)
    if is_integer(output):
        (_convert if converted else _store)(text, output)


def _quantize(text: Text, dtype: str) -> None:
    """Add the function that rounds half to even and saturates; NaN becomes 0."""
    limits = np.iinfo(dtype)
    text.function(f"quantize_{dtype}", ["v"])
    with text.indented():
        text.line("v = rint(v)")
        if limits.min < 0:
            text.line("v = v if v == v else T(0)")
        text.line(f"v = v if v > T({limits.min}) else T({limits.min})")
        text.line(f"return v if v < T({limits.max}) else T({limits.max})")


def _store(text: Text, dtype: str) -> None:
    """Add the function that makes a value a sample of the result."""
    largest = np.iinfo(dtype).max  # of 32 bits: above the largest float32 that can be converted
    text.function(f"store_{dtype}", ["v"])
    with text.indented():
        text.line(f"v = quantize_{dtype}(v)")
        text.line(f"return np.{dtype}(v) if v < T({largest}) else np.{dtype}({largest})")


def _convert(text: Text, dtype: str) -> None:
    """Add the same with the same result, for 8 and 16 bits, where the conversion itself rounds.

    It takes NaN, and what 32 bits do not hold, to the least number or 0.
    """
    limits = np.iinfo(dtype)
    text.function(f"store_{dtype}", ["v"])
    with text.indented():
        if limits.min < 0:
            text.line("v = v if v == v else T(0)")
        text.line(f"v = T({limits.max}) if v > T({limits.max}) else v", "k = to_int32(v)")
        text.line(f"return np.{dtype}(k if k > np.int32({limits.min}) else np.int32({limits.min}))")
