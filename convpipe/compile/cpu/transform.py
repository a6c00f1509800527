"""Large dense kernels, through Fourier transforms of tiles.

Tiles are cut by output positions, whatever the number of threads, and no padded copy of the image is made:
a tile takes its samples through maps of rows and columns, as the border says. What a tile's responses are,
and how far they can be off, is in `spectra`; what happens to them then is a compiled loop, over the tile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convpipe import memory
from convpipe.compile.common.pictures import Band
from convpipe.compile.cpu.executable import Executable, compile_fused
from convpipe.compile.runtime import start
from convpipe.compile.runtime.threads import count
from convpipe.fourier import Side, Tiles
from convpipe.geometry import Axis, Border, Extent, border_index
from convpipe.ops import IDENTITY, Stencil, stored
from convpipe.plan import Plan
from convpipe.plan.arithmetic import Arithmetic

if TYPE_CHECKING:
    from convpipe.compile.cpu.spectra import Spectra


BLOCKS = 1 << 24
"""Bytes, more than any array of a tile. With blocks kept, tiles take two fifths of the time."""


@dataclass(frozen=True)
class Cut:
    """What one tile reads and makes along one axis.

    Parameters
    ----------
    outputs : slice
        Of the result.
    sources : ndarray of int64
        Where its samples come from in the image; -1 is outside.
    """

    outputs: slice
    sources: NDArray[np.int64]

    @property
    def count(self) -> int:
        """Number of its outputs."""
        return len(range(self.outputs.start, self.outputs.stop, self.outputs.step))

    @property
    def inside(self) -> slice | None:
        """Its samples as a slice of the image, if they are one."""
        first, last = int(self.sources[0]), int(self.sources[-1])
        step = int(self.sources[1]) - first if len(self.sources) > 1 else 1
        plain = first >= 0 and step > 0 and (np.diff(self.sources) == step).all()
        return slice(first, last + 1, step) if plain else None


@dataclass(frozen=True)
class Transform:
    """One node's kernel, and what happens to its responses a pixel at a time; called as a sweep is.

    Parameters
    ----------
    plan : Plan
        Of that node, and of those after it that look at one pixel.
    reads, makes : tuple of int
        Positions of the nodes, of the plan that it is a part of, whose images it reads and makes.
    """

    plan: Plan
    reads: tuple[int, ...]
    makes: tuple[int, ...]

    @property
    def source(self) -> str:
        """The generated Python of what happens to the responses, under what stands for the rest."""
        title = f"# {self.plan.nodes[0].title}\n# r: {self._tiles}"
        return f"{title}\n{self._loop(self.plan.extent).source}"

    def __call__(self, images: Sequence[NDArray[Any]], threads: int | None) -> tuple[list[NDArray[Any]], int]:
        """Return the image that it makes, and how many NaNs became 0."""
        plan = self.plan
        samples = images[0].reshape(*plan.input, plan.channels)
        out = memory.empty((*plan.extent, plan.output_channels), stored(plan.output_dtype))
        memory.keep_blocks(BLOCKS)
        spectra = self._spectra  # made here, once
        work = list(product(*self._cuts))
        hands = min(len(work), threads or count())

        def share(hand: int) -> int:
            return sum(self._tile(spectra, samples, out, *cuts) for cuts in work[hand::hands])

        if hands == 1:
            nans = share(0)
        else:
            with ThreadPoolExecutor(hands) as pool:
                nans = sum(pool.map(share, range(hands)))
        return [out], nans

    def band(self, given: Sequence[Band], first: int, last: int) -> list[Band]:
        """Return rows of the image that it makes, of the whole image that it reads: tiles are as they are."""
        plan = self.plan
        samples = given[0].rows.reshape(*plan.input, plan.channels)
        out = np.empty((*plan.extent, plan.output_channels), plan.output_dtype)
        rows, cols = self._cuts
        here = [cut for cut in rows if cut.outputs.stop > first and cut.outputs.start < last]
        for cuts in product(here, cols):
            self._tile(self._spectra, samples, out, *cuts)
        return [Band(out.reshape(len(out), -1)[first:last], first)]

    def warm(self) -> None:
        """Compile what happens to the responses."""
        self._loop(self.plan.extent).warm()

    @property
    def _tiles(self) -> Tiles:
        tiles = self.plan.nodes[0].tiles
        assert tiles is not None
        return tiles

    @property
    def _stencil(self) -> Stencil:
        stencil = self.plan.nodes[0].window
        assert isinstance(stencil, Stencil)
        return stencil

    @cached_property
    def _cuts(self) -> tuple[list[Cut], list[Cut]]:
        border, sides = self._stencil.border, (self._tiles.rows, self._tiles.cols)
        rows, cols = (list(_cuts(*given, border)) for given in zip(sides, self.plan.input, strict=True))
        return rows, cols

    @cached_property
    def _spectra(self) -> Spectra:
        with start.LOADING:  # SciPy must not be loaded while parts of it are kept from Numba
            from convpipe.compile.cpu.spectra import TOLERANCE, Spectra
        stencil, plan = self._stencil, self.plan
        integers = np.dtype(plan.dtype).kind in "iu" and float(stencil.value).is_integer()
        weights = stencil.banks[0].weights
        taps = np.where(weights.astype(plan.compute) == 0, 0, weights)  # what a loop takes for 0
        return Spectra(taps, self._tiles, TOLERANCE[plan.compute], integers)

    @cached_property
    def _loops(self) -> dict[Extent, Executable]:
        return {}

    def _loop(self, extent: Extent) -> Executable:
        """Return what happens to a tile of responses; all extents have the same machine code."""
        if extent not in self._loops:
            first, *others = self.plan.nodes
            ops = (Stencil((IDENTITY,), self._stencil.names), *first.ops[1:])
            axes, arithmetic = (Axis(1), Axis(1)), Arithmetic(self.plan.compute)
            first = replace(first, ops=ops, axes=axes, arithmetic=arithmetic, tiles=None)
            nodes = tuple(replace(node, input=extent, extent=extent) for node in (first, *others))
            plan = replace(self.plan, input=extent, dtype=self.plan.compute, nodes=nodes)
            self._loops[extent] = compile_fused(plan)
        return self._loops[extent]

    def _tile(self, spectra: Spectra, samples: NDArray[Any], out: NDArray[Any], rows: Cut, cols: Cut) -> int:
        """Fill a tile of the result; return how many NaNs became 0."""
        extent = rows.count, cols.count
        responses = np.empty((*extent, self.plan.channels), self.plan.compute)
        for channel in range(self.plan.channels):
            read = self._read(samples[:, :, channel], rows, cols)
            with np.errstate(over="ignore"):
                responses[:, :, channel] = spectra.responses(read, extent)
        made, nans = self._loop(extent).rows(responses, threads=1)
        out[rows.outputs, cols.outputs] = made.reshape(*extent, -1)
        return nans

    def _read(self, samples: NDArray[Any], rows: Cut, cols: Cut) -> NDArray[np.float64]:
        """Return the samples of a tile of one channel, with what lies outside the image."""
        tile = np.zeros((self._tiles.rows.reads, self._tiles.cols.reads))
        part = tile[: len(rows.sources), : len(cols.sources)]
        if rows.inside and cols.inside:
            part[:] = samples[rows.inside, cols.inside]
        else:
            part[:] = samples[np.ix_(rows.sources, cols.sources)]
            part[rows.sources < 0] = self._stencil.value
            part[:, cols.sources < 0] = self._stencil.value
        return tile


def _cuts(side: Side, size: int, border: Border) -> Iterator[Cut]:
    """Yield the tiles along an axis of `size` samples, plane after plane."""
    window = side.window
    for phase in range(min(side.phases, side.outputs)):
        outputs = range(phase, side.outputs, side.phases)
        first = phase * window.stride - window.before
        reads = (len(outputs) - 1) * side.step + window.kernel
        sources = _sources(range(first, first + reads * window.dilation, window.dilation), size, border)
        for begin in range(0, len(outputs), side.makes):
            made = outputs[begin : begin + side.makes]
            at = begin * side.step
            read = sources[at : at + (len(made) - 1) * side.step + window.kernel]
            yield Cut(slice(made.start, made.stop, made.step), read)


def _sources(positions: Sequence[int], size: int, border: Border) -> NDArray[np.int64]:
    """Return where padded positions come from; -1 is outside."""
    sources = np.array(positions, np.int64)
    outside = (sources < 0) | (sources >= size)
    sources[outside] = [border_index(at, size, int(border)) for at in sources[outside].tolist()]
    return sources
