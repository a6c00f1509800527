"""The range of every value that a stage gives, by interval arithmetic: of its colours and of its alpha."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from convpipe.dataclass import dataclass
from convpipe.interval import UNBOUNDED, Interval
from convpipe.ops import Alpha, Cast, ChannelMap, Frame, Lookup, Map, Mix, Op, Reduce, Turn, Warp, Window


@dataclass(frozen=True)
class Ranges:
    """What the values of an image lie in, for finite input.

    Parameters
    ----------
    colour : Interval
    alpha : Interval, optional
        Of the last channel, where that is alpha. Filters treat it by rules of its own: kept, it stays what it
        was however small the colours become.
    """

    colour: Interval
    alpha: Interval | None = None

    @property
    def whole(self) -> Interval:
        """Encloses the values of all channels."""
        return self.colour if self.alpha is None else self.colour.join(self.alpha)

    @classmethod
    def joined(cls, op: Map, entering: Sequence[Ranges]) -> Ranges:
        """Return the ranges after a map of several images; alpha is that of the first.

        Examples
        --------
        >>> Ranges.joined(Map("a - b", ("a", "b")), [Ranges(Interval(0, 9)), Ranges(Interval(1, 2))]).colour
        Interval(low=-2, high=8)
        """
        colours = {name: each.colour for name, each in zip(op.inputs, entering, strict=True)}
        return cls(op.range(colours), entering[0].alpha)

    def through(self, ops: Sequence[Op], padded: bool) -> tuple[Ranges, Ranges]:
        """Return the ranges after a stage's `ops`, before its cast and after it.

        Parameters
        ----------
        ops : sequence of Op
        padded : bool
            Whether its window meets a constant border.

        Examples
        --------
        >>> from convpipe.stages import ImageKind, stage
        >>> from convpipe.geometry import Border
        >>> graph = stage("point", "scale", gain=0.5).lower(Border.REFLECT, ImageKind(4, alpha=True))
        >>> _, after = Ranges(Interval(0, 255), Interval(0, 255)).through(graph.nodes[0].ops, False)
        >>> after.colour, after.alpha
        (Interval(low=0.0, high=127.5), Interval(low=0, high=255))
        """
        found = _Found({"r": self.colour}, self.alpha)
        unrounded: _Found | None = None
        for op in ops:
            if isinstance(op, Cast):
                unrounded = found
            found = found.after(op, padded)
        return (unrounded or found).ranges, found.ranges


@dataclass(frozen=True)
class _Found:
    """Ranges between two ops: of each named response, and of alpha."""

    responses: dict[str, Interval]
    alpha: Interval | None

    @property
    def ranges(self) -> Ranges:
        """Those of the one response that there is."""
        (colour,) = self.responses.values()
        return Ranges(colour, self.alpha)

    def after(self, op: Op, padded: bool) -> _Found:
        """Return the ranges after `op`."""
        if isinstance(op, Window):
            return _Found(op.ranges(self.ranges.colour), self._windowed(op, padded))
        if isinstance(op, Map):
            single = len(self.responses) == 1  # whatever its name
            given = {op.inputs[0]: self.ranges.colour} if single else self.responses
            if isinstance(op, Reduce):
                # What pads is no sample, and may lie outside the extremes that a range was given for.
                known = op.result is None or not padded
                return replace(
                    self, responses={"r": op.range(given, self.ranges.colour) if known else UNBOUNDED}
                )
            return replace(self, responses={"r": op.range(given)})
        colour = self.ranges.colour
        if isinstance(op, Turn):
            return self
        if isinstance(op, Warp):
            made, alpha = op.ranges(colour, self.alpha)
            return _Found({"r": made}, alpha)
        if isinstance(op, ChannelMap) and op.reads_alpha and self.alpha is not None:
            made = op.range(colour.join(self.alpha))
            return _Found({"r": made}, self.alpha.join(made))
        if isinstance(op, Frame | ChannelMap | Lookup):
            return replace(self, responses={"r": op.range(colour)})
        if isinstance(op, Alpha):
            return self._weighted(colour, op)
        if isinstance(op, Mix):
            rows = op.matrix if self.alpha is None else op.matrix[:-1]
            return replace(self, responses={"r": Mix(rows).range(colour)})
        assert isinstance(op, Cast)
        return _Found({"r": op.range(colour)}, None if self.alpha is None else op.range(self.alpha))

    def _windowed(self, op: Window, padded: bool) -> Interval | None:
        """Enclose alpha after a window: kept, or filtered like a colour."""
        if self.alpha is None:
            return None
        opaque = op.opaque
        found = self.alpha if opaque is None or not padded else self.alpha.join(Interval(opaque, opaque))
        return found if op.keep_alpha else op.responses(found)[0]

    def _weighted(self, colour: Interval, op: Alpha) -> _Found:
        """Enclose colours on their way to or from colour times alpha.

        Between them stands a mean of colours, each weighted by an alpha that is never below 0: it lies among
        them, or is 0 where no alpha is above 0. With negative taps it can lie anywhere.
        """
        assert self.alpha is not None
        if op.undo and self.alpha.low < 0:
            return replace(self, responses={"r": Interval(-math.inf, math.inf, colour.nan)})
        if op.undo:
            return replace(self, responses={"r": colour.join(Interval(0.0, 0.0))})
        return replace(self, alpha=Interval(max(self.alpha.low, 0.0), max(self.alpha.high, 0.0)))
