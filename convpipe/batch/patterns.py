"""Globs: which paths below a folder a pattern means, in time that grows with the two lengths alone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from fnmatch import translate
from functools import lru_cache
from pathlib import Path

_ANY_FOLDERS = None
"""Stands for ``**`` among the steps of a pattern."""


def matches(relative: Path, pattern: str) -> bool:
    """Tell whether a glob matches a path below the input folder.

    A pattern without ``/`` matches the name, at any depth; one with ``/`` matches the whole relative path,
    where ``**`` stands for any number of folders, also none. Within a name ``*`` stands for any characters,
    ``?`` for one, ``[ab]`` for one of these, ``[!ab]`` for one other; a leading dot is a character like any
    other, and braces and backslashes have no meaning. A pattern that ends in ``/`` matches all that a folder
    holds. Letter case and Unicode normal form do not matter.

    Examples
    --------
    >>> matches(Path("a/b/C.PNG"), "*.png"), matches(Path("a/b/c.png"), "a/*.png")
    (True, False)
    >>> matches(Path("a/b/c.png"), "a/**"), matches(Path("c.png"), "**/*.png")
    (True, True)
    """
    steps = _steps(pattern)
    names = [_folded(name) for name in (relative.parts if "/" in pattern else relative.parts[-1:])]
    return _match(names, steps)


@lru_cache(maxsize=1024)
def _steps(pattern: str) -> tuple[re.Pattern[str] | None, ...]:
    """Return the steps of a pattern between its slashes: an expression for a name, or ``**``."""
    if "/" not in pattern:  # without folders `**` is `*` twice
        return (re.compile(translate(_folded(pattern))),)
    steps = [step for step in pattern.split("/") if step not in ("", ".")]
    if pattern.endswith("/"):
        steps.append("**")
    return tuple(_ANY_FOLDERS if step == "**" else re.compile(translate(_folded(step))) for step in steps)


def _match(names: Sequence[str], steps: Sequence[re.Pattern[str] | None]) -> bool:
    """Tell whether the steps match all the names.

    What follows a ``**`` is tried at the first name that will do; where a later step fails, the last ``**``
    takes one name more. Earlier ones never need to: whatever they could still take, the last one can. So a
    name meets a step at most once for each place of the last ``**``, however many there are.
    """
    name = step = 0
    star, taken = -1, 0
    while name < len(names):
        if step < len(steps) and steps[step] is _ANY_FOLDERS:
            star, taken = step, name
            step += 1
        elif step < len(steps) and _fits(steps[step], names[name]):
            name, step = name + 1, step + 1
        elif star >= 0:
            taken += 1
            name, step = taken, star + 1
        else:
            return False
    return all(left is _ANY_FOLDERS for left in steps[step:])


def _fits(step: re.Pattern[str] | None, name: str) -> bool:
    return step is not None and step.match(name) is not None


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).lower()
