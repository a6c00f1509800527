"""Samples at places in the order of size, found by counting: no part of an image has to see another.

A sample's key is a whole number that is in the order of the samples: the bits of its floating point. Keys are
counted by their first digits, then those with the digits that were found by their next.

Source: D. E. Knuth, 'The Art of Computer Programming', volume 3, 5.2.5, sorting by distribution.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

DIGIT = 16
"""Bits of a digit."""

Count = Callable[[int, Sequence[int]], NDArray[np.int64]]
"""From how many digits are known, and those of some keys, to how many go on with each digit: a row each."""


def digits_of(dtype: DTypeLike) -> int:
    """Return how many digits a key has, of samples of a type.

    Examples
    --------
    >>> digits_of("float32"), digits_of("int32")
    (2, 4)
    """
    return np.dtype(_floating(dtype)).itemsize * 8 // DIGIT


def count_digits(samples: NDArray[np.generic], known: int, first: Sequence[int]) -> NDArray[np.int64]:
    """Return how many finite samples have each next digit, of those whose keys begin with some: a row each.

    Parameters
    ----------
    samples : ndarray
    known : int
        How many digits that is.
    first : sequence of int
        The numbers that these digits make.

    Examples
    --------
    >>> count_digits(np.float32([1, -1, np.nan, 1.5]), 0, [0])[0].nonzero()
    (array([16511, 49024, 49088]),)
    """
    keys = _keys(samples)
    behind = DIGIT * (digits_of(samples.dtype) - known - 1)
    rows = []
    for each in first:
        own = keys if known == 0 else keys[keys >> keys.dtype.type(behind + DIGIT) == keys.dtype.type(each)]
        digits = (own >> keys.dtype.type(behind)) & keys.dtype.type((1 << DIGIT) - 1)
        rows.append(np.bincount(digits.astype(np.int64), minlength=1 << DIGIT))
    return np.array(rows)


def percentile(dtype: DTypeLike, percent: float, count: Count) -> float:
    """Return a percentile of finite samples of a type, with the bits of ``numpy.percentile``; NaN of none.

    Parameters
    ----------
    dtype : dtype
    percent : float
    count : callable
        As :func:`count_digits` counts in all samples.

    Examples
    --------
    >>> x = np.float32([3, 1, 2, 10])
    >>> percentile(x.dtype, 50, lambda known, first: count_digits(x, known, first))
    2.5
    """
    size = int(count(0, (0,)).sum())
    if not size:
        return float("nan")
    place = (size - 1) * (np.float64(percent) / 100)
    below = int(np.floor(place))
    low, high = _at(dtype, (below, min(below + 1, size - 1)), count)
    share = place - below
    # NumPy's line between the two, from the nearer one.
    return float(high - (high - low) * (1 - share) if share >= 0.5 else low + (high - low) * share)


def _at(dtype: DTypeLike, places: Sequence[int], count: Count) -> list[np.float64]:
    """Return the samples at some places in the order of size, from 0 on."""
    keys, left = [0] * len(places), list(places)
    for known in range(digits_of(dtype)):
        first = sorted(set(keys))
        upto = np.cumsum(count(known, first), axis=1)
        for number, key in enumerate(keys):
            row = upto[first.index(key)]
            digit = int(np.searchsorted(row, left[number], side="right"))
            left[number] -= int(row[digit - 1]) if digit else 0
            keys[number] = key << DIGIT | digit
    return [_sample(key, dtype) for key in keys]


def _floating(dtype: DTypeLike) -> type[np.float32] | type[np.float64]:
    """Return the type whose bits are the keys: one that holds all samples of a type."""
    return np.float32 if np.dtype(dtype).name in ("float16", "float32") else np.float64


def _keys(samples: NDArray[np.generic]) -> NDArray[Any]:
    """Return the keys of the finite samples: both zeros have one."""
    values = np.asarray(samples, _floating(samples.dtype)).ravel()
    held = values[np.isfinite(values)] + values.dtype.type(0)
    bits = held.view(f"u{held.itemsize}")
    top = bits.dtype.type(1) << bits.dtype.type(8 * held.itemsize - 1)
    return np.asarray(np.where(bits & top, ~bits, bits | top))


def _sample(key: int, dtype: DTypeLike) -> np.float64:
    """Return the sample whose key that is."""
    size = np.dtype(_floating(dtype)).itemsize
    top = 1 << (8 * size - 1)
    bits = key ^ top if key & top else key ^ ((top << 1) - 1)
    return np.float64(np.array([bits], f"u{size}").view(f"f{size}")[0])
