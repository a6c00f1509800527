"""Write what stores a row of a patch to the image, inside of it: the function ``store_k`` of a pass."""

from __future__ import annotations

from collections.abc import Sequence

from convpipe.compile.common.text import Text, times
from convpipe.compile.cuda.block import Block
from convpipe.compile.cuda.passes import QUAD, Pass
from convpipe.compile.cuda.point import Point
from convpipe.compile.cuda.source import count_nan, in_fours, plus, sample
from convpipe.dataclass import dataclass


@dataclass(frozen=True)
class Store:
    """The function that stores the values of a row of a patch, what no other block stores.

    Parameters
    ----------
    block : Block
    one : Pass
    point : Point
    """

    block: Block
    one: Pass
    point: Point

    @property
    def _planes(self) -> list[int]:
        """The planes of the values of a pixel that it is given, as they stand in the image."""
        return sorted(at for at, _ in self.point.planes(self.point.values, self.one.level.channels))

    def call(self, text: Text, row: str, values: Sequence[Sequence[str]], planes: int) -> None:
        """Write the call for a row of the region, with the values of each column from plane to plane."""
        own = [
            value
            for column in values
            for _, value in sorted(self.point.planes(list(column), self.one.level.channels))
        ]
        plane = "plane0 + plane" if planes > 1 else "plane0"
        text.line(
            f"store_{self.one.index}(out, first, y0, x0, {plane}, cols, nans, {row}, x, {', '.join(own)})"
        )

    def emit(self, text: Text) -> None:
        """Write the function."""
        one, region = self.one, self.block.regions[self.one.index]
        _, beside = self.block.patch(one)
        values = [f"v{col}_{at}" for col in range(beside) for at in self._planes]
        text.function(
            f"store_{one.index}", ["out", "first", "y0", "x0", "plane0", "cols", "nans", "r", "x", *values]
        )
        with text.indented():
            text.line(*(f"s{value} = {self.point.stored(value)}" for value in values), "y = y0 + r - first")
            down, _ = self._stored
            tests = ["within(y, 1, out.shape[0])"]
            if (region.top, region.rows) != (0, down):
                tests.append(f"within({plus('r', region.top)}, 1, {down})")
            text.line(f"if {' and '.join(tests)}:")
            with text.indented():
                if beside == 1:
                    self._each(text, 0)
                    return
                text.line(f"if {' and '.join([*self._inside(0, beside), in_fours('x0 + x', 'out')])}:")
                with text.indented():
                    self._fours(text, values)
                text.line("else:")
                with text.indented():
                    for col in range(beside):
                        self._each(text, col)

    @property
    def _stored(self) -> tuple[int, ...]:
        """Rows and columns that the block stores."""
        counts = zip(self.block.tile, self.block.density(self.one), strict=True)
        return tuple(count * density for count, density in counts)

    def _inside(self, col: int, count: int) -> list[str]:
        """Return the tests whether so many columns of a patch, from one on, are to be stored."""
        region, (_, along) = self.block.regions[self.one.index], self._stored
        found = [f"{plus('x0 + x', col + count - 1)} < cols"]
        if (region.left, region.cols) != (0, along):
            found.append(f"within({plus('x', region.left + col)}, {count}, {along})")
        return found

    def _fours(self, text: Text, values: Sequence[str]) -> None:
        """Store all samples, four at once."""
        count_nan(text, self.point, values)
        first = times("(x0 + x)", self.one.outputs)
        for at in range(0, len(values), QUAD):
            stored = ", ".join(f"s{value}" for value in values[at : at + QUAD])
            text.line(f"put_four(out, (index(y), index({plus(first, at)})), ({stored}))")

    def _each(self, text: Text, col: int) -> None:
        """Store the samples of a column by themselves, if they are to be."""
        text.line(f"if {' and '.join(self._inside(col, 1))}:")
        with text.indented():
            for plane in self._planes:
                value, column = f"v{col}_{plane}", times(plus("x0 + x", col), self.one.outputs)
                count_nan(text, self.point, [value])
                text.line(f"{sample('out', 'y', plus(f'{column} + plane0', plane))} = s{value}")
