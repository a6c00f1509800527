"""Run a plan on the processor: on every core for one image, or on the calling thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe import memory
from convpipe.compile.common.levels import Program, make_levels
from convpipe.compile.common.pictures import Band, Outcome, Picture
from convpipe.compile.cpu import layout, signatures
from convpipe.compile.cpu.compiled import text_of
from convpipe.compile.cpu.in_turn import Call, Word, as_bytes
from convpipe.compile.cpu.loops import Loop
from convpipe.compile.cpu.responses import Responses
from convpipe.compile.cpu.schedule import Schedule, schedule_of
from convpipe.compile.cpu.show import show
from convpipe.compile.cpu.table import Table, make_table
from convpipe.compile.runtime import cache, start
from convpipe.compile.runtime.threads import count, shared
from convpipe.dataclass import dataclass
from convpipe.losses import Losses
from convpipe.plan import Plan

_DRIVER = text_of("drive")

BAND_ROWS = 16
"""Fewest rows of a band; a band recomputes a halo at its edges, so bands are kept tall."""

BAND_OPERATIONS = 200_000
"""Fewest operations of a band. To wake a thread takes 5 to 10 microseconds, in which a core does about as
many: two threads take as long as one for 80x80 pixels of a chain, and three quarters for 128x128."""


NOTHING_ELSE = np.empty(0, np.int64)
"""Addresses of the images of a loop that has more than one to read and one to write."""


@dataclass(frozen=True)
class Fused:
    """Levels that run as one loop.

    Parameters
    ----------
    program : Program
    """

    program: Program

    @cached_property
    def schedule(self) -> Schedule:
        """What makes which rows."""
        return schedule_of(self.program)

    @cached_property
    def table(self) -> Table:
        """The same as numbers."""
        return make_table(self.schedule)

    @property
    def source(self) -> str:
        """The schedule, and the generated Python of the loops that it calls."""
        return show(self.schedule, self.table)

    def run(
        self,
        images: Sequence[NDArray[Any]],
        outs: Sequence[NDArray[Any]],
        bands: int,
        measured: Sequence[float] = (),
    ) -> int:
        """Fill `outs` from `images`, all (rows, cols * channels), in `bands` bands of rows.

        One band runs on the calling thread; the results have the same bytes whatever their number. Return how
        many NaNs became 0.
        """
        if len(images) == len(outs) == 1 and not measured:
            known = *self._known, as_bytes(images[0]), as_bytes(outs[0])
            if bands == 1:
                return self._one_image(*known, 0, self._tallest)
            return self._shared_image(*known, self._tallest, self._step, bands)
        parameters = self.parameters_with(measured)
        others = NOTHING_ELSE
        if len(images) + len(outs) > 2:
            others = np.array([memory.address(array) for array in (*images, *outs)], np.int64)
        given = (self.driver, self.words, as_bytes(images[0]), as_bytes(outs[0]), parameters, others)
        if bands == 1:
            return self._one_band(*given, 0, self._tallest)
        return self._all_bands(*given, self._tallest, self._step, bands)

    def band(
        self,
        given: Sequence[Band],
        pictures: Sequence[Picture],
        first: int,
        last: int,
        measured: Sequence[float] = (),
        made_before: int = 0,
    ) -> tuple[list[Band], int]:
        """Make rows `first` to before `last` of the tallest of some `pictures`, and a share of the others.

        Return them, and how many NaNs became 0 in those that are new.

        Parameters
        ----------
        given : sequence of Band
            What the rows read: see :mod:`convpipe.plan.bands`.
        pictures : sequence of Picture
            Those that are written.
        first, last : int
            Multiples of the rows that are made at a time, or the end.
        measured : sequence of float, optional
            The numbers of the whole image that the loops need.
        made_before : int, optional
            As `first` and `last`: what lies before it another band has made, and has counted.
        """
        ends = [(self._share(sink, first), self._share(sink, last)) for sink in range(len(pictures))]
        made = [picture.band(*rows) for picture, rows in zip(pictures, ends, strict=True)]
        origins = np.array([band.origin for band in (*given, *made)], np.int64)
        parameters = self.parameters_with(measured)
        run = (self.driver, self.words, as_bytes(given[0].rows), as_bytes(made[0].rows), parameters, origins)
        new = min(max(first, made_before), last) if self.program.counts_nans else first
        if first < new:
            self._one_band(*run, first, new)
        return made, self._one_band(*run, new, last) if new < last else 0

    def call(self, image: Word, result: Word, parameters: Word) -> Call:
        """Return what makes all rows of one image of another, among loops that run in turn."""
        return Call((_DRIVER, "band"), self.words, self._tallest, 1, image, result, parameters)

    def parameters_with(self, measured: Sequence[float]) -> NDArray[Any]:
        """Return the parameters of all loops, with the numbers of an image."""
        if not measured:
            return self.parameters
        parameters = self.table.with_measured(np.array(measured, self.program.compute))
        parameters.flags.writeable = False
        return parameters

    def _share(self, sink: int, y: int) -> int:
        """Return the rows of an image that are made when `y` of the tallest are; as :func:`drive.share`."""
        words = self.table.words
        level = words[layout.STRIP] + words[layout.SINK + sink]
        rows, made = int(words[level + layout.MADE_ROWS]), int(words[level + layout.MADE])
        return rows if y == self._tallest else y * rows // self._tallest // made * made

    def bands(self, operations: int, threads: int | None) -> int:
        """Return how many bands, of at most so many `threads`, are worth one: high, and with enough to do."""
        most = self.most_bands(operations)
        return min(most, threads or count()) if most > 1 and threads != 1 else 1

    def most_bands(self, operations: int) -> int:
        """Return how many bands are worth a thread each: 1, or fewer, where there is too little to do."""
        return min(-(-self._tallest // BAND_ROWS), operations // BAND_OPERATIONS)

    def warm(self) -> None:
        """Compile what one thread runs, and what every core runs."""
        _ = self.words, self.driver, self._one_image, self._shared_image, self._one_band, self._all_bands

    @cached_property
    def _tallest(self) -> int:
        """Rows of the tallest image that is written."""
        return int(self.table.words[layout.TALLEST])

    @cached_property
    def _step(self) -> int:
        """Rows of what is written that are made at a time, at most; 4 is a multiple of all."""
        return int(self.table.words[layout.AT_ONCE])

    @cached_property
    def words(self) -> NDArray[np.int64]:
        """The table, with the addresses of its loops."""
        words = self.table.with_loops([address_of(loop) for loop in self.table.loops])
        words.flags.writeable = False
        return words

    @cached_property
    def parameters(self) -> NDArray[np.uint8]:
        """What all loops are called with, but for numbers of an image."""
        parameters = self.table.parameters
        parameters.flags.writeable = False
        return parameters

    @cached_property
    def driver(self) -> int:
        """Where the driver's machine code is."""
        return cache.address(_DRIVER, "band", signatures.BAND)

    @cached_property
    def _known(self) -> tuple[int, int, int, int]:
        """Where the driver is, the table and how many words it has, and the parameters."""
        return self.driver, memory.address(self.words), len(self.words), memory.address(self.parameters)

    @cached_property
    def _one_image(self) -> Callable[..., int]:
        return cache.load(_DRIVER, "one_image", signatures.IMAGE, plain=True)

    @cached_property
    def _shared_image(self) -> Callable[..., int]:
        if start.is_spared():
            return in_bands(self._one_image)
        return cache.load(_DRIVER, "shared_image", signatures.SHARED_IMAGE)

    @cached_property
    def _one_band(self) -> Callable[..., int]:
        return one_band()

    @cached_property
    def _all_bands(self) -> Callable[..., int]:
        return all_bands()


@dataclass(frozen=True)
class Executable:
    """A chain that is one loop, for one image extent, dtype and channel count: quick for small images.

    Parameters
    ----------
    plan : Plan
        Of a chain without numbers of the whole image.
    fused : Fused
    """

    plan: Plan
    fused: Fused

    is_silent = True

    @property
    def schedule(self) -> Schedule:
        """What makes which rows."""
        return self.fused.schedule

    @property
    def table(self) -> Table:
        """The same as numbers."""
        return self.fused.table

    @property
    def source(self) -> str:
        """The schedule, and the generated Python of the loops that it calls."""
        return self.fused.source

    def __call__(self, image: NDArray[Any], threads: int | None = None) -> tuple[NDArray[Any], Losses]:
        """Filter one image.

        Parameters
        ----------
        image : ndarray, shape (rows, cols) or (rows, cols, channels)
            Of the planned extent and dtype, any strides and byte order.
        threads : int, optional
            1 runs on the calling thread and releases the GIL; None uses every core.

        Returns
        -------
        result : ndarray
            Of the planned output extent and dtype; two axes if `image` has two and the result one
            channel.
        losses : Losses
            How many NaNs became 0, and finite samples infinite.
        """
        rows, nans = self.rows(image, threads)
        return self.outcome.finished(rows, image.ndim, nans)

    def rows(self, image: NDArray[Any], threads: int | None = None) -> tuple[NDArray[Any], int]:
        """Return the rows that the loop writes for the result, and how many NaNs became 0 in them."""
        rows = self.given.rows(image)
        out = self.outcome.picture.empty(rows, self._stagger)
        bands = min(self._most_bands, threads or count()) if self._most_bands > 1 and threads != 1 else 1
        return out, self.fused.run((rows,), (out,), bands)

    def warm(self) -> None:
        """Compile what one thread runs, and what every core runs."""
        self.fused.warm()

    @cached_property
    def given(self) -> Picture:
        """The image, as the loop reads it."""
        return self.fused.program.images[0]

    @cached_property
    def outcome(self) -> Outcome:
        """The result, and the rows that the loop writes for it."""
        return Outcome(self.plan, self.plan.outputs[-1])

    @cached_property
    def _stagger(self) -> int:
        """How far from the image the result is, in their pages: half of one, as all that is read and written.

        Rows of sums over columns or of a ring are that from the image already: the result is from those then.
        """
        recipe, *others = (level.recipe for level in self.schedule.levels)
        if others or not isinstance(recipe, Responses) or any(bank.has_columns for bank in recipe.banks):
            return 0
        return memory.PAGE // 2

    @cached_property
    def _most_bands(self) -> int:
        """As :meth:`Fused.most_bands`: small images feel what it takes to find out."""
        return self.fused.most_bands(self.plan.operations)


def address_of(loop: Loop) -> int:
    """Return where the machine code of `loop` is."""
    return cache.address(loop.source, "loop", signatures.LOOP)


def one_band() -> Callable[..., int]:
    """Return what makes a band on the calling thread: `one_band` of the driver."""
    return cache.load(_DRIVER, "one_band", signatures.ONE, plain=True)


def all_bands() -> Callable[..., int]:
    """Return what makes all bands, on all cores: `all_bands` of the driver."""
    if start.is_spared():
        return in_bands(one_band())
    return cache.load(_DRIVER, "all_bands", signatures.BANDS)


def in_bands(one: Callable[..., int]) -> Callable[..., int]:
    """Return what makes all bands on threads of Python's, each as `one` band.

    Called as :func:`all_bands`, with all rows, a step of them and how many bands there are last.
    """

    def run(*given: Any) -> int:
        *same, rows, step, bands = given
        return shared(partial(one, *same), [layout.bounds(b, bands, rows, step) for b in range(bands)])

    return run


def compile_fused(plan: Plan) -> Executable:
    """Return `plan`, a chain without numbers of the whole image, as one fused loop."""
    return Executable(plan, Fused(make_levels(plan)))
