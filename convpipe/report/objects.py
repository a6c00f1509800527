"""The table of the objects of a run: a row for each object of each page of each image."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from convpipe.dataclass import dataclass
from convpipe.objects import PROPERTIES, Objects
from convpipe.report.measures import guarded

COLUMNS = ("path", "page", "labels", *PROPERTIES)
"""Of the table, before the measures."""


@dataclass(frozen=True)
class ObjectTable:
    """Where the table of objects is, and how many there are."""

    path: str
    count: int


def lines_of(objects: Iterable[Objects], measures: Sequence[str]) -> str:
    r"""Return the lines of a page in the table, without its path and number.

    Parameters
    ----------
    objects : iterable of Objects
    measures : sequence of str
        All measures of objects; those of other labels have empty cells.
    """
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    for one in objects:
        columns = {name: numbers.tolist() for name, numbers in one.columns.items()}
        cells = [columns.get(name, [""] * len(one)) for name in (*PROPERTIES, *measures)]
        writer.writerows(zip([one.labels] * len(one), *cells, strict=True))
    return out.getvalue()


def head_of(measures: Sequence[str]) -> str:
    """Return the first line of the table."""
    return ",".join(f'"{name}"' for name in (*COLUMNS, *measures)) + "\n"


def rows_of(path: str, pages: Sequence[str]) -> Iterator[str]:
    r"""Yield the rows of an image, from the lines of its pages.

    Texts stand in quotes, and before one that a spreadsheet would take for a formula stands an apostrophe.

    Examples
    --------
    >>> list(rows_of("=1+1.png", ['"cells",1,9\n"cells",2,4\n', ""]))
    ['"\'=1+1.png",0,"cells",1,9\n', '"\'=1+1.png",0,"cells",2,4\n']
    """
    quoted = guarded(path).replace('"', '""')
    for page, lines in enumerate(pages):
        for line in lines.splitlines(keepends=True):
            yield f'"{quoted}",{page},{line}'


def is_table(begin: str) -> bool:
    """Tell whether a file that begins so is a table of objects."""
    return begin.startswith(",".join(f'"{name}"' for name in COLUMNS[:4]))
