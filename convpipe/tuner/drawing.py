"""Values as pixels to show, and how many there are of each: quickly, for what is drawn at every move."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.display import LABELLED, Stretch, Values, coloured
from convpipe.histograms import binned
from convpipe.ops import dtype_range, is_integer

MOST_DECIDING = 1 << 16
"""Samples that decide which value is black and which is white; of more a part, evenly spread."""

BINS = 256


def rounded(values: NDArray[Any], dtype: str) -> NDArray[Any]:
    """Return values as a file of a type holds them: integers rounded half to even, and saturated.

    Examples
    --------
    >>> rounded(np.array([-3.0, 0.5, 1.5, 300.0, np.nan]), "uint8")
    array([  0,   0,   2, 255,   0], dtype=uint8)
    """
    if values.dtype.name == dtype:
        return values
    if dtype == "bool":
        return np.asarray(values != 0)
    if not is_integer(dtype):
        with np.errstate(over="ignore"):
            return np.asarray(values.astype(dtype))
    limits = np.iinfo(dtype)
    if values.dtype.kind != "f":
        return np.asarray(np.clip(values, limits.min, limits.max).astype(dtype))
    wide = np.rint(values, dtype=np.float64 if np.dtype(dtype).itemsize > 2 else None)
    np.clip(wide, limits.min, limits.max, out=wide)
    wide[np.isnan(wide)] = 0
    return np.asarray(wide.astype(dtype))


@dataclass(frozen=True)
class Drawn:
    """Pixels for a canvas.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (rows, cols, 1, 3 or 4)
        Grey, colours, or colours and how much of them is there.
    stretch : Stretch
        Which values are black and white.
    notes : tuple of str
        What a person should know of how they are drawn.
    """

    pixels: NDArray[np.uint8]
    stretch: Stretch
    notes: tuple[str, ...]


def drawn(values: Values, stretched: bool = False) -> Drawn:
    """Return values as pixels: stretched where 8 bits do not hold them; see-through where they are.

    Numbers of objects are colours.

    Parameters
    ----------
    values : Values
    stretched : bool
        Whether those of 8 bits are stretched as well.

    Examples
    --------
    >>> made = drawn(Values(np.array([[0, 100], [200, 255]], "uint8"), "uint8"))
    >>> made.pixels.shape, made.pixels[1, 0, 0], made.notes
    ((2, 2, 1), np.uint8(200), ())
    """
    samples = np.atleast_3d(values.samples)
    if values.labels:
        return Drawn(coloured(samples[..., 0]).astype(np.uint8), Stretch(0, 255, ""), (LABELLED,))
    rows, cols = samples.shape[:2]
    step = max(1, int(np.ceil((rows * cols / MOST_DECIDING) ** 0.5)))
    few = Values(samples[::step, ::step], values.dtype, values.alpha, values.gap)
    stretch = Stretch.of(few.colours, few.opacity > 0.5, "float32" if stretched else values.dtype)
    sees_through = values.alpha or values.gap is not None
    pixels = np.empty((rows, cols, 4 if sees_through else few.colours.shape[2]), np.uint8)
    at_once = max(1, _AT_ONCE // max(1, samples[:1].size))
    for first in range(0, rows, at_once):
        part = slice(first, first + at_once)
        _draw(samples[part], values, stretch, pixels[part])
    return Drawn(pixels, stretch, tuple(filter(None, [stretch.note, *few.notes])))


_AT_ONCE = 1 << 15
"""Samples that are drawn at a time: what that takes stays in the caches."""


def _draw(samples: NDArray[Any], values: Values, stretch: Stretch, pixels: NDArray[np.uint8]) -> None:
    """Draw some rows."""
    counted = samples.shape[2] - values.alpha
    colours = samples[..., : counted if counted in (1, 3) else 1]
    pixels[..., :3] = _levels(colours, stretch)
    if values.alpha:
        full = np.float32(255 / dtype_range(values.dtype).high)
        pixels[..., 3] = _bytes(samples[..., -1] * full)
    elif values.gap is not None:
        holes = np.isnan(colours) if np.isnan(values.gap) else colours == values.gap
        pixels[..., 3] = np.where(holes.any(axis=2), 0, 255)


def _levels(colours: NDArray[Any], stretch: Stretch) -> NDArray[np.uint8]:
    """Return levels from 0 to 255: as :meth:`Stretch.levels`, in float32."""
    if not stretch.note:
        return colours if colours.dtype == np.uint8 else _bytes(colours.astype(np.float32))
    if not stretch.black < stretch.white:  # all of one value, or none is finite
        return _bytes(stretch.levels(colours.astype(np.float64)))
    slope = np.float32(255 / (stretch.white - stretch.black))
    return _bytes((colours.astype(np.float32) - np.float32(stretch.black)) * slope)


def _bytes(levels: NDArray[Any]) -> NDArray[np.uint8]:
    """Return levels, which are overwritten, as bytes: rounded, and what is not finite at an end."""
    np.fmax(levels, 0, out=levels)  # of NaN and 0 it is 0
    np.fmin(levels, 255, out=levels)
    np.rint(levels, out=levels)
    return levels.astype(np.uint8)


def histogram(values: NDArray[Any], dtype: str, alpha: bool = False) -> dict[str, Any]:
    """Return how many values there are of each, channel by channel, and how many a type does not hold.

    Parameters
    ----------
    values : ndarray, shape (rows, cols, channels)
        Neither rounded nor saturated.
    dtype : str
        Of the result, which clips them.
    alpha : bool
        Whether the last channel is alpha, which is not counted.

    Examples
    --------
    >>> found = histogram(np.array([[[-4.0], [0.0], [255.0], [256.0]]]), "uint8")
    >>> found["below"], found["above"], found["low"], found["high"], sum(found["counts"][0])
    (1, 1, -4.0, 256.0, 4)
    """
    samples = values[..., : values.shape[2] - alpha].reshape(-1, values.shape[2] - alpha)
    finite = np.isfinite(samples)
    known = samples[finite] if samples.dtype.kind == "f" else samples.ravel()
    full = dtype_range(dtype)
    low, high = (full.low, full.high) if not known.size else (float(known.min()), float(known.max()))
    ends = (min(low, 0.0), max(high, full.high)) if dtype == "uint8" else (low, high)
    channels = [samples[:, k] for k in range(samples.shape[1])][:4]
    counted = [binned(each[np.isfinite(each)], BINS, *ends) for each in channels]
    clips = is_integer(dtype)
    return {
        "counts": [counts for counts, *_ in counted],
        "from": counted[0][1],
        "to": counted[0][2],
        "low": low,
        "high": high,
        "mean": float(np.sum(known / known.size, dtype=np.float64)) if known.size else None,
        "below": int(np.count_nonzero(known < full.low - 0.5)) if clips else 0,
        "above": int(np.count_nonzero(known >= full.high + 0.5)) if clips else 0,
        "missing": int(finite.size - np.count_nonzero(finite)),
        "holds": [full.low, full.high] if clips else None,
    }
