"""How far levels run ahead of those that read them: how many rows of each are in use at one time.

While a row of the result is made, each level makes the rows that are new under windows over it. Of levels
that are read by several - a blur, and the difference of the image from it - the rows of all of them are in
use at once: from the first that the last of them reads to the newest that the foremost does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Reader(NamedTuple):
    """A level, what it reads, and how: row r from row ``stride * r - above`` on, `reach` rows."""

    level: int
    source: int
    stride: float
    above: float
    reach: float


class Ahead(NamedTuple):
    """Rows of a level in use, counted from ``rate`` times the row of the result that is made.

    Parameters
    ----------
    rate : float
        Rows of the level for each row of the result.
    first, last : float
    least : float
        What the newest of them is at least, when the row is made.
    """

    rate: float
    first: float
    last: float
    least: float

    @property
    def rows(self) -> int:
        """How many there are."""
        rows = self.last - self.first
        return math.ceil(rows) + 1 if math.isfinite(rows) else 2**31


def look_ahead(made: Sequence[int], readers: Sequence[Reader], sinks: Mapping[int, float]) -> list[Ahead]:
    """Return which rows of each level are in use at one time.

    Parameters
    ----------
    made : sequence of int
        Rows that each level makes at a time. A level comes after those that it reads.
    readers : sequence of Reader
    sinks : mapping of int to float
        Levels that are written, and their rows for each row of the tallest.
    """
    step = max(made)
    found: list[Ahead] = [Ahead(1, 0, 0, 0)] * len(made)
    for at in reversed(range(len(made))):
        spans = [_read(found[one.level], made[one.level], step, one) for one in readers if one.source == at]
        if at in sinks:
            rate = sinks[at]
            spans.append(Ahead(rate, -rate * step - made[at], rate + made[at], -rate - made[at]))
        rates = {round(span.rate, 9) for span in spans}
        first, last = min(one.first for one in spans), max(one.last for one in spans)
        found[at] = Ahead(max(rates), first, last, max(one.least for one in spans))
        if max(rates) > min(rates) * 1.001:  # they drift apart: all rows may be in use
            found[at] = Ahead(max(rates), -math.inf, math.inf, -math.inf)
    return found


def _read(reader: Ahead, made: int, step: int, how: Reader) -> Ahead:
    """Return what a level reads while it makes its new rows."""
    newest = reader.last + made  # at the bottom of an image, rows beyond the last are made to spare
    oldest = reader.least - reader.rate * step - made  # those before it were made for the row before
    first, last, least = (how.stride * row - how.above for row in (oldest, newest, reader.least - made))
    under = how.reach - 1
    return Ahead(reader.rate * how.stride, first, last + under, least + under)
