"""A config as a tree whose every key and value knows its position."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from convpipe.dataclass import dataclass
from convpipe.errors import ConfigError, printable
from convpipe.stores import redacted

MOST_DEPTH = 50
"""Deepest nesting of a config; a kernel in a stage in a job needs six levels."""

_MOST_MESSAGE, _MOST_SNIPPET = 600, 100

BROKEN: Any = object()
"""Value of a node that could not be read, for which an error is noted already."""


@dataclass(frozen=True)
class Source:
    """Where a node came from: a file with its lines, or an option or mapping, which have none."""

    path: str
    lines: tuple[str, ...] = ()

    @cached_property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)


@dataclass(frozen=True)
class Mark:
    """A position in a source, counted from 1; sources without lines have only their name."""

    source: Source
    line: int = 1
    column: int = 1

    def error(self, message: str) -> ConfigError:
        """Return the error that points here."""
        message = redacted(printable(message))
        if len(message) > _MOST_MESSAGE:  # a value may be as long as the file; the ends say enough
            half = _MOST_MESSAGE // 2
            message = f"{message[:half]} ... {message[-half:]}"
        if not self.source.lines:
            return ConfigError(message, self.source.path)
        return ConfigError(message, self.source.path, self.line, self.column, self._snippet())

    def _snippet(self) -> str:
        text = redacted(self.source.lines[min(self.line, len(self.source.lines)) - 1], long=True)
        # A very long line is cut around the position.
        start = max(0, self.column - 60)
        shown = "".join(c if c.isprintable() else " " for c in text[start : start + _MOST_SNIPPET])
        before = sum(_cells(c) for c in shown[: self.column - 1 - start])
        number = f"{self.line} | "
        return f"  {number}{shown}\n  {' ' * (len(number) + before)}^"


def _cells(character: str) -> int:
    """Return how many columns of a terminal the character takes."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


@dataclass(frozen=True)
class Node:
    """A value with its position; `value` is a scalar, a list of nodes or a dict of entries."""

    value: Any
    mark: Mark

    def plain(self) -> Any:
        """Return the value without positions."""
        if isinstance(self.value, dict):
            return {key: entry.node.plain() for key, entry in self.value.items()}
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        return self.value

    @property
    def broken(self) -> bool:
        """Tell whether it, or an item of it, could not be read."""
        if isinstance(self.value, list):
            return any(item.broken for item in self.value)
        if isinstance(self.value, dict):
            return any(entry.node.broken for entry in self.value.values())
        return self.value is BROKEN

    def kind(self) -> str:
        """Return what it is, for a person."""
        if isinstance(self.value, dict):
            return "a mapping"
        if isinstance(self.value, list):
            return "a list" if self.value else "an empty list"
        return "nothing" if self.value is None else repr(self.value)


@dataclass(frozen=True)
class Entry:
    """A value of a mapping, with the position of its key."""

    node: Node
    mark: Mark


def locate(data: Any, name: str, path: str = "", above: tuple[int, ...] = ()) -> Node:
    """Return plain `data` as a tree whose marks name the key path, as in ``stages[1].sigma``.

    Parameters
    ----------
    data : object
        Mappings, lists and scalars; a NumPy array stays one value.
    name : str
        What errors call the whole.
    path : str
        Of `data` in the whole.
    above : tuple of int
        Identities of the containers that hold `data`.

    Raises
    ------
    ConfigError
        If a container holds itself, or the nesting is too deep.
    """
    mark = Mark(Source(f"{name}: {path}" if path else name))
    if id(data) in above or len(above) > MOST_DEPTH:
        raise mark.error(f"holds itself, or is nested more than {MOST_DEPTH} deep")
    inside = (*above, id(data))
    if isinstance(data, Mapping):
        entries = {
            str(key): Entry(locate(value, name, f"{path}.{key}".lstrip("."), inside), mark)
            for key, value in data.items()
        }
        return Node(entries, mark)
    if isinstance(data, (list, tuple)):
        return Node([locate(item, name, f"{path}[{i}]", inside) for i, item in enumerate(data)], mark)
    return Node(os.fspath(data) if isinstance(data, os.PathLike) else data, mark)
