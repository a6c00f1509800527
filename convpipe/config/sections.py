"""The mappings of a config: their keys are looked at, and their values parsed, as declared."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Any

from convpipe.config.hints import belongs
from convpipe.config.job import is_free
from convpipe.config.problems import Problems
from convpipe.config.tree import BROKEN, Entry, Node
from convpipe.errors import ParameterError
from convpipe.stages import nearest
from convpipe.stages.elsewhere import meant_here
from convpipe.stages.parameters import Parameter


def values_of(entries: dict[str, Entry], keys: Sequence[Parameter], problems: Problems) -> dict[str, Any]:
    """Return the values of `keys`, or their defaults; what is wrong is added to `problems`."""
    found = {key.name: key.default for key in keys}
    for key in keys:
        if key.name in entries and not entries[key.name].node.broken:
            with problems.gathered():
                found[key.name] = _parsed(key, entries[key.name].node)
    return found


def _parsed(key: Parameter, node: Node) -> Any:
    if node.value is None:
        raise node.mark.error(f"{key.name} has no value; it needs {key.kind()}")
    try:
        return key.parse(node.plain())
    except ParameterError as error:
        raise node.mark.error(str(error)) from None


_LISTS = {
    "input": "; the folder below 'path:', which files of it below 'include:'",
    "outputs": "; name each result: 'outputs: {NAME: }'",
    "measure": "; name each number: 'measure: {NAME: mean(result)}'",
    "accept": "; write the range of each measure: 'accept: {NAME: [0, 1]}'",
    **dict.fromkeys(("output", "mask", "limits"), ""),
}
"""What to do about a list in the place of a mapping; elsewhere it is one of stages."""


def mapping_of(node: Node, what: str, problems: Problems) -> dict[str, Entry]:
    """Return the entries of a mapping; none of what is no mapping, which is added to `problems`."""
    if isinstance(node.value, dict):
        return node.value
    if node.value is not BROKEN:
        hint = _LISTS.get(what, "; put the stages below 'stages:'") if isinstance(node.value, list) else ""
        problems.add(node.mark.error(f"{what} needs a mapping of keys; given {node.kind()}{hint}"))
    return {}


def _slip(key: str, known: Sequence[str]) -> str:
    """Return, as the end of an error, the key of this place that is a letter or two away."""
    close = difflib.get_close_matches(key[:100], known, n=1, cutoff=0.9)
    return f"; did you mean {close[0]!r}?" if close else ""


def check_keys(entries: dict[str, Entry], known: Sequence[str], what: str, problems: Problems) -> None:
    """Add to `problems` the keys of `what` that are none of those known, each with what is meant."""
    for key, entry in unknown_keys(entries, known):
        hint = meant_here(key, known) or _slip(key, known) or belongs(key, entry, what) or nearest(key, known)
        problems.add(entry.mark.error(f"unknown key {key!r} in {what}{hint}"))


def unknown_keys(entries: dict[str, Entry], known: Sequence[str]) -> Iterator[tuple[str, Entry]]:
    """Return the entries whose keys are not known, but for those of editors and anchors."""
    return ((key, entry) for key, entry in entries.items() if key not in known and not is_free(key))
