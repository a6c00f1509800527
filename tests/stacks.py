"""Windows over the pages of a stack, slowly and in float64: the oracle of ``axis: stack``.

It pads the whole volume along all three axes and looks at every window, where the product sums pages first
or has their rows by turns.
"""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

MODES = {
    "constant": "constant",
    "edge": "edge",
    "reflect": "reflect",
    "symmetric": "symmetric",
    "wrap": "wrap",
}


def windows(volume, size, border, value=0.0):
    """Return the windows of all voxels, (pages, rows, cols, *size); an even side reaches back."""
    before_after = [(side // 2, side - 1 - side // 2) for side in size]
    given = {"constant_values": value} if border == "constant" else {}
    return sliding_window_view(np.pad(volume, before_after, MODES[border], **given), size)


def weights(sigma, truncate=4.0):
    """Return a Gaussian of three sigmas, which sums to 1."""
    whole = np.ones(())
    for each in sigma:
        radius = int(truncate * each + 0.5)
        line = [math.exp(-(x * x) / (2 * each * each)) if each else 1.0 for x in range(-radius, radius + 1)]
        whole = np.multiply.outer(whole, line)
    return whole / whole.sum()


def mean(volume, taps, border, value=0.0, missing=None):
    """Return the mean under taps that sum to 1: of what is not missing, NaN where there is nothing."""
    volume = np.asarray(volume, np.float64)
    if missing is None:
        return np.einsum("ijkabc,abc->ijk", windows(volume, taps.shape, border, value), taps)
    there = ~np.isnan(volume) if np.isnan(missing) else volume != missing
    share = windows(there.astype(float), taps.shape, border, 1.0)
    top = windows(np.where(there, volume, 0.0), taps.shape, border, value)
    with np.errstate(invalid="ignore"):
        return np.einsum("ijkabc,abc->ijk", top, taps) / np.einsum("ijkabc,abc->ijk", share, taps)


def sorted_windows(volume, size, border, value=0.0):
    """Return the sorted samples of all windows, (pages, rows, cols, samples)."""
    found = windows(np.asarray(volume, np.float64), size, border, value)
    return np.sort(found.reshape(*volume.shape, -1), axis=-1)


def ranked(volume, size, name, border, value=0.0, percentile=0.0):
    """Return what stands at a rank."""
    values = sorted_windows(volume, size, border, value)
    count = values.shape[-1]
    low, high = values[..., 0], values[..., -1]
    return {
        "median": values[..., count // 2],
        "minimum": low,
        "maximum": high,
        "percentile": values[..., min(int(count * percentile / 100), count - 1)],
        "range": high - low,
        "midpoint": (low + high) / 2,
    }[name]
