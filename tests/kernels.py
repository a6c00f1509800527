"""Random kernels without symmetry, one for each shape that a loop can take, and the windows to run them in.

Turned round, turned over, transposed or read back to front, none of them is itself.
"""

import numpy as np

from convpipe.stages import stage


def _random(rows, cols, seed=5):
    kernel = np.random.default_rng(seed).uniform(-1, 1, (rows, cols))
    return kernel / np.abs(kernel).sum()


def _outer(rows, cols):
    kernel = np.outer(_random(rows, 1)[:, 0], _random(1, cols, seed=6)[0])
    return kernel / np.abs(kernel).sum()


def _sparse(rows, cols):
    kernel = _random(rows, cols)
    kernel[np.random.default_rng(7).random((rows, cols)) < 0.6] = 0
    return kernel


def _low_rank(rows, cols):
    kernel = _random(rows, 2) @ _random(2, cols, seed=6)
    return kernel / np.abs(kernel).sum()


def _widening(rows, cols):
    """Return columns of three kinds, each of which holds all of another and more."""
    column, kinds = _random(rows, 1), np.random.default_rng(8).integers(0, 3, cols)
    kernel = np.where(np.arange(rows)[:, np.newaxis] < rows - 1 - kinds, column, 0)
    kernel[0] *= kinds > 0
    return kernel / np.abs(kernel).sum()


def custom(kernel):
    return lambda **common: stage("custom", "random", kernel=kernel, **common)


SHAPES = {
    "unrolled": custom(_random(3, 4)),
    "column": custom(_random(5, 1)),
    "sparse": custom(_sparse(7, 6)),
    "separable": custom(_outer(5, 4)),
    "long": custom(_outer(3, 40)),
    "outer products": custom(_low_rank(5, 40)),
    "equal columns": custom(_widening(5, 14)),
    "rows": custom(_random(6, 7)),
    "uniform": lambda **common: stage("blur", "box", size=[3, 10], **common),
    "transform": custom(_random(40, 41)),
}
"""A stage of every loop shape of the processor."""

WINDOWS = {
    "plain": {},
    "stride": {"stride": [2, 3], "border": "edge"},
    "dilation": {"dilation": [3, 2], "border": "symmetric"},
    "all": {
        "stride": [3, 1], "dilation": [1, 2], "padding": [9, 2, 0, 35],
        "border": "constant", "value": 7, "bias": 0.25,
    },
    "wrap": {"stride": [1, 2], "padding": [2, 5, 30, 1], "dilation": [2, 1], "border": "wrap"},
}  # fmt: skip

DTYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float16", "float32", "float64"]


def pixels(dtype, extent, channels=1, seed=9):
    """Return an image of the whole range of `dtype`, or 0 to 1."""
    rng = np.random.default_rng(seed)
    shape = (*extent, channels) if channels > 1 else extent
    if np.dtype(dtype).kind == "f":
        return rng.random(shape).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)
