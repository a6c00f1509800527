"""A window on one pixel, as ``convpipe explain`` prints it: samples, taps, sums and order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.cli.streams import emit
from convpipe.geometry import border_index
from convpipe.ops import Bilateral, Layer, Rank, Resample, Stencil, Window

MOST_SHOWN = 13
"""Largest kernel side printed number by number."""

Samples = NDArray[np.floating[Any]]


def under(
    entering: Samples, slid: Window | Layer, places: list[list[int]]
) -> tuple[Samples, NDArray[np.bool_]]:
    """Return the samples under the taps, (rows, cols, channels), and which lie outside the image."""
    rows, cols = (
        [border_index(place, size, slid.border) for place in line]
        for line, size in zip(places, entering.shape[:2], strict=True)
    )
    constant = np.full(entering.shape[2], slid.value)
    window = np.array([[constant if min(r, c) < 0 else entering[r, c] for c in cols] for r in rows])
    rows_out, cols_out = (
        np.array([not 0 <= place < size for place in line])
        for line, size in zip(places, entering.shape[:2], strict=True)
    )
    return window, rows_out[:, None] | cols_out


def ranked(slid: Rank, samples: Samples) -> dict[str, float]:
    """Print the samples under the footprint in their order, and those of the ranks; return these."""
    if not slid.footprint.all():
        grid("footprint", slid.footprint.astype(int))
    ordered = np.sort(samples[slid.footprint])
    shown = [f"{value:.5g}" for value in ordered]
    emit(f"sorted: {' '.join(shown if len(shown) <= 25 else [*shown[:10], '...', *shown[-10:]])}")
    found = {name: float(ordered[k]) for name, k in zip(slid.names, slid.ranks, strict=True)}
    for (name, value), k in zip(found.items(), slid.ranks, strict=True):
        emit(f"{name} = number {k + 1} of {slid.count} = {value:.6g}")
    return found


def weighed(slid: Bilateral, samples: Samples, channel: int) -> dict[str, float]:
    """Print the weights of the places of a window of colours, and the mean of a channel; return that.

    Parameters
    ----------
    slid : Bilateral
    samples : ndarray, shape (KH, KW, colours)
    channel : int
    """
    weights = slid.weights(samples)
    grid("weights", weights)
    mean = float((weights * samples[..., channel]).sum() / weights.sum())
    emit(f"r = sum of weight x sample over the sum of weights = {mean:.6g}")
    return {"r": mean}


def taps_of(slid: Window, at: tuple[int, int]) -> tuple[NDArray[np.float64], ...]:
    """Return the taps of each response of a window, for the output at a row and column."""
    if isinstance(slid, Resample):
        rows, cols = (axis.weights[where] for axis, where in zip(slid.phases, at, strict=True))
        return (np.outer(rows, cols),)
    assert isinstance(slid, Stencil)
    return tuple(bank.weights for bank in slid.banks)


def summed(window: Samples, weights: NDArray[np.float64]) -> str:
    """Return the products as a sum with its value; taps of zero are left out, and long sums cut short."""
    used = weights != 0
    terms = [f"{w:.4g}*{x:.5g}" for w, x in zip(weights[used], window[used], strict=True)]
    shown = " + ".join(terms if len(terms) <= 9 else [*terms[:4], "...", *terms[-4:]]) or "0"
    return f"{shown} = {float((window * weights).sum()):.6g}"


def span(places: list[int]) -> str:
    """Return the first and the last place, for a person."""
    return f"{places[0]} to {places[-1]}" if len(places) > 1 else str(places[0])


def grid(title: str, values: NDArray[Any], marked: NDArray[np.bool_] | None = None) -> None:
    """Print numbers in rows; those marked stand in brackets."""
    if max(values.shape) > MOST_SHOWN:
        emit(f"{title}: {values.shape[0]}x{values.shape[1]} numbers")
        return
    emit(f"{title}:")
    for i, row in enumerate(values):
        cells = [
            f"({value:.5g})" if marked is not None and marked[i, j] else f"{value:.5g} "
            for j, value in enumerate(row)
        ]
        emit(("  " + " ".join(f"{cell:>10}" for cell in cells)).rstrip())
