"""Write the steps that fill tiles: from the image to the first, and from a tile to the padded tile."""

from __future__ import annotations

from convpipe.compile.common.text import Text, times
from convpipe.compile.cuda.passes import Pass
from convpipe.compile.cuda.tiles import Group
from convpipe.compile.cuda.window import border_value, plus, sample, tile
from convpipe.geometry import Extent

BATCH = 8
"""Samples a thread asks for before it waits for the first, so that the memory always has work."""


def load(text: Text, group: Group, threads: int) -> None:
    """Write the step from the image to the first tile, a plane a channel, in the type of the arithmetic."""
    one, (rows, cols) = group.passes[0], group.extents[0]
    _Loader(one, rows, cols, group.planes(one), threads).emit(text)


class _Loader:
    """The two loops of a load: of tiles inside the image, and of any.

    A pixel's samples stand side by side in the image. A thread takes samples, or whole pixels where
    colours are multiplied by alpha on their way.
    """

    def __init__(self, one: Pass, rows: int, cols: int, planes: int, threads: int) -> None:
        self.one, self.rows, self.cols, self.planes, self.threads = one, rows, cols, planes, threads
        self.items = 1 if one.premultiply else planes
        self.size = rows * cols

    def emit(self, text: Text) -> None:
        """Write the function that loads, and above it what it calls."""
        i = self.one.index
        text.function(f"place_{i}", ["t"])
        with text.indented():
            width = self.cols * self.items
            text.line(f"r = quotient(t, {width})", f"x = t - r * {width}")
            if self.items > 1:
                text.line(f"u = quotient(x, {self.items})", f"return r, u, x - u * {self.items}")
            else:
                text.line("return r, x, 0")
        text.function(f"load_{i}", ["image", "tile", "top", "left", "g", "outside", "row0", "plane0", "tid"])
        with text.indented():
            text.line(f"rows, cols, border = g[{i}, 0], g[{i}, 1], g[{i}, 6]")
            text.line(
                f"if within(top - row0, {self.rows}, image.shape[0]) and within(left, {self.cols}, cols):"
            )
            with text.indented():
                self._inside(text)
            text.line("else:")
            with text.indented():
                self._anywhere(text)

    def _sample(self, plane: str, y: str, x: str) -> str:
        channels = self.one.inputs
        place = times(x, channels)
        if self.planes == channels:
            return f"T({sample('image', y, f'{place} + {plane}')})"
        apart = f"{place} + {times(plane, self.one.level.channels)} + plane0"
        return f"T({sample('image', y, apart)})"

    def _inside(self, text: Text) -> None:
        """No border in sight; a thread has several samples on their way at once."""
        i, items, step = self.one.index, self.size * self.items, self.threads
        batch = 1 if self.one.premultiply else BATCH
        whole = items // (batch * step) * batch * step
        if batch > 1 and whole:
            text.line(f"for t in range(tid, {whole}, {batch * step}):")
            with text.indented():
                for k in range(batch):
                    text.line(f"r{k}, x{k}, p{k} = place_{i}({plus('t', k * step)})")
                    text.line(f"v{k} = {self._sample(f'p{k}', f'top + r{k} - row0', f'left + x{k}')}")
                text.line(*(f"{self._at(f'r{k}', f'x{k}', f'p{k}')} = v{k}" for k in range(batch)))
        start = whole if batch > 1 else 0
        text.line(f"for t in range({plus('tid', start)}, {items}, {step}):")
        with text.indented():
            text.line(f"r, x, p = place_{i}(t)")
            self._store(text, "top + r - row0", "left + x")

    def _at(self, row: str, column: str, plane: str, further: int = 0) -> str:
        """Return the sample of the tile."""
        at = f"{row} * {self.cols} + {column}"
        return tile(plus(f"{at} + {plane} * {self.size}" if self.items > 1 else at, further))

    def _store(self, text: Text, y: str, x: str) -> None:
        """Load and store the item at row r, column x and plane p of the tile."""
        if not self.one.premultiply:
            text.line(f"{self._at('r', 'x', 'p')} = {self._sample('p', y, x)}")
            return
        alpha = self.planes - 1
        text.line(f"alpha = maximum({self._sample(str(alpha), y, x)}, T(0))")
        for colour in range(alpha):
            value = self._sample(str(colour), y, x)
            text.line(f"{self._at('r', 'x', 'p', colour * self.size)} = {value} * alpha")
        text.line(f"{self._at('r', 'x', 'p', alpha * self.size)} = alpha")

    def _anywhere(self, text: Text) -> None:
        """Every sample through the border rule."""
        text.line(f"for t in range(tid, {self.size * self.items}, {self.threads}):")
        with text.indented():
            text.line(f"r, x, p = place_{self.one.index}(t)")
            text.line("y = border_index(top + r, rows, border)", "u = border_index(left + x, cols, border)")
            text.line("if y >= 0 and u >= 0:")
            with text.indented():
                text.line("# Rows that are not at hand are those of results past the end.")
                text.line("y = min(max(y - row0, 0), image.shape[0] - 1)")
                self._store(text, "y", "u")
            text.line("else:")
            with text.indented():
                for plane in range(self.planes if self.one.premultiply else 1):
                    value = border_value(self.one, str(plane) if self.one.premultiply else "p", self.planes)
                    text.line(f"{self._at('r', 'x', 'p', plane * self.size)} = {value}")


def pad(text: Text, one: Pass, extent: Extent, planes: int, threads: int) -> None:
    """From a tile of the image that a stage sees, which begins at (y, x), to the padded tile."""
    i, (rows, cols) = one.index, extent
    size = rows * cols
    parameters = ["tile", "src", "dst", "top", "left", "y", "x", "g", "outside", "tid"]
    text.function(f"pad_{i}", parameters)
    with text.indented():
        text.line(f"rows, cols, border = g[{i}, 0], g[{i}, 1], g[{i}, 6]")
        text.line(f"for t in range(tid, {size}, {threads}):")
        with text.indented():
            text.line(f"r = quotient(t, {cols})", f"s = t - r * {cols}")
            text.line("u, v = border_index(top + r, rows, border), border_index(left + s, cols, border)")
            text.line(f"for p in range({planes}):")
            with text.indented():
                inner = tile(f"src + p * {size} + (u - y) * {cols} + v - x")
                value = f"{inner} if u >= 0 and v >= 0 else {border_value(one, 'p', planes)}"
                text.line(f"{tile(f'dst + p * {size} + t')} = {value}")
