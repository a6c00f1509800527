"""The keys of a config as a page, written out of the schema that checks them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from convpipe.config.schema import schema

ABOUT = """\
# The keys of a config

A config is a mapping of these keys, or one of `jobs`, a list of such mappings, and `defaults`, whose keys
every job has that does not have them itself. Keys that begin with `x-` are yours: what they hold is not read.
Of `stages` each is one key and value, `family: method`, with parameters beside it: [the
catalogue](catalogue.md)."""

_WORDS = {
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "null": "null",
}

_LISTS = {"string": "a list of texts", "number": "a list of numbers", "integer": "a list of whole numbers"}


def markdown() -> str:
    """Return the page: a table of the keys of a job, and one of each of its sections.

    Examples
    --------
    >>> markdown().splitlines()[0]
    '# The keys of a config'
    """
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    keys = {key: each for key, each in schema()["definitions"]["job"]["properties"].items() if key[0] != "$"}
    yield from (ABOUT, "")
    yield from _table(keys)
    for key, each in keys.items():
        named = each.get("additionalProperties", {})
        inner = each.get("properties") or (isinstance(named, Mapping) and named.get("properties"))
        if inner:
            yield from (
                "",
                f"## {key}",
                "",
                f"{each['description'][0].upper()}{each['description'][1:]}.",
                "",
            )
            yield from _table(inner)


def _table(keys: Mapping[str, Any]) -> Iterator[str]:
    yield from ("| key | meaning | takes | default |", "| --- | --- | --- | --- |")
    for key, each in keys.items():
        default = json.dumps(each["default"]) if "default" in each else ""
        takes = " or ".join(dict.fromkeys(_kinds(each)))
        yield f"| `{key}` | {_cell(each.get('description', ''))} | {_cell(takes)} | {_cell(default)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _kinds(each: Mapping[str, Any]) -> Iterator[str]:
    """Return in words what a key takes."""
    if "anyOf" in each:
        for one in each["anyOf"]:
            if "pattern" not in one:  # of words that are listed before it, in any case
                yield from _kinds(one)
    elif "enum" in each:
        yield ", ".join(f"`{word}`" for word in each["enum"])
    elif "type" in each:
        types = each["type"] if isinstance(each["type"], list) else [each["type"]]
        for one in types:
            if one == "array":
                yield _LISTS.get(_kind_of_items(each), "a list")
            elif one == "object":
                yield "a mapping"
            else:
                yield "a name" if "pattern" in each else _WORDS[one]


def _kind_of_items(each: Mapping[str, Any]) -> str:
    items = each.get("items")
    return str(items.get("type")) if isinstance(items, Mapping) else ""
