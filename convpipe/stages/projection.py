"""Projections: one page of all the pages of a stack, each pixel by what it is in all of them.

What they make of a stack is in :mod:`convpipe.stack`; an image that is one page alone is a stack of it.
"""

from __future__ import annotations

from convpipe.ops import Map, Op
from convpipe.stages.across import PROJECTION
from convpipe.stages.base import method


def _same() -> tuple[Op, ...]:
    """Return one page as it is."""
    return (Map("r"),)


def _declare(name: str, summary: str, reference: str, formula: str = "") -> None:
    method(PROJECTION, name, summary, reference=reference, alpha="refuse", formula=formula)(_same)


_declare("maximum", "the highest that a pixel is in any page of the stack", "numpy.max of axis 0")
_declare("minimum", "the lowest that a pixel is in any page of the stack", "numpy.min of axis 0")
_declare("mean", "the mean of a pixel in all pages of the stack", "numpy.mean of axis 0")
_declare(
    "median",
    "the middle one of the sorted values of a pixel in all pages of the stack; the mean of two",
    "numpy.median of axis 0",
)
_declare("sum", "the sum of a pixel over all pages of the stack", "numpy.sum of axis 0")


@method(
    PROJECTION,
    "deviation",
    "the standard deviation of a pixel in all pages of the stack; 0 of one page",
    reference="numpy.std of axis 0",
    alpha="refuse",
    formula="sqrt(mean((r - mean)^2))",
)
def _deviation() -> tuple[Op, ...]:
    return (Map("r - r"),)
