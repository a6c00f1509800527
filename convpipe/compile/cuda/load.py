"""Write the steps that fill tiles: from an image, and, where a result ends, what lies outside of it."""

from __future__ import annotations

from convpipe.compile.common.text import Text, times
from convpipe.compile.cuda.block import CHANNELS, Block, Content, Tile
from convpipe.compile.cuda.passes import QUAD, Pass, geometry
from convpipe.compile.cuda.source import border_value, in_fours, plus, sample, tile

BATCH = 8
"""Samples a thread asks for before it waits for the first, so that the memory always has work."""


def load(text: Text, block: Block, content: Content, threads: int) -> None:
    """Write the step from an image to its tile, a plane a channel, in the type of the arithmetic."""
    _Loader(block.loads[-1 - content].one, block.tiles[content], threads).emit(text)


class _Loader:
    """The two loops of a load: of tiles inside the image, and of any.

    A pixel's samples stand side by side in the image. A thread takes samples, or whole pixels where
    colours are multiplied by alpha on their way.
    """

    def __init__(self, one: Pass, to: Tile, threads: int) -> None:
        self.one, self.to, self.threads = one, to, threads
        self.rows, self.cols = to.region.rows, to.region.cols
        self.items = 1 if one.premultiply else to.planes
        self.size = to.plane

    def emit(self, text: Text) -> None:
        """Write the function that loads, and above it what it calls."""
        i = self.one.index
        text.function(f"place_{self.one.index}", ["t"])
        with text.indented():
            width = self.cols * self.items
            text.line(f"r = quotient(t, {width})", f"x = t - r * {width}")
            if self.items > 1:
                text.line(f"u = quotient(x, {self.items})", f"return r, u, x - u * {self.items}")
            else:
                text.line("return r, x, 0")
        parameters = ["image", "row0", "tile", "top", "left", "g", "outside", "plane0", "tid"]
        text.function(f"load_{self.one.index}", parameters)
        with text.indented():
            names = ", ".join(geometry(i, name) for name in ("rows", "cols", "border"))
            text.line(f"rows, cols, border = {names}")
            text.line(
                f"if within(top - row0, {self.rows}, image.shape[0]) and within(left, {self.cols}, cols):"
            )
            with text.indented():
                if self.to.planes == self.one.planes(0) <= CHANNELS and self.cols % QUAD == 0:
                    text.line(f"if {in_fours('left', 'image')}:")
                    with text.indented():
                        self._in_fours(text)
                    text.line("else:")
                    with text.indented():
                        self._inside(text)
                else:
                    self._inside(text)
            text.line("else:")
            with text.indented():
                self._anywhere(text)

    def _sample(self, plane: str, y: str, x: str) -> str:
        planes = self.one.planes(0)
        place = times(x, planes)
        if self.to.planes == planes:
            return f"T({sample('image', y, f'{place} + {plane}')})"
        apart = f"{place} + {times(plane, self.one.level.channels)} + plane0"
        return f"T({sample('image', y, apart)})"

    def _inside(self, text: Text) -> None:
        """No border in sight; a thread has several samples on their way at once."""
        place, items, step = f"place_{self.one.index}", self.size * self.items, self.threads
        batch = 1 if self.one.premultiply else BATCH
        whole = items // (batch * step) * batch * step
        if batch > 1 and whole:
            text.line(f"for t in range(tid, {whole}, {batch * step}):")
            with text.indented():
                for k in range(batch):
                    text.line(f"r{k}, x{k}, p{k} = {place}({plus('t', k * step)})")
                    text.line(f"v{k} = {self._sample(f'p{k}', f'top + r{k} - row0', f'left + x{k}')}")
                text.line(*(f"{self._at(f'r{k}', f'x{k}', f'p{k}')} = v{k}" for k in range(batch)))
        start = whole if batch > 1 else 0
        text.line(f"for t in range({plus('tid', start)}, {items}, {step}):")
        with text.indented():
            text.line(f"r, x, p = {place}(t)")
            self._store(text, "top + r - row0", "left + x")

    def _in_fours(self, text: Text) -> None:
        """The same of four pixels at a time, all channels, which are whole fours of samples."""
        across, planes = self.cols // QUAD, self.one.planes(0)
        items, step = self.rows * across, self.threads
        batch = max(1, min(BATCH // planes, items // step))
        whole = items // (batch * step) * batch * step
        text.line("pitch = np.uint32(image.shape[1])")
        text.line(f"corner = index((top - row0) * image.shape[1] + {times('left', planes)})")
        if whole:
            text.line(f"for t in range(tid, {whole}, {batch * step}):")
            with text.indented():
                self._fours(text, batch)
        if whole < items:
            text.line(f"for t in range({plus('tid', whole)}, {items}, {step}):")
            with text.indented():
                self._fours(text, 1)

    def _fours(self, text: Text, count: int) -> None:
        """Load and store the fours of pixels of number t, t + threads, ..., so many of them."""
        across, planes = self.cols // QUAD, self.one.planes(0)
        for k in range(count):
            t = plus("t", k * self.threads)
            text.line(f"r{k} = quotient({t}, {across})", f"x{k} = ({t} - r{k} * {across}) * {QUAD}")
            text.line(f"at{k} = corner + product(r{k}, pitch) + index({times(f'x{k}', planes)})")
            for first in range(0, QUAD * planes, QUAD):
                names = ", ".join(f"v{k}_{first + n}" for n in range(QUAD))
                text.line(f"{names} = four(image, at{k} + index({first}))")
        for k in range(count):
            for plane, samples in enumerate(zip(*self._pixels(text, k), strict=True)):
                place = plus(f"r{k} * {self.cols} + x{k}", self.to.base + plane * self.size)
                text.line(f"put_four(tile, index({place}), ({', '.join(samples)}))")

    def _pixels(self, text: Text, k: int) -> list[list[str]]:
        """Return the samples of each pixel of one of them, with colours times alpha where they are to be."""
        planes = self.one.planes(0)
        pixels = [[f"T(v{k}_{col * planes + plane})" for plane in range(planes)] for col in range(QUAD)]
        if not self.one.premultiply:
            return pixels
        text.line(*(f"alpha{col} = maximum({pixel[-1]}, T(0))" for col, pixel in enumerate(pixels)))
        return [
            [*(f"{colour} * alpha{col}" for colour in pixel[:-1]), f"alpha{col}"]
            for col, pixel in enumerate(pixels)
        ]

    def _at(self, row: str, column: str, plane: str, further: int = 0) -> str:
        """Return the sample of the tile."""
        at = f"{row} * {self.cols} + {column}"
        at = f"{at} + {plane} * {self.size}" if self.items > 1 else at
        return tile(plus(at, self.to.base + further))

    def _store(self, text: Text, y: str, x: str) -> None:
        """Load and store the item at row r, column x and plane p of the tile."""
        if not self.one.premultiply:
            text.line(f"{self._at('r', 'x', 'p')} = {self._sample('p', y, x)}")
            return
        alpha = self.to.planes - 1
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
                text.line("y = clamp(y - row0, image.shape[0])")
                self._store(text, "y", "u")
            text.line("else:")
            with text.indented():
                planes = self.to.planes
                for plane in range(planes if self.one.premultiply else 1):
                    value = border_value(self.one, str(plane) if self.one.premultiply else "p", planes)
                    text.line(f"{self._at('r', 'x', 'p', plane * self.size)} = {value}")


def fill_around(text: Text, one: Pass, of: Tile, threads: int) -> None:
    """Write the step that fills what lies outside the image in the tile of it that `one` reads.

    Samples outside come from samples inside, so that none is read that is written.
    """
    i, (rows, cols) = one.index, (of.region.rows, of.region.cols)
    text.function(f"pad_{i}", ["tile", "top", "left", "g", "outside", "tid"])
    with text.indented():
        names = ", ".join(geometry(i, name) for name in ("rows", "cols", "border"))
        text.line(f"rows, cols, border = {names}")
        text.line(f"for t in range(tid, {of.plane}, {threads}):")
        with text.indented():
            text.line(f"r = quotient(t, {cols})", f"s = t - r * {cols}")
            text.line("if within(top + r, 1, rows) and within(left + s, 1, cols):", "    continue")
            text.line("u, v = border_index(top + r, rows, border), border_index(left + s, cols, border)")
            at = plus("t", of.base)
            text.line("if u < 0 or v < 0:")
            with text.indented():
                text.line(f"for p in range({of.planes}):")
                text.line(f"    {tile(f'{at} + p * {of.plane}')} = {border_value(one, 'p', of.planes)}")
            text.line("# What is not at hand is of results past the end.")
            text.line(f"elif within(u - top, 1, {rows}) and within(v - left, 1, {cols}):")
            with text.indented():
                text.line(f"for p in range({of.planes}):")
                source = plus(f"(u - top) * {cols} + v - left + p * {of.plane}", of.base)
                text.line(f"    {tile(f'{at} + p * {of.plane}')} = {tile(source)}")
