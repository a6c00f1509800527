"""Where the values of a YAML text stand in it: what an editor needs, to change one and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from convpipe.dataclass import dataclass

_ANCHOR = re.compile(r"&\S+\s+")


@dataclass
class Place:
    """A value, and where it stands.

    Parameters
    ----------
    start, end : int
        Its first character, and that after its last.
    flow : bool
        Whether it is in brackets or braces, or in one that is.
    items : list of Place or None
        Of a list.
    entries : dict of str to (Place, Place) or None
        Of a mapping: its keys and its values.
    text : str or None
        Of a scalar, without quotes.
    """

    start: int
    end: int
    flow: bool = False
    items: list[Place] | None = None
    entries: dict[str, tuple[Place, Place]] | None = None
    text: str | None = None

    def value(self, key: str) -> Place | None:
        """Return the value of a key, if there is one."""
        found = (self.entries or {}).get(key)
        return None if found is None else found[1]

    @property
    def starts(self) -> Iterator[int]:
        """Where all keys and items in it begin."""
        for key, value in (self.entries or {}).values():
            yield key.start
            yield from value.starts
        for item in self.items or ():
            yield item.start
            yield from item.starts

    def key_at(self, at: int) -> str | None:
        """Return the key that a character is of, itself or in its value."""
        entries = self.entries or {}
        return next((key for key, (name, value) in entries.items() if name.start <= at <= value.end), None)


def places(text: str) -> Place | None:
    r"""Return the value of the one document in a YAML text; None where it is no such text.

    Examples
    --------
    >>> text = "stages:\n  - blur: box\n    size: [3, 5]  # rows, columns\n"
    >>> stage = places(text).value("stages").items[0]
    >>> size = stage.value("size")
    >>> text[size.start : size.end], [text[one.start : one.end] for one in size.items]
    ('[3, 5]', ['3', '5'])
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)
    try:
        events = iter(yaml.parse(text))
        event = next(events)
        while not isinstance(event, DocumentStartEvent):
            event = next(events)
        return _Reader(text, events).place(next(events))
    except (YAMLError, StopIteration, ArithmeticError, AssertionError, LookupError, TypeError, ValueError):
        return None  # what is wrong with it the loader says


@dataclass
class _Reader:
    """Reads events; an alias is the value that it stands for, where that stands."""

    text: str
    events: Iterator[Any]
    anchors: dict[str, Place] = field(default_factory=dict)

    def place(self, event: Any, flow: bool = False) -> Place:
        """Return the value that begins with an event."""
        if isinstance(event, AliasEvent):
            return self.anchors[event.anchor]
        start = event.start_mark.index
        if event.anchor and (found := _ANCHOR.match(self.text, start)):  # which stays, whatever its value is
            start = found.end()
        if isinstance(event, ScalarEvent):
            made = Place(start, event.end_mark.index, flow, text=str(event.value))
        else:
            made = Place(start, start, flow or bool(event.flow_style))
            fill = self._fill_list if isinstance(event, SequenceStartEvent) else self._fill_mapping
            assert isinstance(event, SequenceStartEvent | MappingStartEvent)
            last = fill(made)
            made.end = last.end_mark.index if event.flow_style else max(made.end, start)
        if event.anchor:
            self.anchors[event.anchor] = made
        return made

    def _fill_list(self, made: Place) -> Any:
        made.items = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            made.items.append(self.place(event, made.flow))
            made.end = self._end(event, made.items[-1])
        return event

    def _fill_mapping(self, made: Place) -> Any:
        made.entries = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            key = self.place(event, made.flow)
            value_event = next(self.events)
            value = self.place(value_event, made.flow)
            if isinstance(value_event, ScalarEvent) and value.start == value.end:  # left out: after its colon
                value = Place(key.end + 1, key.end + 1, made.flow, text="")
            made.entries.setdefault(key.text or "", (key, value))
            made.end = self._end(value_event, value)
        return event

    def _end(self, event: Any, place: Place) -> int:
        """Return where an item ends: of an alias, the alias itself."""
        return int(event.end_mark.index) if isinstance(event, AliasEvent) else place.end
