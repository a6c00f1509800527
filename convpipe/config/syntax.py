"""What is wrong with text that is no YAML, in the words of what a person has typed.

The parser says what it expected when it gave up, in the terms of its grammar. The slips behind it are few:
an indentation, a tab, a space left out, a backslash or a star without the right quotes, a bracket left open.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ruamel.yaml.error import MarkedYAMLError, StreamMark

from convpipe.dataclass import dataclass

_NO_SPACE = re.compile(r"(\s*(?:- +)*)([A-Za-z_]\w*):(?=[^\s:/\\])")
_NO_DASH_SPACE = re.compile(r"(\s*)-(?=[A-Za-z_])")
_KEY = re.compile(r"\s*(?:- +)*[^\s#'\"\[{-][^#'\"\[{]*?:(?:\s|$)")
_CLOSING = {"mapping": ("{", "}"), "sequence": ("[", "]")}


@dataclass(frozen=True)
class Slip:
    """What is wrong, and where, counted from 1."""

    message: str
    line: int
    column: int


def slip(error: MarkedYAMLError, lines: Sequence[str]) -> Slip | None:
    """Return what is wrong with the text, or None where the parser says no position.

    Parameters
    ----------
    error : MarkedYAMLError
        What the parser raised.
    lines : sequence of str
        The text; a character that a terminal cannot show counts as one column.
    """
    at, began = error.problem_mark or error.context_mark, error.context_mark
    if at is None:
        return None
    problem, context = error.problem or error.context or "", error.context or ""
    line, column = min(at.line, len(lines) - 1), at.column
    if "cannot start any token" in problem:
        return _character(lines, line, column, problem)
    if "escape" in problem:
        start = lines[line].rfind("\\", 0, column)
        message = (
            "in double quotes a backslash begins an escape such as \\n;"
            " write a Windows path in single quotes, or with /"
        )
        return Slip(message, line + 1, max(start, 0) + 1)
    if "quoted scalar" in context and began is not None:
        return Slip("the quote that opens here is not closed", began.line + 1, began.column + 1)
    if "flow" in context and began is not None:
        opening, closing = _CLOSING["mapping" if "mapping" in context else "sequence"]
        message = (
            f"a comma or {closing!r} is missing before this:"
            f" {opening!r} opens in line {began.line + 1}, column {began.column + 1}"
        )
        return Slip(message, line + 1, column + 1)
    return _line(lines, line, column) or _other(error, at)


def _other(error: MarkedYAMLError, at: StreamMark) -> Slip:
    message = f"not YAML: {error.problem or error.context}"
    began = error.context_mark
    if error.problem and error.context and began is not None and began.line != at.line:
        message += f" {error.context} that starts in line {began.line + 1}"
    return Slip(message, at.line + 1, at.column + 1)


def _character(lines: Sequence[str], line: int, column: int, problem: str) -> Slip:
    character = lines[line][column : column + 1]
    if character != "\t":
        message = f"a value cannot begin with {character}; put it in quotes"
    elif lines[line][:column].strip():
        message = "a tab; put a space there"
    else:
        message = "a tab; indent with spaces"
    return Slip(message, line + 1, column + 1)


def _line(lines: Sequence[str], line: int, column: int) -> Slip | None:
    """Look for a slip in the line where the parser gave up, and in the one before, which it read on from."""
    for number in (_before(lines, line), line):
        if number is not None and (match := _NO_SPACE.match(lines[number])):
            key = match[2]
            return Slip(f"a space is missing after the colon: '{key}: ...'", number + 1, match.end() + 1)
        if number is not None and (match := _NO_DASH_SPACE.match(lines[number])):
            return Slip("a space is missing after the dash: '- ...'", number + 1, match.end() + 1)
    return _indentation(lines, line) or _colon(lines, line, column)


def _colon(lines: Sequence[str], line: int, column: int) -> Slip | None:
    """Find a second colon in a line, as in ``name: a: b``."""
    first = _KEY.match(lines[line])
    if first and first.end() <= column:
        return Slip("a value that holds ': ' needs quotes", line + 1, column + 1)
    return None


def _indentation(lines: Sequence[str], line: int) -> Slip | None:
    """Compare where a line begins with where the items and keys above it begin."""
    indent, is_item = _begins(lines[line])
    items, keys = _columns(lines, line)
    usual = items if is_item else keys
    if not usual or indent in usual & _open(lines, line, items | keys):
        return None
    wanted = min(usual, key=lambda place: (abs(place - indent), -place))
    what = "items" if is_item else "keys"
    message = f"indentation: this begins in column {indent + 1}, the {what} above in column {wanted + 1}"
    return Slip(message, line + 1, indent + 1)


def _open(lines: Sequence[str], line: int, columns: set[int]) -> set[int]:
    """Return the columns that the line before leaves open: its own, and those further left."""
    before = _before(lines, line)
    if before is None:
        return columns
    deepest = _begins(lines[before])[0] + len(_dashes(lines[before]))
    return {column for column in columns if column <= deepest}


def _columns(lines: Sequence[str], line: int) -> tuple[set[int], set[int]]:
    """Return the columns where the items, and the keys, that lead to a line begin."""
    items: set[int] = set()
    keys: set[int] = set()
    least: int | None = None
    for text in reversed(lines[:line]):
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        indent, is_item = _begins(text)
        if least is not None and indent > least:
            continue  # inside something that has ended
        least = indent
        if is_item:
            items.add(indent)
        if _KEY.match(text):
            keys.add(indent + len(_dashes(text)))
        if indent == 0:
            break
    return items, keys


def _before(lines: Sequence[str], line: int) -> int | None:
    """Return the line before that is neither blank nor a comment."""
    for number in range(line - 1, -1, -1):
        if lines[number].strip() and not lines[number].lstrip().startswith("#"):
            return number
    return None


def _begins(text: str) -> tuple[int, bool]:
    """Return how far a line is indented, and whether it is an item of a list."""
    rest = text.lstrip(" ")
    return len(text) - len(rest), rest.startswith("- ")


def _dashes(text: str) -> str:
    match = re.match(r"(?:- +)*", text.lstrip(" "))
    return match[0] if match else ""
