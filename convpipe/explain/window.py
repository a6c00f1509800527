"""A window on one pixel: the samples under it, its taps, and their order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from convpipe.explain.account import Account, Samples, Source, Sources
from convpipe.geometry import Axis, Border, border_index
from convpipe.ops import Bilateral, Layer, Rank, Resample, Stencil, Window


def places_of(axes: tuple[Axis, Axis], at: tuple[int, int]) -> list[list[int]]:
    """Return the rows and columns that the taps lie on for the output at a row and column; outside, too."""
    return [list(axis.under(where)) for where, axis in zip(at, axes, strict=True)]


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


def border_of(slid: Window | Layer) -> str:
    """Return the rule that makes what lies outside, and the value of a constant one."""
    made = f" {slid.value:g}" if slid.border is Border.CONSTANT else ""
    return f"{slid.border.name.lower()}{made}"


def sources_under(
    entering: Samples, slid: Window | Layer, places: list[list[int]], source: Source
) -> Sources:
    """Return where the samples under the taps come from: of an image of which `source` is any sample."""
    rows, cols = (
        [border_index(place, size, slid.border) for place in line]
        for line, size in zip(places, entering.shape[:2], strict=True)
    )
    return [[None if min(r, c) < 0 else source._replace(row=r, col=c) for c in cols] for r in rows]


def ranked(slid: Rank, samples: Samples, account: Account) -> dict[str, float]:
    """Show the samples under the footprint in their order, and those of the ranks; return these."""
    if not slid.footprint.all():
        account.grid("footprint", slid.footprint.astype(int))
    ordered = np.sort(samples[slid.footprint])
    shown = [f"{value:.5g}" for value in ordered]
    account.say(f"sorted: {' '.join(shown if len(shown) <= 25 else [*shown[:10], '...', *shown[-10:]])}")
    found = {name: float(ordered[k]) for name, k in zip(slid.names, slid.ranks, strict=True)}
    for (name, value), k in zip(found.items(), slid.ranks, strict=True):
        account.say(f"{name} = number {k + 1} of {slid.count} = {value:.6g}")
    return found


def weighed(slid: Bilateral, samples: Samples, channel: int, account: Account) -> dict[str, float]:
    """Show the weights of the places of a window of colours, and the mean of a channel; return that.

    Parameters
    ----------
    slid : Bilateral
    samples : ndarray, shape (KH, KW, colours)
    channel : int
    account : Account
    """
    weights = slid.weights(samples)
    account.grid("weights", weights)
    mean = float((weights * samples[..., channel]).sum() / weights.sum())
    account.say(f"r = sum of weight x sample over the sum of weights = {mean:.6g}")
    return {"r": mean}


def taps_of(slid: Window, at: tuple[int, int]) -> tuple[NDArray[np.float64], ...]:
    """Return the taps of each response of a window, for the output at a row and column."""
    if isinstance(slid, Resample):
        rows, cols = (axis.weights[where] for axis, where in zip(slid.phases, at, strict=True))
        return (np.outer(rows, cols),)
    assert isinstance(slid, Stencil)
    return tuple(bank.weights for bank in slid.banks)


def span(name: str, places: Sequence[int]) -> str:
    """Return which of an axis's lines these are, for a person.

    Examples
    --------
    >>> span("row", range(2, 5)), span("column", [7])
    ('rows 2 to 4', 'column 7')
    """
    return f"{name}s {places[0]} to {places[-1]}" if len(places) > 1 else f"{name} {places[0]}"


def area(rows: Sequence[int], cols: Sequence[int]) -> str:
    """Return the rows and columns of a part of an image, for a person.

    Examples
    --------
    >>> area([0], [2, 3])
    'row 0, columns 2 to 3'
    """
    return f"{span('row', rows)}, {span('column', cols)}"
