"""Write the functions that round half to even: to integers, saturating, NaN to 0; to float16 and float32."""

from __future__ import annotations

import numpy as np

from convpipe.compile.common.levels import Program
from convpipe.compile.common.text import Text
from convpipe.ops import Cast, is_integer


def rounding(text: Text, program: Program) -> None:
    """Add the functions that a program's casts and stores call.

    Parameters
    ----------
    text : Text
    program : Program
    """
    outputs = {level.output for level in program.levels if level.output is not None}
    casts = {step.dtype for level in program.levels for step in level.steps if isinstance(step, Cast)}
    for dtype in sorted(casts | outputs):
        if is_integer(dtype):
            _quantize(text, dtype)
    for dtype in sorted(casts & {"float16", "float32"}):
        (_half if dtype == "float16" else _single)(text, program.compute)
    for output in sorted(filter(is_integer, outputs)):
        _store(text, output)


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


def _single(text: Text, compute: str) -> None:
    """Add the function that rounds to float32."""
    text.function("quantize_float32", ["v"])
    text.line("    return T(np.float32(v))")


def _half(text: Text, compute: str) -> None:
    """Add the function that rounds to float16, half to even; what it does not hold becomes infinite.

    A sum with a number so large that its last bit is worth the last bit of float16 rounds there. That bit
    follows from ``u``, the power of two below the value. Source: S. M. Rump, T. Ogita and S. Oishi, "Accurate
    floating-point summation part I", SIAM J. Sci. Comput. 31, 2008, algorithm 3.5.
    """
    own, half = np.finfo(compute), np.finfo(np.float16)
    bits = own.nmant + 1
    overflow = float(half.max) + 2.0 ** (half.maxexp - half.nmant - 2)
    text.function("quantize_float16", ["v"])
    with text.indented():
        text.line("a = abs(v)", f"b = a if a < T({overflow!r}) else T(0)")
        text.line(f"q = T({2 ** (bits - 1) + 1}) * b")
        text.line(f"u = q - dot(T({1 - 2.0**-bits!r}), q)")  # a product that no compiler fuses
        text.line(f"u = u if u > T({float(half.tiny)!r}) else T({float(half.tiny)!r})")
        text.line(f"c = u * T({1.5 * 2.0 ** (own.nmant - half.nmant)!r})")
        text.line(f"a = (b + c) - c if a < T({overflow!r}) else (a if a != a else T(np.inf))")
        text.line("return a if v > T(0) else (v if v == T(0) else -a)")


def _store(text: Text, dtype: str) -> None:
    """Add the function that makes a value a sample of the result."""
    largest = np.iinfo(dtype).max  # of 32 bits: above the largest float32 that can be converted
    text.function(f"store_{dtype}", ["v"])
    with text.indented():
        text.line(f"v = quantize_{dtype}(v)")
        text.line(f"return np.{dtype}(v) if v < T({largest}) else np.{dtype}({largest})")
