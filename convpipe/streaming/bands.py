"""In which bands of rows an image is filtered, so that they take no more memory than they may."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.errors import LimitError, PlanError
from convpipe.images.output import TILE
from convpipe.ops import stored
from convpipe.plan import IMAGE, Plan
from convpipe.plan.bands import PartBand, part_bands, wanted_rows
from convpipe.plan.demand import NOTHING, Span
from convpipe.report import byte_size

USUAL = 1 << 24
"""Bytes of a band of the image and of the results beyond which taller ones gain nothing: what is read twice
because it lies beside two bands is little by then."""

LEAST = 16
"""Fewest rows of a band: below that most of the work would be on rows that lie beside it."""

PLACES = 32
"""Bytes that are kept for each tile of a result, until its directory is written."""


@dataclass(frozen=True)
class Band:
    """One band: rows of the results, and what of the image they are made of.

    Parameters
    ----------
    first, last : int
        Of the tallest result, from the first to before the last; of the others as large a share.
    reads : Span
        Rows of the image.
    nbytes : int
        That it takes to make it: the rows of the image, those between loops, and the results.
    """

    first: int
    last: int
    reads: Span
    nbytes: int


@dataclass(frozen=True)
class Bands:
    """The bands of an image, and the memory that they take.

    Parameters
    ----------
    plan : Plan
        Of the whole image.
    height : int
        Rows of a band of the tallest result; the last may have fewer.
    threads : int
        That filter, read and encode: each a band, or some tiles.
    block : int
        Rows of the image that are decoded together.
    tile : int
        Rows and columns of a tile of the results.
    pyramid : bool
        Whether the results are written in smaller sizes, too.
    done : int
        Rows of the tallest result that are there already.
    """

    plan: Plan
    height: int
    threads: int
    block: int
    tile: int = TILE
    pyramid: bool = False
    done: int = 0

    def __iter__(self) -> Iterator[Band]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    @cached_property
    def tallest(self) -> int:
        """Rows of the tallest result."""
        return max(self.plan.nodes[output.node].extent[0] for output in self.plan.outputs)

    @property
    def ahead(self) -> int:
        """How many are begun at most before the first of them is written."""
        return self.threads + 1

    @cached_property
    def kept_from(self) -> list[int]:
        """Of each band, the first row of the image that it or a later one reads."""
        found, least = [], self.plan.input[0]
        for band in reversed(self._all):
            least = min(least, band.reads.first) if band.reads else least
            found.append(least)
        return found[::-1]

    @cached_property
    def nbytes(self) -> int:
        """Memory that is taken at most at once."""
        plan = self.plan
        made = max(band.nbytes for band in self._all) + plan.thread_bytes
        waiting = self.ahead * max(self._result_bytes(self.height), self.height * self._measured_row)
        image_row = plan.input_bytes // plan.input[0]
        held = max(self._held(at) for at in range(len(self))) + self.threads * self.block
        # Each level holds half as much as the one before, and below it the rows that are not halved yet.
        leveled = 2 if self.pyramid else 1
        results = (3 * leveled + leveled - 1) * self._result_bytes(self.tile) + PLACES * leveled * self._tiles
        return self.threads * made + waiting + held * image_row + results

    @cached_property
    def _all(self) -> list[Band]:
        starts = range(self.done, self.tallest, self.height)
        return [self._band(first, min(first + self.height, self.tallest)) for first in starts]

    def _band(self, first: int, last: int) -> Band:
        parts = part_bands(self.plan, wanted_rows(self.plan, first, last), measured=True)
        reads = NOTHING
        for part in parts:
            reads |= part.reads.get(IMAGE, NOTHING)
        image_row = self.plan.input_bytes // self.plan.input[0]
        made = sum(self._made_bytes(part) for part in parts)
        return Band(first, last, reads, len(reads) * image_row + made)

    def _made_bytes(self, band: PartBand) -> int:
        """Return the bytes of the rows that a part makes, and of the results that these become."""
        nodes = {at: self.plan.nodes[at] for at in band.part.makes}
        tallest = max(node.extent[0] for node in nodes.values())
        rows = band.last - band.first
        return sum(-(-rows * node.samples // tallest) * self._sample_bytes[at] for at, node in nodes.items())

    @cached_property
    def _sample_bytes(self) -> dict[int, int]:
        """Bytes of a sample of the images that stand, and of results that are copies of them."""
        plan, found = self.plan, {}
        read = {at for part in plan.parts for at in part.reads}
        for at in (at for part in plan.parts for at in part.makes):
            results = [output.dtype for output in plan.outputs if output.node == at]
            own = stored(results[0], plan.compute) if results and at not in read else plan.compute
            found[at] = sum(
                np.dtype(each).itemsize for each in (own, *(each for each in results if each != own))
            )
        return found

    def _result_bytes(self, rows: int) -> int:
        """Return the bytes of so many rows of the results."""
        plan = self.plan
        return sum(
            rows * -(-plan.result_bytes(output) // plan.nodes[output.node].extent[0])
            for output in plan.outputs
        )

    @cached_property
    def _measured_row(self) -> int:
        """Bytes of a row of the widest image that numbers are measured of."""
        plan, size = self.plan, np.dtype(self.plan.compute).itemsize
        measured = [part.reads[0] for part in plan.parts if part.nodes[0].reduces]
        rows = (plan.nodes[at].samples // plan.nodes[at].extent[0] for at in measured if at != IMAGE)
        return max(rows, default=0) * size

    def measured_of(self, at: int) -> Iterator[tuple[Span, Span]]:
        """Yield rows of an image that numbers are measured of, and those of the image that enters."""
        rows = self.plan.input[0] if at == IMAGE else self.plan.nodes[at].extent[0]
        for first in range(0, rows, self.height):
            span = Span(first, min(first + self.height, rows) - 1)
            reads = span if at == IMAGE else NOTHING
            for part in part_bands(self.plan, {at: span}, measured=True):
                reads |= part.reads.get(IMAGE, NOTHING)
            yield span, reads

    def _held(self, at: int) -> int:
        """Return the rows of the image that stay decoded while the bands from one on are made."""
        begun = self._all[at : at + self.ahead]
        last = max(band.reads.last for band in begun)
        first = self.kept_from[at] // self.block * self.block
        return min(-(-(last + 1) // self.block) * self.block, self.plan.input[0] + self.block) - first

    @cached_property
    def _tiles(self) -> int:
        extents = (self.plan.nodes[output.node].extent for output in self.plan.outputs)
        return sum(math.prod(-(-size // self.tile) for size in extent) for extent in extents)


def banded(
    plan: Plan, nbytes: int, *, threads: int, block: int, tile: int = TILE, pyramid: bool = False
) -> Bands:
    """Return bands that take no more than so many bytes: as tall as is of use, or as fits.

    Parameters
    ----------
    plan : Plan
    nbytes : int
    threads : int
    block : int
        Rows of the image that are decoded together.
    tile : int, optional
        Rows and columns of a tile of the results.
    pyramid : bool, optional
        Whether the results are written in smaller sizes, too.

    Raises
    ------
    PlanError
        A stage needs the whole image.
    LimitError
        Not even the shortest bands fit.

    Examples
    --------
    >>> from convpipe.plan import make_plan
    >>> from convpipe.stages import stage
    >>> plan = make_plan([stage("blur", "gaussian", sigma=2)], (32_768, 32_768))
    >>> bands = banded(plan, 150_000_000, threads=2, block=256)
    >>> bands.height, len(bands), bands.nbytes < 150_000_000
    (128, 256, True)
    """
    check_bands(plan)
    row = (plan.input_bytes + plan.output_bytes) // plan.input[0]
    height = max(tile, USUAL // max(row, 1) // tile * tile)
    while True:
        bands = Bands(plan, height, threads, block, tile, pyramid)
        if bands.nbytes <= nbytes:
            return bands
        if height <= LEAST:
            break
        height = max(height // 2 // LEAST * LEAST, LEAST)
    if threads > 1:
        return banded(plan, nbytes, threads=1, block=block, tile=tile, pyramid=pyramid)
    raise LimitError(
        f"it takes about {byte_size(bands.nbytes)} of memory in bands of {height} rows, of which one reads "
        f"{max(len(band.reads) for band in bands)} rows of the image, decoded {block} at a time; "
        f"images may take {byte_size(nbytes)} (--memory)"
    )


def check_bands(plan: Plan) -> None:
    """Refuse a plan that has a stage of the whole image, and say what to do.

    Raises
    ------
    PlanError
    """
    for part in plan.parts:
        head = part.nodes[0]
        name = head.origin.name
        if head.apart or head.tiles is not None:
            why = "goes through Fourier transforms of" if head.tiles is not None else "needs"
            raise PlanError(
                f"{head.origin} {why} the whole image, which does not fit into memory; "
                "give it more (--memory), or leave this stage to a run of a smaller image",
                name,
            )
