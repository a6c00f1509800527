"""Lines of points as their transforms take them: the factors of their length, and roots of unity."""

from __future__ import annotations

from decimal import Context, Decimal, localcontext
from functools import cache

import numpy as np
from numpy.typing import NDArray

FACTORS = {
    64: (8, 8),
    96: (8, 4, 3),
    128: (8, 4, 4),
    192: (8, 8, 3),
    256: (8, 8, 4),
    384: (8, 4, 4, 3),
    512: (8, 8, 8),
}
"""Radices of the passes that a line of so many points goes through, forward."""


@cache
def roots(count: int) -> NDArray[np.complex128]:
    """Return the powers of exp(-2 pi i / count), their parts correctly rounded.

    Examples
    --------
    >>> roots(8)[2]
    np.complex128(-1j)
    """
    digits = Decimal(10) ** -40
    with localcontext(Context(prec=60)):
        angle = 2 * _pi() / count
        cosine = sine = Decimal(0)
        term, k = Decimal(1), 0
        while abs(term) > Decimal(10) ** -58:  # Taylor's series
            if k % 2 == 0:
                cosine += term if k % 4 == 0 else -term
            else:
                sine += term if k % 4 == 1 else -term
            k += 1
            term = term * angle / k
        real, imag, found = Decimal(1), Decimal(0), []
        for _ in range(count):
            found.append(complex(*(float(part.quantize(digits)) + 0.0 for part in (real, -imag))))
            real, imag = real * cosine - imag * sine, real * sine + imag * cosine
    return np.array(found)


def _pi() -> Decimal:
    """Return pi. Source: J. Machin, 1706: pi / 4 = 4 arctan(1 / 5) - arctan(1 / 239)."""
    return 4 * (4 * _arctan(5) - _arctan(239))


def _arctan(inverse: int) -> Decimal:
    total, power, k = Decimal(0), Decimal(1) / inverse, 0
    while power > Decimal(10) ** -58:
        total += power / (2 * k + 1) * (-1) ** k
        power /= inverse * inverse
        k += 1
    return total


@cache
def passes(count: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return what is known of a line of `count` points, and its roots, as :mod:`butterflies` reads them."""
    known, size = [count, len(FACTORS[count])], count
    found: list[NDArray[np.complex128]] = []
    for radix in FACTORS[count]:
        apart = size // radix
        known += [radix, apart, 2 * sum(len(each) for each in found)]
        powers = np.outer(np.arange(apart), np.arange(1, radix)) * (count // size)
        found.append(roots(count)[powers.ravel()])
        size = apart
    return np.array(known, np.int64), np.concatenate(found).view(np.float64)


def order(count: int) -> NDArray[np.int64]:
    """Return which value of a transform stands in each place of a line that went forward.

    Examples
    --------
    >>> order(64)[:10].tolist()
    [0, 8, 16, 24, 32, 40, 48, 56, 1, 9]
    """
    values, rest = np.zeros(count, np.int64), np.arange(count)
    size = count
    for radix in FACTORS[count]:
        digit, rest = np.divmod(rest, size // radix)
        values += digit * (count // size)
        size //= radix
    return values


ADDITIONS = {3: 5, 4: 2, 8: 6}
"""Roundings of a butterfly, at most, without those of products with roots of unity."""

ROOT = 3
"""Roundings of such a product: the root is rounded once, the product up to twice."""


def rounding(extent: tuple[int, int], blocks: int = 1) -> int:
    """Return how far a response is off at most, in roundings of the product of both norms.

    See :mod:`convpipe.compile.cpu.fourier.spectra`.
    """
    once = sum(ADDITIONS[radix] + ROOT for size in extent for radix in FACTORS[size])
    product, scaled, unit, more = 2, 2, 1, 1  # the last is for what is rounded twice, and the norms
    return 3 * once + product + scaled + blocks + unit + more
