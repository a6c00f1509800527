"""What a page may ask of a config: one change each, checked before it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from convpipe.config.document import Document
from convpipe.config.job import JOB_KEYS
from convpipe.errors import ParameterError
from convpipe.stages import families
from convpipe.tuner.controls import example_of

OPTIONS = {
    key.name: key for key in JOB_KEYS if key.name in ("border", "dtype", "linear_light", "missing", "like")
}
"""What a job says for all of its stages, and a page has controls for."""

_MOST_TEXT = 1 << 16
"""Longest text of a value, in characters."""

_MOST_LISTS = 16
"""Most lists inside one another."""


def edited(document: Document, change: Mapping[str, Any]) -> Document:
    r"""Return a document with a change made.

    Parameters
    ----------
    document : Document
    change : mapping
        Its ``op``, and what that takes: ``set`` an ``entry``, a ``key`` and a ``value``, ``unset`` an entry
        and a key, ``insert`` ``at`` a place a ``family`` and a ``method``, ``move`` an entry ``to`` another
        place, ``remove`` and ``switch`` an entry, ``option`` a key of the job and its value, null for none.

    Raises
    ------
    ParameterError
        If it is no such change.

    Examples
    --------
    >>> mine = Document("stages:\n  - blur: box\n")
    >>> print(edited(mine, {"op": "set", "entry": 0, "key": "size", "value": 5}).text, end="")
    stages:
      - blur: box
        size: 5
    """
    op = change.get("op")
    if not isinstance(op, str) or op not in _OPS:
        raise ParameterError(f"op needs one of {', '.join(_OPS)}; given {op!r}", "op")
    return _OPS[op](document, change)


def _set(document: Document, change: Mapping[str, Any]) -> Document:
    entry, key, value = _entry_on(document, change), _word(change, "key"), _value(change.get("value"))
    path = change.get("path", [])
    if not isinstance(path, list) or not all(isinstance(step, int) and step >= 0 for step in path):
        raise ParameterError(f"path needs places in lists; given {path!r}", "path")
    try:
        return document.set(entry, [key, *path], value)
    except (AssertionError, IndexError):
        raise ParameterError(f"{key} has no place {path}", "path") from None


def _unset(document: Document, change: Mapping[str, Any]) -> Document:
    return document.unset(_entry_on(document, change), _word(change, "key"))


def _insert(document: Document, change: Mapping[str, Any]) -> Document:
    family, method = _word(change, "family"), change.get("method")
    known = families().get(family, {})
    if not (isinstance(method, str) and method in known if method is not None else "LABEL" in known):
        raise ParameterError(f"there is no {family} {method}", "method")
    at, expected = _place(document, change, "at", len(document.entries)), _listed(document)
    expected.insert(at, None)
    return _proven(document.insert(at, example_of(family, method)), expected, at)


def _remove(document: Document, change: Mapping[str, Any]) -> Document:
    at, expected = _entry(document, change), _listed(document)
    del expected[at]
    return _proven(document.remove(at), expected)


def _switch(document: Document, change: Mapping[str, Any]) -> Document:
    at = _entry(document, change)
    return _proven(document.switch(at), _listed(document), at)


def _move(document: Document, change: Mapping[str, Any]) -> Document:
    at, to = _entry(document, change), _place(document, change, "to", len(document.entries) - 1)
    expected = _listed(document)
    expected.insert(to, expected.pop(at))
    return _proven(document.move(at, to), expected)


def _listed(document: Document) -> list[Any]:
    """Return what the stages of a list say: their texts, but for the spaces in them.

    Raises
    ------
    ParameterError
        If two are one text.
    """
    entries = document.entries
    starts = [one.place.start for one in entries if one.place is not None]
    if len(set(starts)) < len(starts):
        raise ParameterError(_SHARED, "stages")
    return [(one.on, {key: text.split() for key, text in one.given.items()}) for one in entries]


def _proven(made: Document, expected: list[Any], changed: int | None = None) -> Document:
    """Return what was made, if all stages but the one that is changed say what is expected of them."""
    found = _listed(made)
    pairs = enumerate(zip(found, expected, strict=False))
    if len(found) != len(expected) or any(at != changed and one != other for at, (one, other) in pairs):
        raise ParameterError(_SHARED, "stages")
    return made


_SHARED = "the stages share text (by & and *), or stand where no other can: change their order by hand"


def _option(document: Document, change: Mapping[str, Any]) -> Document:
    key = _word(change, "key")
    if key not in OPTIONS:
        raise ParameterError(f"key needs one of {', '.join(OPTIONS)}; given {key!r}", "key")
    return document.set_option(key, _value(change.get("value")))


_OPS: dict[str, Callable[[Document, Mapping[str, Any]], Document]] = {
    "set": _set,
    "unset": _unset,
    "insert": _insert,
    "remove": _remove,
    "switch": _switch,
    "move": _move,
    "option": _option,
}


def _entry_on(document: Document, change: Mapping[str, Any]) -> int:
    entry = _entry(document, change)
    if not document.entries[entry].on:
        raise ParameterError("a stage that is off is not changed; switch it on", "entry")
    return entry


def _entry(document: Document, change: Mapping[str, Any]) -> int:
    return _place(document, change, "entry", len(document.entries) - 1)


def _place(document: Document, change: Mapping[str, Any], name: str, most: int) -> int:
    at = change.get(name)
    if not isinstance(at, int) or isinstance(at, bool) or not 0 <= at <= most:
        raise ParameterError(f"{name} needs an int from 0 to {most}; given {at!r}", name)
    return at


def _word(change: Mapping[str, Any], name: str) -> str:
    word = change.get(name)
    if not isinstance(word, str) or not word.replace("_", "").isalnum():
        raise ParameterError(f"{name} needs a word; given {word!r}", name)
    return word


def _value(value: Any, depth: int = 0) -> Any:
    """Return a value as JSON has it: None, a bool, a number, a line of text, or lists of them."""
    if isinstance(value, list) and depth < _MOST_LISTS:
        return [_value(item, depth + 1) for item in value]
    if isinstance(value, str) and (len(value) > _MOST_TEXT or not value.isprintable()):
        raise ParameterError("a text is one line of characters that can be printed", "value")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ParameterError(
        f"value needs a number, a text, or lists of them; given {type(value).__name__}", "value"
    )
