"""Values as YAML on one line, as a person would write them."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from convpipe.config import yaml
from convpipe.config.tree import Source
from convpipe.errors import ConfigError

_PLAIN = re.compile(r"[A-Za-z_(./~][^\r\n#{}\[\],&*!|>'\"%@`]*")


def written(value: Any, like: str = "") -> str:
    """Return a value as YAML on one line, which a list in brackets takes as well.

    Parameters
    ----------
    value : object
        None, a bool, a number, text, or lists of them.
    like : str
        What it stands in the place of: its quotes are kept.

    Examples
    --------
    >>> written([1.50, 2, "sobel", None, True]), written("yes: no"), written("no"), written("1")
    ('[1.5, 2, sobel, null, true]', '"yes: no"', 'no', '"1"')
    >>> written("down", like="'up'")
    "'down'"
    """
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(written, value))}]"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(value)
    text = str(value)
    if like[:1] == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    if like[:1] != '"' and _PLAIN.fullmatch(text) and _reads_as_it_is(text):
        return text
    return json.dumps(text, ensure_ascii=False)


def _number(value: float) -> str:
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else f"{'-' if value < 0 else ''}.inf"
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _reads_as_it_is(text: str) -> bool:
    """Tell whether a text without quotes is itself, on a line and in brackets."""
    try:
        return bool(
            yaml.parse(f"[[{text}], {{k: {text}}}]", Source("<value>")).plain() == [[text], {"k": text}]
        )
    except ConfigError:
        return False
