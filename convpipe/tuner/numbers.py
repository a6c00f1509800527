"""Numbers of whole images that stages need: estimated from strips at once, or found exactly, band by band.

A threshold by Otsu after the stage that is tuned needs all of a large image each time. A few strips of it,
which have the bytes of the whole image there, say nearly the same, soon enough for a picture at every move.
The exact numbers are found when nobody moves: between two bands of the image is asked whether that is so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe import memory
from convpipe.dataclass import dataclass
from convpipe.plan import IMAGE
from convpipe.plan.demand import Region, Span
from convpipe.plan.roi import everything, needs_all, regions
from convpipe.statistics import measure
from convpipe.tuner.maker import Maker, Numbers, cut

LEAST_PIXELS = 1 << 22
"""Of fewer the exact numbers are found as soon as others."""

STRIPS, STRIP_PIXELS = 8, 1 << 16
"""How many strips numbers are estimated from, evenly spread, and about how many pixels each has."""

BAND_PIXELS = 1 << 21
"""About how many pixels are made before somebody is asked whether to go on."""


@dataclass(frozen=True)
class Found:
    """Numbers by the nodes that need them, and those of them that are estimates."""

    numbers: Numbers
    estimated: frozenset[int]


@dataclass(frozen=True)
class Measurer:
    """Finds the numbers of what the nodes of a plan read.

    Parameters
    ----------
    maker : Maker
        Of the plan; it knows no numbers.
    before : frozenset of int
        Nodes whose results are worth keeping as a whole, as what is tuned comes after them.
    check : callable
        Is called now and then, and raises what ends the search.
    """

    maker: Maker
    before: frozenset[int]
    check: Callable[[], None]

    def find(self, at: int, region: Region, *, estimate: bool) -> Found:
        """Return the numbers for a region of a node; none where they would not be found by parts.

        Parameters
        ----------
        at : int
        region : Region
        estimate : bool
            Whether estimates will do, of those that are not known.
        """
        plan, numbers, estimated = self.maker.plan, dict[int, Sequence[float]](), set[int]()
        heads = [each for each, node in enumerate(plan.nodes) if node.reduces and node.apart is None]
        needed, _ = regions(plan, {at: region}, self.maker.held_regions, heads)
        for head in (each for each in heads if each in needed):
            if not self._by_parts(head, heads):
                return Found({}, frozenset())
            known = None if estimated else self.maker.kept.numbers(self._key(head))
            if known is None and (estimate or estimated):
                estimated.add(head)
                known = self._measured(head, np.concatenate(list(self._strips(head, numbers))))
            elif known is None:
                known = self._measured(head, self._whole(head, numbers))
                self.maker.kept.know(self._key(head), known)
            numbers[head] = known
        return Found(numbers, frozenset(estimated))

    def _by_parts(self, head: int, heads: Sequence[int]) -> bool:
        """Tell whether an image is large, and its parts are made of parts of the image that enters."""
        plan, source = self.maker.plan, self.maker.plan.nodes[head].inputs[0]
        rows, cols = plan.nodes[head].input
        if rows * cols < LEAST_PIXELS:
            return False
        if source == IMAGE:
            return True
        row = Span(rows // 2, rows // 2), Span(0, cols - 1)
        made, _ = regions(plan, {source: row}, self.maker.held_regions, heads)
        return not any(needs_all(plan.nodes[each], each in heads) for each in made)

    def _key(self, head: int) -> Hashable:
        """Return what tells by what the numbers of a node are made; None of what is not known again."""
        keys, node = self.maker.keys, self.maker.plan.nodes[head]
        if keys is None:
            return None
        source = node.inputs[0]
        return keys[head if source == IMAGE else source], node.statistics

    def _strips(self, head: int, numbers: Numbers) -> Iterator[NDArray[Any]]:
        rows, cols = self.maker.plan.nodes[head].input
        high = max(1, min(rows // STRIPS, STRIP_PIXELS // cols))
        for number in range(STRIPS):
            middle = (2 * number + 1) * rows // (2 * STRIPS)
            yield self._values(head, Span(middle - high // 2, middle - high // 2 + high - 1), numbers)

    def _whole(self, head: int, numbers: Numbers) -> NDArray[Any]:
        """Return all that a node reads, made band by band."""
        rows, cols = self.maker.plan.nodes[head].input
        if self.maker.plan.nodes[head].inputs[0] == IMAGE:
            return self._values(head, Span(0, rows - 1), numbers)
        source = self.maker.plan.nodes[head].inputs[0]
        self.maker.keep(self._kept(head), source, (Span(0, rows - 1), Span(0, cols - 1)))
        high = max(1, BAND_PIXELS // cols)
        whole: NDArray[Any] | None = None
        for first in range(0, rows, high):
            self.check()
            band = self._values(head, Span(first, min(rows, first + high) - 1), numbers)
            if whole is None:
                whole = memory.empty((rows, math.prod(band.shape[1:])), band.dtype)
            whole[first : first + len(band)] = band.reshape(len(band), -1)
        assert whole is not None
        self.check()
        return whole.reshape(rows, cols, -1)

    def _kept(self, head: int) -> set[int]:
        """Return the nodes worth keeping that are made before any number is known."""
        nodes = self.maker.plan.nodes
        measured: set[int] = set()
        for at, node in enumerate(nodes):
            if node.reduces or measured.intersection(node.inputs):
                measured.add(at)
        return {at for at in self.before if at < head and at not in measured}

    def _values(self, head: int, rows: Span, numbers: Numbers) -> NDArray[Any]:
        """Return some rows of what a node reads."""
        node = self.maker.plan.nodes[head]
        region = rows, everything(node.input)[1]
        if node.inputs[0] == IMAGE:
            return cut(self.maker.image, region)
        piece, _ = replace(self.maker, numbers=numbers).make(node.inputs[0], region)
        return cut(piece.values, region, piece.region)

    def _measured(self, head: int, values: NDArray[Any]) -> list[float]:
        """Return the numbers of values, which are of a whole image or of strips."""
        from convpipe.compile.common.pictures import Picture
        from convpipe.compile.cpu.counting import Counting

        plan = self.maker.plan
        rows, cols, channels = values.shape
        dtype = plan.given_dtype(plan.nodes[head])
        picture = Picture((rows, cols), channels, dtype)
        samples = picture.pixels(np.ascontiguousarray(values, dtype), plan.alpha)
        return measure(plan.nodes[head].statistics, samples, Counting(None))
