"""How much windows are like a template: responses, through transforms, over how much each window varies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe import memory
from convpipe.compile.cpu.counting import Counting
from convpipe.compile.cpu.executable import address_of, all_bands, one_band
from convpipe.compile.cpu.fourier import job as at
from convpipe.compile.cpu.fourier import match_job as of
from convpipe.compile.cpu.fourier.cuts import Grid
from convpipe.compile.cpu.fourier.hand import Hand, Spectrum, loader, run_pairs, sweep, writer
from convpipe.compile.cpu.fourier.lines import rounding
from convpipe.compile.cpu.fourier.spectra import ROUNDING
from convpipe.compile.cpu.library import Library
from convpipe.compile.runtime.threads import count
from convpipe.dataclass import dataclass
from convpipe.geometry import Border, Extent
from convpipe.histograms import finite
from convpipe.ops import Matching
from convpipe.ops.matching import LINES, about_mean

TOLERANCE = 2.0**-22
"""Largest error of a score, but for its rounding to float32."""

LOOKED_AT = 16
"""Of so many rows and columns one is looked at for where samples lie: any number amid most of them does."""

ORDERS = 300
"""Binary orders of magnitude of samples, up or down, whose squares are summed as they are."""


@dataclass(frozen=True)
class Matched(Library):
    """The correlation with a template, called as a sweep is; as :class:`Library`."""

    frame: Matching

    is_silent = True

    @property
    def source(self) -> str:
        """In which tiles it is computed, in a line."""
        return f"# {self.title}\n# {self._grid.tiles}\n"

    def warm(self) -> None:
        """Compile its loops."""
        Hand(self._grid.tiles, 0.0).warm()
        address_of(writer("float64"))
        _ = sweep("matching"), one_band(), all_bands()

    def _write(self, given: Sequence[NDArray[Any]], result: NDArray[Any], threads: int | None) -> None:
        (colours,) = given
        samples, origin, missing = _prepared(colours, threads)
        hands = [
            self._hand(samples, origin, result) for _ in range(min(self._grid.pairs, threads or count()))
        ]
        run_pairs(sweep("matching"), np.zeros(1, np.int64), hands, (0, self._grid.pairs))
        result[..., 1:] = result[..., :1]
        if missing is not None:
            rows, cols, _ = self.frame.template.pixels.shape
            result[_touched(missing, (rows, cols))] = np.nan

    @cached_property
    def _grid(self) -> Grid:
        picture = self.picture
        return Grid(self.frame.tiles(picture.extent), picture.extent, picture.channels, Border.CONSTANT)

    @cached_property
    def _taps(self) -> NDArray[np.float64]:
        """The template about its mean, a plane for each channel."""
        wanted = about_mean(self.frame.template, self.picture.channels)
        return np.ascontiguousarray(np.moveaxis(wanted, 2, 0))

    @cached_property
    def _spectrum(self) -> Spectrum:
        """The transforms of all planes, and their norms."""
        hand = self._new_hand()
        made = [hand.spectrum(plane) for plane in self._taps]
        return Spectrum(np.stack([each.values for each in made]), np.stack([each.norms for each in made]))

    def _new_hand(self) -> Hand:
        tiles = self._grid.tiles
        return Hand(tiles, ROUNDING * rounding(tiles.extent, tiles.blocks))

    def _hand(self, samples: NDArray[Any], origin: float, result: NDArray[Any]) -> Hand:
        """Return what a thread transforms tiles of an image with, and tells how much windows vary."""
        hand, grid, taps = self._new_hand(), self._grid, self._taps
        words, numbers = hand.words, hand.numbers
        words[[at.SIZE, at.CHANNELS]], numbers[at.UNIT] = (8, 1), 1.0
        words[[at.LOADER, at.WRITER]] = (
            address_of(loader(samples.dtype.name)),
            address_of(writer("float64")),
        )
        numbers[at.ORIGIN] = origin
        hand.hold(at.SOURCE, samples)
        words[[at.SOURCE_PITCH, at.SOURCE_SIZE]] = samples.strides[0], samples.itemsize
        hand.hold(at.RESULT, result)
        words[[at.RESULT_PITCH, at.PIXEL]] = result.strides[:2]
        hand.hold(at.CUTS, grid.words)
        words[[at.CUT_COUNT, at.TAP_ROWS, at.TAP_COLS]] = len(grid.cuts), *taps.shape[1:]
        own = self._own_words(result.itemsize, exact=samples.dtype.kind in "iu")
        hand.hold(at.MATCH, own)
        self._hold_memory(hand, own)
        return hand

    def _own_words(self, size: int, exact: bool) -> NDArray[np.int64]:
        """Return what a job is told of the template, where sums of samples are `exact` or not."""
        taps, spectrum = self._taps, self._spectrum
        own = np.zeros(of.WORDS, np.int64)
        own[[of.CHANNELS, of.SIZE, of.SPECTRUM_BYTES]] = len(taps), size, spectrum.values[0].nbytes
        own[[of.SPECTRA, of.NORMS]] = memory.address(spectrum.values), memory.address(spectrum.norms)
        own[of.TAPS] = memory.address(taps)
        numbers = own.view(np.float64)
        # What is rounded off of the sum of squares, at most; and in what exceeds it no more than a score is.
        least = 2.0**-51 if exact else 2.0**-50 * sum(taps.shape[1:])
        numbers[[of.LEAST, of.SURE, of.TOLERANCE]] = least, least / TOLERANCE, TOLERANCE
        numbers[[of.NORM, of.INVERSE]] = np.square(taps).sum(), 1 / taps.size
        return own

    def _hold_memory(self, hand: Hand, own: NDArray[np.int64]) -> None:
        """Give a job memory: for responses, for sums over windows, and for the samples of a tile."""
        (channels, rows, _), tiles = self._taps.shape, self._grid.tiles
        made, pitch = tiles.rows.makes * tiles.cols.makes, -(-tiles.cols.reads // LINES) * LINES
        responses = memory.empty((2 * min(channels, 2), made), np.float64)
        hand.hold(at.RESPONSES, responses)
        hand.words[at.RESPONSE_BYTES], own[of.ROOM] = 8 * made, memory.address(responses[-2:])
        sums = memory.empty((rows + LINES, 2 * pitch), np.float64)
        hand.hold(-1, sums)
        own[of.PITCH] = pitch
        others = (of.BELOW, of.WINDOW, of.SPARE, of.TOTAL, of.LINE)
        own[[*others, of.ABOVE]] = [memory.address(line) for line in sums[: len(others) + 1]]
        care = memory.empty((channels, tiles.rows.reads * tiles.cols.reads), np.float64)
        hand.hold(-2, care)
        own[of.CARE] = memory.address(care)


def _touched(pixels: NDArray[np.bool_], window: Extent) -> NDArray[np.bool_]:
    """Return whose windows hold one of some pixels."""
    for axis, side in enumerate(window):
        beside = np.zeros((2, 2), np.int64)
        beside[axis] = side // 2 + 1, (side - 1) // 2
        sums = np.moveaxis(np.pad(pixels, beside).cumsum(axis=axis, dtype=np.int32), axis, 0)
        pixels = np.moveaxis(sums[side:] > sums[:-side], 0, axis)
    return pixels


def _prepared(
    colours: NDArray[Any], threads: int | None
) -> tuple[NDArray[Any], float, NDArray[np.bool_] | None]:
    """Return samples whose squares can be summed, a number among them, and the pixels that are not finite.

    What is no finite number is that number in the samples.
    """
    looked_at = finite(colours[::LOOKED_AT, ::LOOKED_AT])
    middle = np.median(looked_at) if looked_at.size else 0.0  # what is far from all others changes nothing
    if colours.dtype.kind != "f":
        return np.ascontiguousarray(colours), float(np.rint(middle)), None
    origin = colours.dtype.type(middle)
    found = Counting(threads).survey(colours.reshape(-1, colours.shape[2]))
    missing = None
    if found.count < colours.size:
        known = np.isfinite(colours)
        missing, colours = ~known.all(axis=2), np.where(known, colours, origin)
    order = math.frexp(max(abs(found.low), abs(found.high)))[1] if found.count else 0
    if abs(order) > ORDERS:
        colours, origin = np.ldexp(colours, -order), np.ldexp(origin, -order)
    return np.ascontiguousarray(colours), float(origin), missing
