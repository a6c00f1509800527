"""Large dense kernels, through Fourier transforms of tiles.

Tiles are cut by output positions, and so are they paired, whatever the number of threads; no padded copy of
the image is made: a tile takes its samples through lists of rows and columns, as the border says. Nearly all
tiles need nothing but compiled code (`tiling`). For the others `spectra` has what is to be done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe import memory
from convpipe.compile.common.pictures import Band
from convpipe.compile.cpu import layout
from convpipe.compile.cpu.executable import Executable, address_of, all_bands, compile_fused, one_band
from convpipe.compile.cpu.fourier import job as at
from convpipe.compile.cpu.fourier.cuts import Cut, Grid
from convpipe.compile.cpu.fourier.hand import Hand, loader, run_pairs, sweep, writer
from convpipe.compile.cpu.fourier.spectra import TOLERANCE, Spectra
from convpipe.compile.cpu.loops import Loop
from convpipe.compile.runtime.threads import count
from convpipe.dataclass import dataclass
from convpipe.fourier import Tiles
from convpipe.geometry import Axis, Extent
from convpipe.ops import IDENTITY, Stencil, stored
from convpipe.plan import Plan
from convpipe.plan.arithmetic import Arithmetic


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

    is_silent = True

    @property
    def source(self) -> str:
        """The generated Python of what happens to the responses, under what stands for the rest."""
        title = f"# {self.plan.nodes[0].title}\n# r: {self._tiles}"
        return f"{title}\n{self._loop(self.plan.extent).source}"

    def __call__(self, images: Sequence[NDArray[Any]], threads: int | None) -> tuple[list[NDArray[Any]], int]:
        """Return the image that it makes, and how many NaNs became 0."""
        pairs = self._grid.pairs
        out = memory.empty(self._shape, self._dtype)
        nans = self._fill(images[0], out, [(0, pairs)], min(pairs, threads or count()))
        return [out], nans

    def band(self, given: Sequence[Band], first: int, last: int) -> list[Band]:
        """Return rows of the image that it makes, of the whole image that it reads: tiles are as they are."""
        out = np.empty(self._shape, self._dtype)
        here = {
            k // 2
            for k, (cut, _) in enumerate(self._cuts)
            if cut.outputs.stop > first and cut.outputs.start < last
        }
        self._fill(given[0].rows, out, [(k, k + 1) for k in sorted(here)], 1)
        return [Band(out.reshape(len(out), -1)[first:last].astype(self.plan.output_dtype), first)]

    def warm(self) -> None:
        """Compile what makes the responses, and what happens to them."""
        self._spectra.hand().warm()
        _ = self._tables, [address_of(end) for end in self._ends], one_band(), all_bands()

    def _fill(
        self, image: NDArray[Any], out: NDArray[Any], runs: Sequence[tuple[int, int]], threads: int
    ) -> int:
        """Fill the tiles of some runs of pairs; return how many NaNs became 0."""
        image = np.ascontiguousarray(image, stored(self.plan.dtype))
        image = image.reshape(*self.plan.input, self.plan.channels)
        alone, nans = np.zeros(len(self._cuts), np.int64), 0
        hands = [self._hand(image, out, alone) for _ in range(threads)]
        for pairs in runs:
            nans += run_pairs(sweep(), self._tables[0].ravel(), hands, pairs)
        careful = [self._cuts[k] for k in np.flatnonzero(alone)]
        return nans + _shared(lambda hand, cut: self._alone(hand, image, out, *cut), hands, careful)

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

    @property
    def _shape(self) -> tuple[int, int, int]:
        return *self.plan.extent, self.plan.output_channels

    @cached_property
    def _grid(self) -> Grid:
        plan = self.plan
        return Grid(self._tiles, plan.input, plan.channels, self._stencil.border)

    @property
    def _cuts(self) -> list[tuple[Cut, Cut]]:
        return self._grid.cuts

    @cached_property
    def _spectra(self) -> Spectra:
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

    @cached_property
    def _extents(self) -> list[Extent]:
        return sorted({(rows.count, cols.count) for rows, cols in self._cuts})

    @cached_property
    def _tables(self) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        """What becomes of responses of each extent: tables that write to the result, parameters; driver."""
        fused = [self._loop(extent).fused for extent in self._extents]
        tables = np.zeros((len(fused), max(len(each.words) for each in fused)), np.int64)
        for table, each in zip(tables, fused, strict=True):
            table[: len(each.words)] = each.words
            if self._tiles.cols.phases == 1:
                _spread_rows(table, self._pixel * self.plan.extent[1] * self._tiles.rows.phases)
        tables.flags.writeable = False
        return (
            tables,
            np.array([memory.address(each.parameters) for each in fused], np.int64),
            fused[0].driver,
        )

    @cached_property
    def _described(self) -> NDArray[np.int64]:
        """The cuts as a job takes them, with the table of what becomes of the responses to each."""
        described = self._grid.words
        described[:, at.TABLE] = [self._extents.index((rows.count, cols.count)) for rows, cols in self._cuts]
        described.flags.writeable = False
        return described

    @property
    def _ends(self) -> tuple[Loop, Loop]:
        """What reads samples, and what writes responses."""
        return loader(stored(self.plan.dtype)), writer(self.plan.compute)

    @property
    def _dtype(self) -> np.dtype[Any]:
        """Of the result as it stands."""
        return np.dtype(stored(self.plan.output_dtype, self.plan.compute))

    @property
    def _pixel(self) -> int:
        """Bytes of a pixel of the result."""
        return self.plan.output_channels * self._dtype.itemsize

    def _hand(self, image: NDArray[Any], out: NDArray[Any], alone: NDArray[np.int64]) -> Hand:
        """Return what a thread transforms tiles of an image with."""
        hand, tiles = self._spectra.hand(), self._tiles
        self._spectra.describe(hand)
        words, size = hand.words, np.dtype(self.plan.compute).itemsize
        words[[at.SIZE, at.CHANNELS]] = size, self.plan.channels
        words[[at.LOADER, at.WRITER]] = [address_of(end) for end in self._ends]
        hand.numbers[at.CONSTANT] = self._stencil.value
        hand.hold(at.SOURCE, image)
        words[[at.SOURCE_PITCH, at.SOURCE_SIZE]] = image.strides[0], image.itemsize
        hand.hold(at.RESULT, out)
        words[[at.RESULT_PITCH, at.PIXEL]] = self._pixel * self.plan.extent[1], self._pixel
        tables, parameters, words[at.BAND] = self._tables
        hand.hold(at.CUTS, self._described)
        hand.hold(at.PARAMETERS, parameters)
        hand.hold(at.ALONE, alone)
        words[[at.CUT_COUNT, at.TABLE_WORDS]] = len(self._cuts), tables.shape[1]
        made = tiles.rows.makes * tiles.cols.makes
        hand.hold(at.RESPONSES, memory.empty((2, made * self.plan.channels), self.plan.compute))
        words[at.RESPONSE_BYTES] = made * self.plan.channels * size
        if tiles.cols.phases > 1:
            hand.hold(at.MADE, memory.empty((made, self._pixel), np.uint8))
        return hand

    def _alone(self, hand: Hand, image: NDArray[Any], out: NDArray[Any], rows: Cut, cols: Cut) -> int:
        """Fill a tile that has to be looked at with care; return how many NaNs became 0."""
        extent = rows.count, cols.count
        responses = np.empty((*extent, self.plan.channels), self.plan.compute)
        for channel in range(self.plan.channels):
            read = self._read(image[:, :, channel], rows, cols)
            with np.errstate(over="ignore"):
                responses[:, :, channel] = self._spectra.responses(read, extent, hand)
        made, nans = self._loop(extent).rows(responses, threads=1)
        out[rows.outputs, cols.outputs] = made.reshape(*extent, -1)
        return nans

    def _read(self, samples: NDArray[Any], rows: Cut, cols: Cut) -> NDArray[np.float64]:
        """Return the samples of a tile of one channel, with what lies outside the image."""
        tile = samples[np.ix_(rows.sources, cols.sources)].astype(np.float64)
        tile[rows.sources < 0] = self._stencil.value
        tile[:, cols.sources < 0] = self._stencil.value
        return tile


def _spread_rows(table: NDArray[np.int64], pitch: int) -> None:
    """Let a table write rows that are so far apart."""
    for strip in range(table[layout.STRIPS]):
        level = table[layout.STRIP] + strip * table[layout.STRIP_WORDS] + table[layout.SINK]
        table[level + layout.RING_PITCH] = pitch


def _shared(work: Callable[[Hand, Any], int], hands: Sequence[Hand], tasks: Sequence[Any]) -> int:
    """Return the sum of what tasks give, each done by the next hand that is free."""
    waiting: Iterator[Any] = iter(tasks)

    def some(hand: Hand) -> int:
        return sum(work(hand, task) for task in waiting)

    if len(hands) == 1 or len(tasks) < 2:
        return some(hands[0])
    with ThreadPoolExecutor(len(hands)) as pool:
        return sum(pool.map(some, hands))
