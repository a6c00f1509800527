"""Integers in the order of samples, which stand for them in rank windows.

Floating-point numbers become integers of the same order, so that NaN has a place, too: last, whatever its
sign.
"""

from __future__ import annotations

KEYS = {"float32": "int32", "float64": "int64"}
"""Types of integers that stand for samples; integers stand for themselves."""


def key_limits(bits: int) -> tuple[int, int, int]:
    """Return all bits of a float but that of its sign, the key of infinity, and the one that all NaN have."""
    significand = {32: 23, 64: 52}[bits]
    infinity = 2 ** (bits - 1) - 2**significand
    return 2 ** (bits - 1) - 1, infinity, infinity + 2 ** (significand - 1)
