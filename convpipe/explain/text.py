"""An account as lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from convpipe.explain.account import Grid, Part, Products, Sentence

MOST_SHOWN = 13
"""Largest side of a grid that is shown number by number."""

WHOLE = 1e6
"""Whole numbers below it are written with all their digits."""


def lines(parts: Iterable[Part]) -> Iterator[str]:
    r"""Give the lines of an account; numbers in brackets lie outside the image.

    Examples
    --------
    >>> taps = np.array([[1.0, 0.0, -2.0]])
    >>> outside = np.array([[True, False, False]])
    >>> parts = [Grid("window", np.array([[3.0, 4.0, 5.0]]), outside), Products("r =", 2 * taps, taps)]
    >>> print(*lines(parts), sep="\n")
    window:
             (3)         4          5
    r = 1*2 + -2*-4 = 10
    """
    for part in parts:
        if isinstance(part, Sentence):
            yield part.text
        elif isinstance(part, Grid):
            yield from rows(part)
            if part.border is not None:
                yield f"in brackets: outside the image, by border {part.border}"
        else:
            yield f"{part.title} {summed(part)}"


def rows(grid: Grid) -> Iterator[str]:
    """Give the title of numbers and their rows; of large ones how many there are."""
    height, width = grid.values.shape
    if max(height, width) > MOST_SHOWN:
        yield f"{grid.title}: {height}x{width} numbers"
        return
    yield f"{grid.title}:"
    for i, row in enumerate(grid.values):
        cells = [
            f"({value:.5g})" if grid.outside is not None and grid.outside[i, j] else f"{value:.5g} "
            for j, value in enumerate(row)
        ]
        yield ("  " + " ".join(f"{cell:>10}" for cell in cells)).rstrip()


def summed(products: Products) -> str:
    """Return products as a sum with its value; taps of zero are left out, and long sums cut short."""
    used = products.taps != 0
    pairs = zip(products.taps[used], products.samples[used], strict=True)
    terms = [f"{tap:.4g}*{sample:.5g}" for tap, sample in pairs]
    shown = " + ".join(terms if len(terms) <= 9 else [*terms[:4], "...", *terms[-4:]]) or "0"
    return f"{shown} = {products.sum:.6g}"


def number(value: float | np.floating[Any]) -> str:
    """Return a number as a cell shows it.

    Examples
    --------
    >>> number(-0.125), number(12345.6), number(-0.0), number(12250)
    ('-0.125', '1.235e+04', '0', '12250')
    """
    plain = float(value) + 0.0
    return f"{plain:.0f}" if plain.is_integer() and abs(plain) < WHOLE else f"{plain:.4g}"
