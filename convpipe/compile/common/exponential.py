"""The exponential to the base 2, written out: the same operations, so the same bytes, in every backend.

A number is the nearest integer and a rest of at most a half. The polynomial of the rest goes through
Chebyshev's points; the integer is added to its exponent. So 2**x is off by 2e-7 of itself in float32, 2e-16
in float64.
"""

from __future__ import annotations

POLYNOMIAL = {
    "float32": (
        1.0,
        0.6931471880262288,
        0.2402210748530834,
        0.05550357114219078,
        0.009676031918322054,
        0.0013390863364671234,
    ),
    "float64": (
        1.0,
        0.6931471805599453,
        0.24022650695910158,
        0.055504108664821625,
        0.009618129107587256,
        0.001333355814640647,
        0.00015403530463724353,
        1.5252733841556773e-05,
        1.3215432535912375e-06,
        1.0178057087733941e-07,
        7.074194297288521e-09,
        4.4558179083360645e-10,
    ),
}
"""Of 2**x, x from -1/2 to 1/2, by the powers of x."""

LEAST = {"float32": -126.0, "float64": -1022.0}
"""Below it the exponential is taken for that of it, the least normal number."""


def exponential(name: str, compute: str) -> list[str]:
    """Return the lines that make of a variable two to its power, rounded operation by operation.

    They call ``round``, ``dot_onto`` and ``ldexp``, which every backend has, and use `name`, ``whole`` and
    ``rest``.

    Examples
    --------
    >>> exponential("x", "float32")[-1]
    'x = ldexp(x, whole)'
    """
    *_, last = terms = POLYNOMIAL[compute]
    lines = [
        f"{name} = {name} if {name} > T({LEAST[compute]}) else T({LEAST[compute]})",
        f"whole = round({name})",
        f"rest = {name} - whole",
        f"{name} = T({last})",
    ]
    lines += [f"{name} = dot_onto(T({term}), {name}, rest)" for term in reversed(terms[:-1])]
    return [*lines, f"{name} = ldexp({name}, whole)"]
