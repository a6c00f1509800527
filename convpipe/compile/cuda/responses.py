"""Write the responses of windows on a tile: sums and samples of ranks, for a patch, a row of it, or a window.

A patch is written as a function of one of its rows, called for each: the device's compiler finds the samples
that they share, and Numba has a fraction to infer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from convpipe.compile.common.text import Text, times
from convpipe.compile.cuda.operand import InTile, spots
from convpipe.compile.cuda.passes import Bank, Pass
from convpipe.compile.cuda.ranked import ranked, shared_extremes
from convpipe.compile.cuda.source import Read, plus, tile
from convpipe.compile.cuda.sums import before, begun, expression, loop, onto
from convpipe.dataclass import dataclass
from convpipe.geometry import Extent

SLID_COLUMNS = 12
"""Up to this many columns of the samples that a patch shares are held in registers, row after row."""


@dataclass(frozen=True)
class Windows:
    """The windows of a patch.

    Parameters
    ----------
    one : Pass
    operand : InTile
    patch : (rows, cols)
    """

    one: Pass
    operand: InTile
    patch: Extent

    @property
    def by_rows(self) -> bool:
        """Whether they are a function of a row, or of the whole patch; loops are not."""
        return not any(bank.looped and bank.rank is None for bank in self.one.banks)

    @property
    def _rows(self) -> int:
        """Rows of the function: all, where the samples that they share are looked at once."""
        return self.patch[0] if any(_shares(bank) for bank in self.one.banks) else 1

    @property
    def _vectors(self) -> list[str]:
        """What the function takes beside the tile and a place in it: weights stand in registers."""
        listed = ["places"] if any(bank.places is not None for bank in self.one.banks) else []
        banks = [bank for bank in self.one.banks if bank.rank is None]
        return listed + [f"w{bank.offset + k}" for bank in banks for k in range(bank.weights)]

    def emit(self, text: Text) -> None:
        """Write the function."""
        text.function(f"row_{self.one.index}", ["tile", "at0", *self._vectors])
        made = spots((self._rows, self.patch[1]))
        with text.indented():
            for source in range(self.one.sources):
                banks = [bank for bank in self.one.banks if bank.source == source]
                base = self.operand.base(0, source)
                for bank in banks:
                    if bank.rank is not None:
                        self._ranked(text, bank, made, base)
                sums = [bank for bank in banks if bank.rank is None]
                self._unrolled(text, sums, made, ("", base))
            names = [f"{name}_{of(spot)}" for name in self.one.names for spot in made]
            text.line(f"return ({', '.join(names)},)")

    def call(self, text: Text, channel: int) -> None:
        """Write the calls for the rows of a patch of a channel."""
        for first in range(0, self.patch[0], self._rows):
            made = [(first + row, col) for row, col in spots((self._rows, self.patch[1]))]
            names = [f"{name}_{channel}_{of(spot)}" for name in self.one.names for spot in made]
            at = plus("at0", self.operand.base(channel) + first * self.one.stride[0] * self.operand.pitch)
            given = ", ".join(["tile", at, *self._vectors])
            text.line(f"{', '.join(names)}, = row_{self.one.index}({given})")

    def loops(self, text: Text, channel: int) -> None:
        """Write the responses of a channel where some are loops."""
        for source in range(self.one.sources):
            banks = [bank for bank in self.one.banks if bank.source == source]
            base = self.operand.base(channel, source)
            for looped, some in groupby(banks, key=lambda bank: bank.looped):
                if not looped:
                    self._unrolled(text, list(some), spots(self.patch), (f"_{channel}", base))
                    continue
                for bank in some:
                    self._loop(text, bank, (channel, base))

    def sample(self, tap: tuple[int, int], spot: Extent) -> int:
        """Return where, from the patch's first window, the sample under `tap` of the window of `spot` is."""
        down, right = (
            at * dilation + which * stride
            for at, dilation, which, stride in zip(tap, self.one.dilation, spot, self.one.stride, strict=True)
        )
        return down * self.operand.pitch + right

    def _unrolled(
        self, text: Text, banks: Sequence[Bank], made: Sequence[Extent], of_what: tuple[str, int]
    ) -> None:
        """All taps in one expression: each sample is loaded once for all banks and windows."""
        suffix, base = of_what
        used = {self.sample(tap, spot) for bank in banks for tap in bank.taps for spot in made}
        names = self.operand.load(text, base, used)
        for bank in banks:
            for spot in made:
                samples = {tap: names[self.sample(tap, spot)] for tap in bank.taps}
                name = f"{bank.name}{suffix}_{of(spot)}"
                text.line(f"{name} = {expression(bank, samples, before(bank, name))}")

    def _ranked(self, text: Text, bank: Bank, made: Sequence[Extent], base: int) -> None:
        """The sample of a rank, for one window after the other."""
        reads = {spot: self.reader(base, spot[0]) for spot in made}
        if not bank.looped:
            used = {self.sample(tap, spot) for tap in bank.taps for spot in made}
            held = self.operand.load(text, base, used)
            reads = {spot: self._loaded(held, spot) for spot in made}
        names = {spot: f"{bank.name}_{of(spot)}" for spot in made}
        if _shares(bank):
            along = 1 if self.patch[0] > 1 else 0
            for line in range(self.patch[along]):
                those = [spot for spot in made if spot[along] == line]
                shared_extremes(text, bank, {names[spot]: reads[spot] for spot in those})
            return
        for spot, read in reads.items():
            ranked(text, bank, names[spot], read)

    def _loaded(self, names: Mapping[int, str], spot: Extent) -> Read:
        """Return the names of samples by the taps of the window of `spot`."""

        def read(i: int | str, j: int | str) -> str:
            assert isinstance(i, int)
            assert isinstance(j, int)
            return names[self.sample((i, j), spot)]

        return read

    def reader(self, base: int, row: int) -> Read:
        """Return where the samples are under the window of a row of a patch of one column."""
        steps = self.one.dilation[0] * self.operand.pitch, self.one.dilation[1]
        first = base + row * self.one.stride[0] * self.operand.pitch

        def read(i: int | str, j: int | str) -> str:
            taps = list(zip((i, j), steps, strict=True))
            place = first + sum(tap * step for tap, step in taps if isinstance(tap, int))
            named = [times(tap, step) for tap, step in taps if isinstance(tap, str)]
            return tile(plus(" + ".join([f"at{self.operand.which}", *named]), place))

        return read

    def _loop(self, text: Text, bank: Bank, of_what: tuple[int, int]) -> None:
        """One of them; down a column, the patch's samples move up a register a step."""
        one, (channel, base) = self.one, of_what
        names = [f"{bank.name}_{channel}_{of(spot)}" for spot in spots(self.patch)]
        reads = [self.reader(base, row) for row, _ in spots(self.patch)]
        slides = one.stride[0] == one.dilation[0] == 1 and len(bank.cols) <= SLID_COLUMNS
        if not slides or bank.form == "tree":
            loop(text, bank, names, reads)
            return
        *above, last = range(self.patch[0])
        cols = range(len(bank.cols))
        text.line(*begun(bank, names))
        text.line(*(f"a{row}_{j} = {reads[row](0, j)}" for row in above for j in cols))
        text.line(f"for i in range({len(bank.rows)}):")
        with text.indented():
            text.line(*(f"a{last}_{j} = {reads[last]('i', j)}" for j in cols))
            if bank.form == "dot":
                first = plus(times("i", len(cols)), bank.offset)
                text.line(*(f"weight{j} = w[{plus(first, j)}]" for j in cols))
            samples = [[f"a{row}_{j}" for j in cols] for row in range(self.patch[0])]
            onto(text, bank, names, [f"weight{j}" for j in cols], samples)
            text.line(*(f"a{row}_{j} = a{row + 1}_{j}" for row in above for j in cols))


def _shares(bank: Bank) -> bool:
    """Tell whether windows share what they look at: extremes of integers, of which the order is no matter."""
    return bank.is_extreme and bank.integers is not None and not bank.looped


def of(spot: Extent) -> str:
    """Return what names of an output of a patch end with.

    Examples
    --------
    >>> of((3, 0))
    '3_0'
    """
    row, col = spot
    return f"{row}_{col}"
