"""The functions of the expression vocabulary, on scalars: plain Python, compiled by every backend.

The other names of the vocabulary are each backend's own (floor, round), those of :mod:`math` and Python
itself (sqrt, abs), or in :mod:`convpipe.compile.common.elementary`.
"""

# ruff: noqa: D103 - the names are the documentation: see convpipe.interval.FUNCTIONS


def square(x):  # type: ignore[no-untyped-def]
    return x * x


def power(x, exponent):  # type: ignore[no-untyped-def]
    return x**exponent


def minimum(a, b):  # type: ignore[no-untyped-def]
    return a if a < b or a != a else b


def maximum(a, b):  # type: ignore[no-untyped-def]
    return a if a > b or a != a else b


def where(condition, a, b):  # type: ignore[no-untyped-def]
    return a if condition else b


VOCABULARY = (square, power, minimum, maximum, where)
