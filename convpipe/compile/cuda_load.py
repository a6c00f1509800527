"""Write the steps that fill tiles: from the image to the first, and from a tile to the padded tile."""

from __future__ import annotations

from convpipe.compile.cuda_passes import Pass
from convpipe.compile.cuda_tiles import Group
from convpipe.compile.cuda_window import plus
from convpipe.compile.text import Text, times
from convpipe.geometry import Extent


def load(text: Text, group: Group, threads: int) -> None:
    """From the image to the first tile, a plane a channel, in the type of the arithmetic."""
    one, (rows, cols) = group.passes[0], group.extents[0]
    i, loader = one.index, _Loader(one, rows, cols, group.planes(one), threads)
    text.function(f"load_{i}", ["image", "tile", "top", "left", "g", "outside", "row0", "plane0", "tid"])
    with text.indented():
        text.line(f"rows, cols, border = g[{i}, 0], g[{i}, 1], g[{i}, 6]")
        text.line(f"if within(top - row0, {rows}, image.shape[0]) and within(left, {cols}, cols):")
        with text.indented():
            loader.inside(text)
        text.line("else:")
        with text.indented():
            loader.anywhere(text)


class _Loader:
    """The two loops of a load: of tiles inside the image, and of any.

    A pixel's samples stand side by side in the image. A thread takes samples, or whole pixels where
    colours are multiplied by alpha on their way.
    """

    def __init__(self, one: Pass, rows: int, cols: int, planes: int, threads: int) -> None:
        self.one, self.rows, self.cols, self.planes, self.threads = one, rows, cols, planes, threads
        self.items = 1 if one.premultiply else planes

    def _place(self, text: Text) -> None:
        """Row r, column x and plane p of item t."""
        width = self.cols * self.items
        text.line(f"r = t // {width}", f"x = t - r * {width}")
        if self.items > 1:
            text.line(f"p = x % {self.items}", f"x //= {self.items}")

    def _sample(self, plane: str, y: str, x: str) -> str:
        channels = self.one.inputs
        place = times(x, channels)
        if self.planes == channels:
            return f"T(image[{y}, {place} + {plane}])"
        return f"T(image[{y}, {place} + {times(plane, self.one.level.channels)} + plane0])"

    def _store(self, text: Text, y: str, x: str) -> None:
        size, at = self.rows * self.cols, f"r * {self.cols} + x"
        if self.one.premultiply:
            alpha = self.planes - 1
            text.line(f"alpha = {self._sample(str(alpha), y, x)}")
            for colour in range(alpha):
                sample = self._sample(str(colour), y, x)
                text.line(f"tile[{plus(at, colour * size)}] = {sample} * alpha")
            text.line(f"tile[{plus(at, alpha * size)}] = alpha")
        else:
            plane = "p" if self.items > 1 else "0"
            to = f"{at} + p * {size}" if self.items > 1 else at
            text.line(f"tile[{to}] = {self._sample(plane, y, x)}")

    def inside(self, text: Text) -> None:
        """No border in sight."""
        text.line(f"for t in range(tid, {self.rows * self.cols * self.items}, {self.threads}):")
        with text.indented():
            self._place(text)
            self._store(text, "top + r - row0", "left + x")

    def anywhere(self, text: Text) -> None:
        """Every sample through the border rule."""
        size = self.rows * self.cols
        text.line(f"for t in range(tid, {size * self.items}, {self.threads}):")
        with text.indented():
            self._place(text)
            text.line("y = border_index(top + r, rows, border)", "u = border_index(left + x, cols, border)")
            text.line("if y >= 0 and u >= 0:")
            with text.indented():
                text.line("# Rows that are not at hand are those of results past the end.")
                text.line("y = min(max(y - row0, 0), image.shape[0] - 1)")
                self._store(text, "y", "u")
            text.line("else:")
            with text.indented():
                if self.one.premultiply:
                    for channel in range(self.planes):
                        at = plus(f"r * {self.cols} + x", channel * size)
                        text.line(f"tile[{at}] = outside[{self.one.outside}]")
                else:
                    plane = f" + p * {size}" if self.items > 1 else ""
                    value = _border_value(self.one, "p", self.planes)
                    text.line(f"tile[r * {self.cols} + x{plane}] = {value}")


def _border_value(one: Pass, plane: str, planes: int) -> str:
    """Return what a constant border holds in `plane`."""
    if one.sources == 1:
        return f"outside[{one.outside}]"
    return f"outside[{one.outside} + {plane} // {planes // one.sources}]"


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
            text.line(f"r = t // {cols}", f"s = t - r * {cols}")
            text.line("u, v = border_index(top + r, rows, border), border_index(left + s, cols, border)")
            text.line(f"for p in range({planes}):")
            with text.indented():
                text.line("if u >= 0 and v >= 0:")
                text.line(
                    f"    tile[dst + p * {size} + t] = tile[src + p * {size} + (u - y) * {cols} + v - x]"
                )
                text.line("else:", f"    tile[dst + p * {size} + t] = {_border_value(one, 'p', planes)}")
