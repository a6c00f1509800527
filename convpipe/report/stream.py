"""JSON that is written piece by piece: what is long is an iterator, and never in memory as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

INDENT = "  "

BLOCK = 1 << 20
"""Characters that are written at a time."""


def pieces_of(value: Any, margin: str = "") -> Iterator[str]:
    r"""Yield data as JSON, in the lines of ``json.dumps(..., indent=2)``; iterators are arrays.

    Parameters
    ----------
    value : plain data
        With iterators among the values of mappings, or among what iterators yield.
    margin : str
        Before every line but the first.

    Raises
    ------
    ValueError
        A number is not finite: JSON has none.

    Examples
    --------
    >>> print("".join(pieces_of({"a": [1, 2], "b": ({"c": at} for at in range(2))})))
    {
      "a": [
        1,
        2
      ],
      "b": [
        {
          "c": 0
        },
        {
          "c": 1
        }
      ]
    }
    """
    inner = margin + INDENT
    if isinstance(value, Iterator):
        yield from _enclosed("[]", (pieces_of(each, inner) for each in value), margin)
    elif isinstance(value, Mapping) and any(isinstance(each, Iterator) for each in value.values()):
        yield from _enclosed("{}", (_entry(key, each, inner) for key, each in value.items()), margin)
    else:
        yield json.dumps(value, indent=len(INDENT), allow_nan=False).replace("\n", f"\n{margin}")


def blocks(texts: Iterable[str]) -> Iterator[str]:
    """Yield text in blocks, so that the whole of it is never in memory."""
    block: list[str] = []
    held = 0
    for text in texts:
        block.append(text)
        held += len(text)
        if held > BLOCK:
            yield "".join(block)
            block, held = [], 0
    yield "".join(block)


def encoded(texts: Iterable[str]) -> Iterator[bytes]:
    """Yield text in blocks of bytes."""
    return (block.encode("utf-8") for block in blocks(texts))


def listed(value: Any) -> Any:
    """Return data whose iterators are lists."""
    if isinstance(value, Iterator):
        return [listed(each) for each in value]
    return {key: listed(each) for key, each in value.items()} if isinstance(value, Mapping) else value


def _entry(key: str, value: Any, margin: str) -> Iterator[str]:
    yield f"{json.dumps(key)}: "
    yield from pieces_of(value, margin)


def _enclosed(brackets: str, items: Iterator[Iterator[str]], margin: str) -> Iterator[str]:
    """Yield items, a line each, between brackets."""
    before = brackets[0]
    for item in items:
        yield f"{before}\n{margin}{INDENT}"
        yield from item
        before = ","
    yield brackets if before == brackets[0] else f"\n{margin}{brackets[1]}"
