"""A map of several images, evaluated by NumPy: every operation on every pixel, rounded by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe import expression
from convpipe.ops import Map


def _minimum(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    return np.where((a < b) | np.isnan(a), a, b)


def _maximum(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    return np.where((a > b) | np.isnan(a), a, b)


FUNCTIONS = {
    **{name: getattr(np, name) for name in (*expression.VOCABULARY, *expression.COMPARISONS.values())},
    "minimum": _minimum,
    "maximum": _maximum,
}
"""The language of expressions on arrays: NumPy has all of its names."""


def join(op: Map, images: Sequence[NDArray[Any]], compute: str, *, alpha: bool) -> NDArray[Any]:
    """Return the pixels that `op` makes of those of several images.

    Parameters
    ----------
    op : Map
        Its inputs are `images`, in their order.
    images : sequence of ndarray, shape (rows, cols, channels)
        Those of one channel, beside alpha, count for every channel.
    compute : {'float32', 'float64'}
        Type of the arithmetic.
    alpha : bool
        Whether the last channel is alpha; that of the first image is kept.
    """
    number = np.dtype(compute).type
    pixels = [image.astype(compute, copy=False) for image in images]
    colours = [image[:, :, :-1] if alpha else image for image in pixels]
    values = dict(zip(op.inputs, colours, strict=True)) | {
        name: number(value) for name, value in op.constants
    }
    with np.errstate(all="ignore"):
        made = expression.evaluate(op.tree, values, FUNCTIONS, number)
    return np.concatenate([made, pixels[0][:, :, -1:]], axis=2) if alpha else np.asarray(made)
