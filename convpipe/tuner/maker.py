"""Regions of what the nodes of a plan give, made of what is kept of them and of the image."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from convpipe.dataclass import dataclass
from convpipe.ops import stored
from convpipe.plan import IMAGE, Plan
from convpipe.plan.demand import Region, Span
from convpipe.plan.roi import everything, holds, regions, roi_plan
from convpipe.tuner.kept import Kept, Piece

if TYPE_CHECKING:
    from convpipe.compile.cpu.graphs import GraphExecutable

SLACK = 64
"""Rows and columns around what is needed that are kept as well: a larger window needs nothing new."""

Sign = Callable[[str], None]
"""Is told what is going on: compiling, running, or nothing."""

Numbers = Mapping[int, Sequence[float]]
"""Those of the whole of what some nodes read, by the positions of these."""


@dataclass(frozen=True)
class Maker:
    """Makes regions of the nodes of a plan.

    Parameters
    ----------
    plan : Plan
    keys : list of hashable or None
        By what each of its nodes is kept; None keeps nothing.
    image : ndarray, shape (rows, cols, channels)
        That enters.
    kept : Kept
    sign : callable
        Is told what is going on.
    numbers : mapping
        What is known; a node whose numbers are not needs all of what it reads.
    runs : dict
        What has run for regions, by their kinds.
    """

    plan: Plan
    keys: list[Hashable] | None
    image: NDArray[Any]
    kept: Kept
    sign: Sign
    numbers: Numbers = field(default_factory=dict)
    runs: dict[Hashable, GraphExecutable] = field(default_factory=dict)

    @property
    def held_regions(self) -> dict[int, Region]:
        """What is kept of its nodes."""
        return {at: piece.region for at, piece in self._held().items()}

    def keep(self, nodes: Iterable[int], at: int, region: Region) -> None:
        """Have the nodes kept that a region of another is to be made of, with what lies around that."""
        if self.keys is None or not (chosen := sorted(nodes)):
            return
        extents = {each: self.plan.nodes[each].extent for each in chosen}
        _, read = regions(
            self.plan,
            {at: region},
            {each: everything(extent) for each, extent in extents.items()},
            self.numbers,
        )
        held = self._held()
        missing = {
            each: _grown(needed, extents[each])
            for each, needed in read.items()
            if each != IMAGE and not (each in held and holds(held[each].region, needed))
        }
        if missing:
            pieces, _ = self._made(missing, {k: piece for k, piece in held.items() if k not in missing})
            for each, piece in pieces.items():
                self.kept.keep(self.keys[each], piece)

    def make(self, at: int, region: Region) -> tuple[Piece, float]:
        """Return a region of what a node gives, and the seconds that its loops took."""
        held = self._held()
        if at in held and holds(held[at].region, region):
            return held[at], 0.0
        held.pop(at, None)
        pieces, seconds = self._made({at: region}, held)
        return pieces[at], seconds

    def _held(self) -> dict[int, Piece]:
        if self.keys is None:
            return {}
        found = ((at, self.kept.find(key)) for at, key in enumerate(self.keys))
        return {at: piece for at, piece in found if piece is not None}

    def _made(
        self, wanted: Mapping[int, Region], held: Mapping[int, Piece]
    ) -> tuple[dict[int, Piece], float]:
        self.sign("compiling")  # the first time, the compiler is loaded
        from convpipe.compile.common.pictures import Picture
        from convpipe.compile.cpu.graphs import GraphExecutable

        roi = roi_plan(self.plan, wanted, {at: piece.region for at, piece in held.items()}, self.numbers)
        given = [
            cut(self.image, region) if at == IMAGE else cut(held[at].values, region, held[at].region)
            for at, region in roi.reads
        ]
        entering = tuple(
            Picture((each.shape[0], each.shape[1]), each.shape[2], stored(each.dtype.name)) for each in given
        )
        kind = (tuple(wanted), entering, *roi.kind)
        run = self.runs.setdefault(kind, GraphExecutable(roi.plan, entering))
        try:
            run.warm()
            self.sign("running")
            began = time.perf_counter()
            known = {part: self.numbers[head] for part, head in roi.measured.items()}
            results, _ = run.outputs(given[0], others=given[1:], numbers=known)
            seconds = time.perf_counter() - began
        finally:
            self.sign("")
        pieces = {}
        for at, name in roi.names.items():
            rows, cols = (len(span) for span in roi.made[at])
            pieces[at] = Piece(roi.made[at], results[name].reshape(rows, cols, -1))
        return pieces, seconds


def cut(values: NDArray[Any], region: Region, of: Region | None = None) -> NDArray[Any]:
    """Return a region of values, which are a whole or another region of it."""
    (rows, cols), (top, left) = region, (0, 0) if of is None else (of[0].first, of[1].first)
    return values[rows.first - top : rows.last + 1 - top, cols.first - left : cols.last + 1 - left]


def clipped(region: Region | None, extent: tuple[int, int]) -> Region:
    """Return what of a region there is, at least a pixel."""
    whole = everything(extent)
    if region is None:
        return whole
    rows, cols = (
        Span(min(max(span.first, 0), all_of.last), max(min(span.last, all_of.last), 0))
        for span, all_of in zip(region, whole, strict=True)
    )
    return rows, cols


def _grown(region: Region, extent: tuple[int, int]) -> Region:
    rows, cols = (Span(span.first - SLACK, span.last + SLACK) for span in region)
    return clipped((rows, cols), extent)
