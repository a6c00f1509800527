"""The mean under a bilateral window as lines of source: the same operations and bytes in every backend.

What is summed are differences from the centre, so that flat regions stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from convpipe.compile.common.exponential import exponential
from convpipe.ops import Bilateral
from convpipe.ops.bilateral import Distance


def exponents(window: Bilateral) -> tuple[float, list[float]]:
    """Return the factor of squares of distances, and the logarithms of the pairs' weights, to the base 2.

    Examples
    --------
    >>> exponents(Bilateral([[0.5, 1, 0.5]], np.sqrt(np.log2(np.e))))
    (-0.5, [-1.0])
    """
    factor = float(-0.5 * np.log2(math.e) / window.sigma**2)
    return factor, [float(np.log2(weight)) for _, weight in window.pairs]


def weigh_pair(
    compute: str,
    distance: Distance,
    centre: Sequence[str],
    pair: tuple[Sequence[str], Sequence[str]],
    sums: tuple[str, Sequence[str]],
) -> list[str]:
    """Return the lines that add two opposite places to the sums, with one weight for all their colours.

    Parameters
    ----------
    compute : str
        Type of the arithmetic.
    distance : {'manhattan', 'euclidean'}
        Of colours.
    centre : sequence of str
        The colours of the centre, as source.
    pair : two sequences of str
        Those of either place.
    sums : (str, sequence of str)
        The sum of the weights; those of the weighted differences from the centre, one a colour.

    Notes
    -----
    The lines use what :func:`exponents` gives: ``factor``, and of these places ``near``.

    Examples
    --------
    >>> weigh_pair("float32", "euclidean", ["m"], (["p"], ["q"]), ("n", ["t"]))[:2]
    ['a0 = p - m', 'a = dot_onto(near, dot(a0, a0), factor)']
    """
    lines, (weights, totals) = [], sums
    for name, place in zip("ab", pair, strict=True):
        lines += [f"{name}{c} = {sample} - {centre[c]}" for c, sample in enumerate(place)]
        lines.append(f"{name} = dot_onto(near, {_square(name, len(centre), distance)}, factor)")
        lines += exponential(name, compute)
    lines.append(f"{weights} = {weights} + a + b")
    return [*lines, *(f"{total} = dot_onto({total}, a, a{c}, b, b{c})" for c, total in enumerate(totals))]


def weighted_mean(centre: str, weights: str, total: str) -> str:
    """Return a colour of the mean as source: the centre's, and the mean of the differences from it."""
    return f"{centre} + {total} / {weights}"


def _square(name: str, colours: int, distance: Distance) -> str:
    """Return the square of the distance whose differences are `name` and a number."""
    if colours > 1 and distance == "manhattan":
        return f"square({' + '.join(f'abs({name}{c})' for c in range(colours))})"
    return f"dot({', '.join(f'{name}{c}' for c in range(colours) for _ in range(2))})"
