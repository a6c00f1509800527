"""Ask for rows before they are read and written: see :mod:`convpipe.compile.cpu.ahead`."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# ruff: noqa: D103 - compiled functions

from __future__ import annotations

from convpipe.compile.cpu.compiled.addresses import fetch, fetch_to_write
from convpipe.compile.cpu.compiled.rows import inline
from convpipe.memory import LINE, PAGE


@inline
def ask(rows, begin, end, result, last):
    # Of the two rows after the two that are read, bytes begin..end; of the result after its row, some others.
    apart = rows[1] - rows[0]
    if apart < PAGE:  # which is foreseen, and images of such rows are in the caches
        return
    for k in range(begin, end, LINE):
        fetch(rows[1] + apart + k)
        fetch(rows[1] + 2 * apart + k)
    for k in range(result, last, LINE):
        fetch_to_write(rows[2] + k)


@inline
def ask_below(rows, size, begin, end):
    # Of the row after the only one that is read, of so many bytes, bytes begin..end.
    if size < PAGE:
        return
    for k in range(begin, end, LINE):
        fetch(rows[0] + size + k)
