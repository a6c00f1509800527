"""A window whose place and taps are its own for every row and for every column of its result."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.geometry import Axis, Extent
from convpipe.interval import UNBOUNDED, Interval
from convpipe.ops.taps import Taps
from convpipe.ops.window import Stencil, Window
from convpipe.polyphase import Polyphase


class Rule(Protocol):
    """What the taps follow from, once extents are known. It can be pickled."""

    def axes(self, extent: Extent, image: Extent, entering: Extent) -> tuple[Polyphase, Polyphase]:
        """Return the taps of the rows and of the columns of a result.

        Parameters
        ----------
        extent : (rows, cols)
            Of what is resampled.
        image : (rows, cols)
            Of the image that enters the pipeline.
        entering : (rows, cols)
            Of what enters the stage that it is of.

        Raises
        ------
        PlanError
            If there is no such result.
        """


LEAST_SHARE = 0.25
"""Of samples that can be missing, with weights below 0: how much of the sum of their sizes the weights of
those that are there sum to at least. Where it is less they say nothing: the mean could be anything."""


@dataclass(frozen=True)
class _Sizes:
    """The rule of taps that have the sizes of those of another."""

    rule: Rule

    def axes(self, extent: Extent, image: Extent, entering: Extent) -> tuple[Polyphase, Polyphase]:
        """Return the taps; as :meth:`Rule.axes`."""
        rows, cols = self.rule.axes(extent, image, entering)
        return rows.sizes, cols.sizes


@dataclass(frozen=True, eq=False)
class Resample(Window):
    """Sums of products down columns, with taps of the output's row, and along rows, with those of its column.

    Rows are summed first, unless the result has more of them than the image: then neighbours in a row are.
    Each output is a sum over few rows and columns, all of them inside the image: it meets no border.

    Parameters
    ----------
    rule : Rule
    fitted : (Polyphase, Polyphase), optional
        The taps of rows and columns, where the extent of the image is known.
    has_holes : bool
        Whether it is a mean of those samples that are there: see `LEAST_SHARE`.
    is_mean : bool
        Whether its weights sum to 1; else it is a part of one, and no sample can be missing.
    along : bool, optional
        Whether neighbours are summed first, of a part of a result; default: as its extent says.
    """

    rule: Rule
    fitted: tuple[Polyphase, Polyphase] | None = None
    has_holes: bool = False
    is_mean: bool = True
    along: bool | None = None

    def fit(self, extent: Extent, image: Extent, entering: Extent, has_holes: bool = False) -> Resample:
        """Return the same for what has an `extent`; as :meth:`Rule.axes`."""
        return replace(self, fitted=self.rule.axes(extent, image, entering), has_holes=has_holes)

    def part(self, rows: Polyphase, cols: Polyphase) -> Resample:
        """Return the sums of a part of the result, with taps of its own, in the order of the whole."""
        return replace(self, fitted=(rows, cols), along=self.along_first)

    @property
    def sizes(self) -> Resample:
        """The same sums with weights of the same sizes, none below 0."""
        return replace(self, rule=_Sizes(self.rule), fitted=None)

    @property
    def phases(self) -> tuple[Polyphase, Polyphase]:
        """The taps of rows and columns, once it is fitted."""
        assert self.fitted is not None
        return self.fitted

    @property
    def names(self) -> tuple[str, ...]:
        """Name of its response."""
        return ("r",)

    @property
    def kernel(self) -> Extent:
        """Most rows and columns that an output is a sum over; (1, 1) before that is known."""
        if self.fitted is None:
            return 1, 1
        rows, cols = self.fitted
        return rows.kernel, cols.kernel

    @property
    def is_identity(self) -> bool:
        """Tell whether its result is its input."""
        return self.fitted is not None and all(phase.is_identity for phase in self.fitted)

    @property
    def along_first(self) -> bool:
        """Tell whether neighbours in a row are summed before rows are."""
        rows, _ = self.phases
        return len(rows.first) > rows.size if self.along is None else self.along

    @property
    def picks(self) -> bool:
        """Tell whether each of its outputs is a sample of its input."""
        return all(phase.picks for phase in self.phases)

    @property
    def tiled(self) -> Stencil | None:
        """The same sums as those of a window of equal taps that strides from tile to tile, where they are."""
        rows, cols = (phase.tile for phase in self.phases)
        if self.has_holes or self.keep_alpha or rows is None or cols is None:
            return None
        mean = Taps.outer(np.full(rows, 1 / rows), np.full(cols, 1 / cols))
        return Stencil((mean,), stride=(rows, cols), padding="valid")

    def axes(self, extent: Extent) -> tuple[Axis, Axis]:
        """Return the taps of rows and columns of the input that it is fitted to."""
        return self.phases

    def ranges(self, samples: Interval) -> dict[str, Interval]:
        """Enclose its response; there is no border that another value could come from.

        Of samples that are there the sum of weights is at least `LEAST_SHARE` of that of their sizes. So the
        mean is no further from the middle of `samples` than half of them, divided by that.
        """
        (found,) = self.responses(samples)
        if self.has_holes and self.responses(Interval(0.0, 1.0))[0].low < 0:
            if not samples.bounded:
                return {"r": UNBOUNDED}
            middle, half = (samples.low + samples.high) / 2, (samples.high - samples.low) / 2
            found = found.join(
                Interval(middle - half / LEAST_SHARE, middle + half / LEAST_SHARE, samples.nan)
            )
        return {"r": found}

    def responses(self, samples: Interval) -> tuple[Interval, ...]:
        """Enclose its response: negative taps let it pass the ends of `samples`."""
        for phase in self.phases:
            up = np.where(phase.weights > 0, phase.weights, 0).sum(axis=1)
            down = np.where(phase.weights < 0, phase.weights, 0).sum(axis=1)
            if not samples.bounded:
                least = float(down.min())
                samples = samples * float(up.max()) + (samples * least if least else 0.0)
                continue
            low, high = up * samples.low + down * samples.high, up * samples.high + down * samples.low
            samples = Interval(float(low.min()), float(high.max()), samples.nan)
        return (samples,)
