"""Docstrings of the functions of filters, in the form of NumPy's, from their declarations."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from convpipe.filters.annotations import annotation, python_default, python_name
from convpipe.filters.example import example
from convpipe.stages.parameters import Choice

if TYPE_CHECKING:
    from convpipe.filters.function import Filter

_LITERAL = re.compile(r"Literal\[(.*?)\]")

WIDTH = 100

ABOUT = {
    "missing": "A value that stands for samples which are not there, and count for nothing.",
    "out": "Receives the result and is returned.",
    "threads": "1 runs on the calling thread; default: every core.",
    "channel_axis": "The axis of the channels; default: the last of three.",
    "alpha": "Whether the last channel is alpha.",
    "mask": "0 where a pixel is missing.",
    "page_axis": "The axis of the pages.",
}
"""What the options mean, in short: :meth:`convpipe.Pipeline.__call__` says it at length."""

IMAGE = "array_like, shape (rows, cols) or (rows, cols, channels)"


def docstring(function: Filter) -> str:
    """Return the docstring of a function: what it does, takes and gives, and whose mathematics it is."""
    return "\n".join(_lines(function))


def _lines(function: Filter) -> Iterator[str]:
    method = function.method
    yield from _filled(f"{method.summary[0].upper()}{method.summary[1:]}.")
    yield from ("", "Parameters", "----------")
    for name in function.images:
        pages = "array_like, shape (pages, rows, cols) or (pages, rows, cols, channels)"
        yield f"{name} : {pages if name == 'pages' else IMAGE}"
    if method.over_stack and function.images == ("image",):
        yield "    With `axis` 'stack' an axis of pages before these."
    if len(function.images) > 1:
        yield "    All of one size and dtype; of bool among others, True is the full scale."
    for each in sorted(function.parameters, key=lambda each: not each.required):
        default = "" if each.required else f", default {python_default(each)!r}"
        kind = _LITERAL.sub(r"{\1}", annotation(each))
        yield f"{python_name(each.name)} : {kind}{default}"
        takes = "" if isinstance(each, Choice) else f": {each.kind()}"
        yield from _filled(f"{each.doc[0].upper()}{each.doc[1:]}{takes}.", "    ")
    for name, (kind, default) in function.options.items():
        yield f"{name} : {kind}, default {default!r}"
        yield f"    {ABOUT[name]}"
    if function.is_formula:
        yield f"**images : {IMAGE}"
        yield "    By the names that they have in the formula; all of one size and dtype."
    yield from ("", "Returns", "-------", "ndarray")
    yield "    Of the image's dtype, if `dtype` is not given; rounded half to even, and saturated."
    yield from ("", "Raises", "------", "ParameterError")
    yield "    If a parameter is out of range, or this is no image."
    yield from ("", "Notes", "-----")
    if method.formula:
        yield from ("::", "", *_filled(method.formula, "    "), "")
    yield from _filled(f"In a config: ``- {method.family}: {method.name}``. Source: {method.reference}.")
    yield from ("", "Examples", "--------", ">>> import convpipe", *example(function))


def _filled(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
