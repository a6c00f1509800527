"""Lines of a stage as comments that say so, and back."""

from __future__ import annotations

import re
from collections.abc import Sequence

OFF = re.compile(r"([ \t]*)#off( ?)(.*)", re.DOTALL)
"""A line of a stage that is switched off: its indent, and what it was."""


def commented(line: str, column: int) -> str:
    """Return a line of a stage as a comment, whose text is what the line was."""
    own = min(column, len(line) - len(line.lstrip(" \t")))
    rest = line[own:]
    return f"{line[:own]}#off {rest}" if rest.strip() else f"{' ' * column}#off{rest.lstrip(' ')}"


def uncommented(line: str) -> str:
    """Return what a line was before it was made a comment."""
    found = OFF.match(line)
    assert found is not None
    return found[1] + found[3] if found[3].strip() else found[3]


def ended(lines: Sequence[str]) -> list[str]:
    """Return lines, the last with its end."""
    made = list(lines)
    if made and not made[-1].endswith(("\n", "\r")):
        made[-1] += "\n"
    return made
