"""Equal taps: sums of rows, then of neighbours by halves, weighted once."""

from __future__ import annotations

import math

from convpipe.compile.common.banks.base import Bank
from convpipe.dataclass import dataclass
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
    tiles : bool
        Whether no sample is under two windows, and all of a window are summed in one loop.
    """

    extent: Extent
    tiles: bool = False

    @property
    def has_columns(self) -> bool:
        """Rows are summed first, for what the sums of neighbours share."""
        return not self.tiles

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
        if self.tiles:
            return math.prod(self.extent)
        return (2 if self.sums.counted else self.extent[0]) + len(self.doubled) + len(self.parts) - 1

    @property
    def words(self) -> str:
        """The way, and its sums."""
        if self.tiles:
            return f"uniform: {math.prod(self.extent)} samples"
        rows = "running sums of rows" if self.sums.counted else f"sums of {self.extent[0]} rows"
        return f"uniform: {rows}, then {len(self.doubled) + len(self.parts) - 1} sums of neighbours"

    @property
    def rows_of_sums(self) -> int:
        """Rows that its sums stand in until they are a response."""
        return 0 if self.tiles else 1 + len(self.doubled)


MOST_IN_TILE = 16
"""Most samples of a window that are summed in one loop: see `convpipe.compile.cpu.shapes.sums.PASS_TAPS`."""

WIDEST_TILE = 2
"""Most columns of such a window. Of uint8 2x2 takes 0.75 of the time of two loops, of RGB 0.65; 3x3 and 4x4
take 1.15 and 1.3 times as long, of RGB 2.2 and 1.5: LLVM takes every other sample at once, and no fewer."""


def uniform(name: str, taps: Taps, sums: Sums, tiles: bool = False) -> Uniform | None:
    """Return a kernel's one weight, if it has no other and its sums gain by that; as :func:`choose`."""
    height, width = taps.extent
    counted = sums.counted and taps.uniform and height * width > 1
    if not (counted or taps.doubled):
        return None
    together = tiles and counted and width <= WIDEST_TILE and height * width <= MOST_IN_TILE
    return Uniform(name, (taps.weight(height - 1, width - 1),), sums, taps.extent, together)


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
