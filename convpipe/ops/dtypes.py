"""The types of pixels: what they hold, and what they are computed in."""

from __future__ import annotations

import numpy as np

from convpipe.interval import Interval


def dtype_range(dtype: str) -> Interval:
    """Return the values an image of `dtype` is taken to hold: all of an integer type, else 0 to 1.

    Examples
    --------
    >>> dtype_range("uint8")
    Interval(low=0.0, high=255.0)
    """
    kind = np.dtype(dtype)
    if kind.kind in "bf":
        return Interval(0.0, 1.0)
    limits = np.iinfo(kind)
    return Interval(float(limits.min), float(limits.max))


def is_integer(dtype: str) -> bool:
    """Tell whether pixels of `dtype` are rounded and saturated on the way out."""
    return np.dtype(dtype).kind in "biu"


COMPUTE: dict[str, str] = {
    **dict.fromkeys(["bool", "uint8", "int8", "uint16", "int16", "float16", "float32"], "float32"),
    # 32-bit integers do not fit the 24-bit significand of float32.
    **dict.fromkeys(["uint32", "int32", "float64"], "float64"),
}
"""Every image dtype, and the floating-point type its arithmetic runs in."""


def stored(dtype: str, compute: str = "float32") -> str:
    """Return the dtype that the loops read or write for images of `dtype`.

    float16 passes as the type of the arithmetic, of which it is rounded once: Numba does not compute with it.
    bool passes as uint8 of 0 and 1.
    """
    return {"float16": compute, "bool": "uint8"}.get(dtype, dtype)
