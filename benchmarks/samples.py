"""The images that are filtered: waves, squares and noise, away from both ends of the range."""

from __future__ import annotations

import numpy as np


def gray(rows: int, cols: int | None = None) -> np.ndarray:
    """Return an 8-bit image that saturates nowhere when sharpened: results differ by rounding alone."""
    cols = cols or rows
    rng = np.random.default_rng(0)
    y, x = np.arange(rows)[:, None], np.arange(cols)
    waves = (
        128
        + 30 * np.sin(y / 37, dtype=np.float32) * np.cos(x / 53, dtype=np.float32)
        + 20 * np.sin((x + y) / 11, dtype=np.float32)
    )
    squares = (24 * ((y // 32 + x // 32) % 2)).astype(np.float32)
    return (waves + squares + rng.integers(-8, 9, (rows, cols), np.int8)).astype(np.uint8)


def rgb(rows: int, cols: int | None = None) -> np.ndarray:
    """Return an 8-bit colour image."""
    plane = gray(rows, cols)
    return np.stack([plane, np.roll(plane, 5, axis=1), 255 - plane], axis=2)


def single(rows: int) -> np.ndarray:
    """Return a float32 image between 0 and 1."""
    return gray(rows) / np.float32(255)
