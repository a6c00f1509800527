"""Where a character of a text stands in the YAML that holds it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from convpipe.config.tree import Mark, Node

_BLANK = " \t\r\n"

_PREFIX = re.compile(r"(?:[&!]\S*\s+)*")
"""An anchor or a tag before a value."""

_UNITS = {
    "'": re.compile(r"''|.", re.DOTALL),
    '"': re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)|.", re.DOTALL),
}
"""What stands for one character in quotes."""

_ESCAPED_BLANKS = frozenset(rf"\{character}" for character in " nrtNLP_\t\n")


def inside(node: Node, offset: int) -> Mark:
    r"""Return where character `offset` of a text stands, from 0; its end, if there is none.

    Folding and escapes are undone by counting the characters that are not blank, which YAML keeps.

    Examples
    --------
    >>> from convpipe.config.tree import Source
    >>> source = Source("x.yaml", ('formula: "a +', '    (b - c"'))
    >>> mark = inside(Node("a + (b - c", Mark(source, 1, 10)), 5)
    >>> mark.line, mark.column
    (2, 6)
    """
    mark, value = node.mark, node.value
    if not mark.source.lines or not isinstance(value, str):
        return mark
    before, here = value[:offset], value[offset : offset + 1].strip(_BLANK)
    wanted = sum(character not in _BLANK for character in before)
    for place, (unit, line, column) in enumerate(_units(mark)):
        if here and place == wanted:
            return replace(mark, line=line, column=column)
        if not here and place + 1 == wanted:
            blanks = len(before) - len(before.rstrip(_BLANK))
            return replace(mark, line=line, column=column + len(unit) + blanks)
    return mark


def _units(mark: Mark) -> Iterator[tuple[str, int, int]]:
    """Yield what stands for each character that is no blank, from a mark on, with its line and column."""
    line, text = (
        mark.line,
        "\n".join((mark.source.lines[mark.line - 1][mark.column - 1 :], *mark.source.lines[mark.line :])),
    )
    at = _PREFIX.match(text).end()  # type: ignore[union-attr]
    style = text[at : at + 1]
    if style in ("|", ">"):
        at = text.find("\n", at)
    elif style in _UNITS:
        at += 1
    start = -(mark.column - 1)  # where the line begins
    line += text.count("\n", 0, at)
    if "\n" in text[:at]:
        start = text.rfind("\n", 0, at) + 1
    for match in _UNITS.get(style, re.compile(".", re.DOTALL)).finditer(text, at):
        unit = match[0]
        if unit not in _BLANK and unit not in _ESCAPED_BLANKS:
            yield unit, line, match.start() - start + 1
        if "\n" in unit:
            line, start = line + 1, match.end()
