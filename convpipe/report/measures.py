"""What was measured of the images of a run: numbers, who passes by them, and the table of all of them."""

from __future__ import annotations

import csv
import io
import math
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.errors import printable
from convpipe.objects import SUMMARIES
from convpipe.report.result import ImageResult
from convpipe.report.stream import pieces_of
from convpipe.shelf import Lazy

Range = tuple[float | None, float | None]
"""The least and the most of a measure; None is no bound."""

COLUMNS = ("path", "page", "accepted")
"""Of the table, before the measures."""

_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How cells begin that a spreadsheet takes for a formula, in letters of full width, too."""


@dataclass(frozen=True)
class Row:
    """The numbers of an image, or of a page of one.

    Parameters
    ----------
    path : str
    page : int
        Of the file, from 0.
    numbers : mapping of str to float
    rejected : tuple of str
        Why it does not pass, a line for each number.
    pages : int
        Of the file that have numbers.
    """

    path: str
    page: int
    numbers: Mapping[str, float]
    rejected: tuple[str, ...]
    pages: int = 1


@dataclass(frozen=True)
class Spread:
    """A measure over all images: NaN counts for nothing."""

    count: int
    mean: float
    least: float
    most: float

    @classmethod
    def of(cls, numbers: NDArray[np.float64]) -> Spread:
        """Return that of some numbers."""
        held = numbers[~np.isnan(numbers)]
        if not held.size:
            return cls(0, math.nan, math.nan, math.nan)
        with np.errstate(all="ignore"):  # infinities have no mean
            return cls(held.size, float(held.mean()), float(held.min()), float(held.max()))

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        ends = {"mean": plain(self.mean), "min": plain(self.least), "max": plain(self.most)}
        return {"count": self.count, **ends}


class Rows(Lazy[Row]):
    """The numbers of all images that were measured, page by page: made when they are asked for, and not kept.

    Parameters
    ----------
    results : collection of ImageResult
    accept : mapping
        The least and the most of measures.
    rejected : bool
        Only rows by which an image does not pass.
    """

    def __init__(
        self, results: Collection[ImageResult], accept: Mapping[str, Range], *, rejected: bool = False
    ) -> None:
        self._results, self._accept, self._rejected = results, accept, rejected

    def __iter__(self) -> Iterator[Row]:
        rows = rows_of(self._results, self._accept)
        return (row for row in rows if row.rejected) if self._rejected else rows

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return any(True for _ in self)

    def _at(self, place: int) -> Row:
        return next(islice(self, place, None))


def rows_of(results: Iterable[ImageResult], accept: Mapping[str, Range]) -> Iterator[Row]:
    """Yield the numbers of all images that were measured, page by page."""
    for result in results:
        for page, pairs in enumerate(result.measures):
            numbers = dict(pairs)
            yield Row(result.path, page, numbers, tuple(_beyond(numbers, accept)), len(result.measures))


def _in_order(names: Iterable[str]) -> list[str]:
    """Return measures as they were met; those of more channels than the first image has stand behind.

    Examples
    --------
    >>> _in_order(["mean", "share", "mean.1", "mean.0"])
    ['mean', 'mean.0', 'mean.1', 'share']
    """
    names = list(names)
    places = {name: at for at, name in enumerate(dict.fromkeys(name.partition(".")[0] for name in names))}
    return sorted(names, key=lambda name: (places[name.partition(".")[0]], _part(name)))


def _part(name: str) -> int:
    """Return the number of the channel that a measure is of, or of the summary of its objects."""
    part = name.partition(".")[2]
    return SUMMARIES.index(part) if part in SUMMARIES else int(part or 0)


def columns_of(rows: Collection[Row]) -> dict[str, NDArray[np.float64]]:
    """Return the numbers of each measure, of the rows that have it."""
    columns: dict[str, array[float]] = {}
    for row in rows:
        for name, number in row.numbers.items():
            columns.setdefault(name, array("d")).append(number)
    return {name: np.array(columns[name]) for name in _in_order(columns)}


def spreads(columns: Mapping[str, NDArray[np.float64]]) -> dict[str, Spread]:
    """Return what each measure is over all rows."""
    return {name: Spread.of(numbers) for name, numbers in columns.items()}


def _beyond(numbers: Mapping[str, float], accept: Mapping[str, Range]) -> Iterator[str]:
    """Say of each number that is not accepted what it is, and what it may be; NaN never is."""
    for wanted, (least, most) in accept.items():
        for name, number in numbers.items():
            if wanted not in (name, name.partition(".")[0]):
                continue
            low, high = (-math.inf if least is None else least), (math.inf if most is None else most)
            if not low <= number <= high:
                yield f"{name} {number:.6g} is not {_said(least, most)}"


def _said(least: float | None, most: float | None) -> str:
    if least is not None and most is not None:
        return f"from {least:g} to {most:g}"
    return f"at least {least:g}" if least is not None else f"at most {most:g}"


def plain(number: float) -> float | None:
    """Return a number as JSON has it: None of NaN and of what is infinite."""
    return number if math.isfinite(number) else None


def to_dicts(rows: Iterable[Row], judged: bool) -> Iterator[dict[str, Any]]:
    """Yield rows as plain data; whether they pass is told where anything says who does."""
    for row in rows:
        yield {
            "path": row.path,
            "page": row.page,
            "accepted": not row.rejected if judged else None,
            "measures": {name: plain(number) for name, number in row.numbers.items()},
        }


def to_json(rows: Collection[Row], judged: bool) -> str:
    """Return the table of measures as JSON."""
    return "".join(json_pieces(rows, judged))


def json_pieces(rows: Collection[Row], judged: bool) -> Iterator[str]:
    """Yield the same piece by piece."""
    measures = {name: spread.to_dict() for name, spread in spreads(columns_of(rows)).items()}
    yield from pieces_of({"measures": measures, "measured": to_dicts(rows, judged)})
    yield "\n"


def to_csv(rows: Collection[Row], judged: bool) -> str:
    r"""Return the table of measures as CSV (RFC 4180): a row for each page of each image.

    Texts stand in quotes, and before one that a spreadsheet would take for a formula stands an apostrophe.
    Source: OWASP, "CSV Injection".

    Examples
    --------
    >>> print(to_csv([Row("=1+1.png", 0, {"level": -0.5}, ())], True))
    "path","page","accepted","level"
    "'=1+1.png",0,"true",-0.5
    <BLANKLINE>
    """
    return "".join(csv_lines(rows, judged))


def csv_lines(rows: Collection[Row], judged: bool) -> Iterator[str]:
    """Yield the same line by line."""
    names = _in_order(dict.fromkeys(name for row in rows for name in row.numbers))
    yield csv_line([*COLUMNS, *names])
    for row in rows:
        accepted = str(not row.rejected).lower() if judged else ""
        numbers = [row.numbers.get(name, "") for name in names]
        yield csv_line([guarded(row.path), row.page, accepted, *numbers])


def csv_line(cells: Sequence[Any]) -> str:
    """Return a line of a table, with its end; texts stand in quotes."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n").writerow(cells)
    return out.getvalue()


def guarded(text: str) -> str:
    """Return a text on one line that no spreadsheet takes for a formula.

    Examples
    --------
    >>> guarded("@SUM(A1)"), guarded("a-b"), guarded("-a")
    ("'@SUM(A1)", 'a-b', "'-a")
    """
    return f"'{printable(text)}" if text.startswith(_FORMULAS) else printable(text)


def is_table(begin: str) -> bool:
    """Tell whether a file that begins so is a table of measures, as CSV or JSON."""
    return begin.startswith((",".join(f'"{name}"' for name in COLUMNS), '{\n  "measures": '))
