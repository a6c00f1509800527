"""Equal taps: sums of rows, then of neighbours by halves, weighted once."""

from __future__ import annotations

from dataclasses import dataclass

from convpipe.compile.common.banks.base import Bank
from convpipe.geometry import Extent
from convpipe.ops import Taps
from convpipe.ops.taps import UNIFORM_COLUMNS
from convpipe.plan.arithmetic import Sums


@dataclass(frozen=True)
class Uniform(Bank):
    """Sums without a product; where samples are counted in integers, rows enter and leave a running sum.

    Parameters
    ----------
    extent : (rows, cols)
        Of the kernel, whose one weight it has.
    """

    extent: Extent

    @property
    def rows(self) -> tuple[int, ...]:
        """All kernel rows."""
        return tuple(range(self.extent[0]))

    @property
    def cols(self) -> tuple[int, ...]:
        """All kernel columns."""
        return tuple(range(self.extent[1]))

    @property
    def doubled(self) -> list[int]:
        """Widths, in taps, of the sums of neighbours that it needs: 2, 4, 8, ..."""
        return _doubled(self.extent[1])

    @property
    def parts(self) -> list[tuple[int, int]]:
        """Sums of neighbours that make up its row: (width, first column)."""
        return halves(self.extent[1])

    @property
    def cost(self) -> int:
        """Two rows where samples are counted, else all; and the sums of neighbours."""
        return (2 if self.sums.counted else self.extent[0]) + len(self.doubled) + len(self.parts) - 1

    @property
    def words(self) -> str:
        """The way, and its sums."""
        rows = "running sums of rows" if self.sums.counted else f"sums of {self.extent[0]} rows"
        return f"uniform: {rows}, then {len(self.doubled) + len(self.parts) - 1} sums of neighbours"

    @property
    def rows_of_sums(self) -> int:
        """Rows that its sums stand in until they are a response."""
        return 1 + len(self.doubled)


def uniform(name: str, taps: Taps, sums: Sums) -> Uniform | None:
    """Return a kernel's one weight, if it has no other and its sums gain by that."""
    height, width = taps.extent
    counted = sums.counted and taps.uniform and height * width > 1
    if not (counted or taps.doubled):
        return None
    return Uniform(name, (taps.weight(height - 1, width - 1),), sums, taps.extent)


def halves(cols: int) -> list[tuple[int, int]]:
    """Return the sums of neighbours that make up a row of equal taps, in their order: (width, first column).

    Each of more than one is that of its two halves.

    Examples
    --------
    >>> halves(11), halves(3)
    ([(8, 0), (2, 8), (1, 10)], [(1, 0), (1, 1), (1, 2)])
    """
    left, found = cols, []
    for width in (*reversed(_doubled(cols)), 1):
        while left >= width:
            found.append((width, cols - left))
            left -= width
    return found


def _doubled(cols: int) -> list[int]:
    return [2**k for k in range(1, cols.bit_length())] if cols >= UNIFORM_COLUMNS else []
